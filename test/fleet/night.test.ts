import {expect, test} from 'vitest';
import whole from '../../runbooks/warm-cutover.ts';
import type {DescribedUnit} from '../../src/fleet/described-units.ts';
import {waveForecasts} from '../../src/fleet/night.ts';
import type {Forecast} from '../../src/forecast/forecast.ts';
import {windowShape} from '../../src/inventory/window.ts';
import type {Fleet} from '../../src/model/fleet.ts';

const exactly = (ms: number): Forecast => ({
  ...{sources: [], notMeasured: [], changed: [], isScaled: false, isElsewhere: false},
  ...{run: {p5: ms, p50: ms, p95: ms}, left: {p5: ms, p50: ms, p95: ms}},
  ...{reversals: [], critical: [], overruns: [], asks: []},
});

const unit = (id: string, own: Partial<DescribedUnit> = {}): DescribedUnit => ({
  ...{id, wave: 'all', runbook: 'r', inventory: 'i', after: [], runbookName: 'r'},
  ...{
    whole,
    runbookDigest: '',
    inventoryName: 'i',
    inventoryDigest: '',
    isProtected: false,
    isLab: false,
    shared: {},
    freezes: [],
  },
  ...{services: [], route53RequestsPerSecond: 0, forecast: exactly(1_000)},
  ...own,
});

const now = new Date('2026-12-04T22:00:00Z');

const planned = (atOnce: Fleet['atOnce'], units: readonly DescribedUnit[]) => {
  const fleet: Fleet = {name: 'f', waves: {all: {units: {}}}, ...(atOnce ? {atOnce} : {})};
  return waveForecasts(fleet, units, now)[0];
};

test('a wave takes as long as its longest chain of prerequisites, where nothing else limits it', () => {
  const units = [
    unit('a', {forecast: exactly(3_000)}),
    unit('b'),
    unit('c', {after: ['b']}),
    unit('d', {after: ['a', 'c']}),
  ];
  const wave = planned(undefined, units);
  expect(wave?.units.map(({unit: id, beginsMs}) => [id, beginsMs])).toEqual([
    ['a', 0],
    ['b', 0],
    ['c', 1_000],
    ['d', 3_000],
  ]);
  expect(wave?.run).toEqual({p5: 4_000, p50: 4_000, p95: 4_000});
});

test('units that share a system with a limit go one after another, and others pass them', () => {
  const [one, two] = [{databaseHost: ['db1']}, {databaseHost: ['db2']}];
  const units = ['a', 'b', 'c'].map((id) => unit(id, {shared: one}));
  const wave = planned({databaseHost: 1, units: 2}, [...units, unit('d', {shared: two})]);
  expect(wave?.units.map(({unit: id, beginsMs}) => [id, beginsMs])).toEqual([
    ['a', 0],
    ['d', 0],
    ['b', 1_000],
    ['c', 2_000],
  ]);
});

test('a unit that was never measured is in no figure, and is named', () => {
  const wave = planned({units: 1}, [unit('a', {forecast: undefined}), unit('b', {after: ['a']})]);
  expect(wave).toEqual({
    wave: 'all',
    run: {p5: 1_000, p50: 1_000, p95: 1_000},
    units: [{unit: 'b', beginsMs: 0, run: {p5: 1_000, p50: 1_000, p95: 1_000}}],
    notMeasured: ['a'],
    ...{remarks: [], endsAt: new Date(now.getTime() + 1_000)},
  });
});

test('the nights of a wave differ as those of its units do', () => {
  const forecast = {...exactly(0), run: {p5: 900, p50: 1_000, p95: 1_300}};
  const units = Array.from({length: 50}, (_, at) => unit(`u${at}`, {forecast}));
  const {run} = planned({units: 5}, units) ?? {run: {p5: 0, p50: 0, p95: 0}};
  // Ten one after another: the sum differs less than each of them.
  expect(run.p5).toBeGreaterThan(9_500);
  expect(run.p95).toBeLessThan(12_000);
  expect(run.p50).toBeGreaterThan(run.p5);
});

const hour = 3_600_000;
const long = exactly(hour);

/** Opens three hours after the wave starts. */
const from = '2026-12-05T02:00';
const windowOf = (window: object): Pick<DescribedUnit, 'window'> => ({
  window: windowShape.parse({timeZone: 'Europe/Berlin', ...window}),
});

const beginsIn = (wave: ReturnType<typeof planned>) =>
  wave?.units.map(({unit: id, beginsMs, begins}) => [id, (beginsMs ?? -hour) / hour, begins]);

test('a unit begins when its window opens, takes no place before, and what waits for it comes later', () => {
  const wave = planned({units: 1}, [
    unit('shop', {...windowOf({from}), forecast: long}),
    unit('wiki', {after: ['shop'], forecast: long}),
    unit('blog', {forecast: long}),
    unit('frozen', {
      ...windowOf({freezes: [{from: '2026-12-04', until: '2026-12-06', because: 'a sale'}]}),
      forecast: long,
    }),
  ]);
  expect(beginsIn(wave)).toEqual([
    ['blog', 0, undefined],
    ['shop', 3, '2026-12-05 02:00 Europe/Berlin (01:00 UTC)'],
    ['wiki', 4, undefined],
    ['frozen', 25, '2026-12-06 00:00 Europe/Berlin (2026-12-05 23:00 UTC)'],
  ]);
  expect([wave?.run.p50, wave?.remarks]).toEqual([4 * hour, []]);
});

test('units that do not fit into their windows are named, with what to do', () => {
  const window = windowOf({from, until: '2026-12-05T04:30'});
  const wave = planned({units: 1}, [
    ...['a', 'b', 'c', 'd'].map((id) => unit(id, {...window, forecast: long})),
    unit('e', {forecast: long}),
    unit('f', {...windowOf({until: '2026-12-01'}), after: ['c'], forecast: undefined}),
    unit('g', {after: ['f'], forecast: undefined}),
  ]);
  const ends = wave?.units.map(({unit: id, beginsMs = -hour, waitsFor}) =>
    [id, beginsMs / hour, waitsFor ?? ''].join(' ').trim(),
  );
  expect(ends).toEqual(['e 0', 'a 3', 'b 4', 'c 5', 'd -1', 'f -1 d', 'g -1 d']);
  expect(wave?.remarks).toEqual([
    'c may still be running when its window closes: it begins at 2026-12-05 04:00 Europe/Berlin (03:00 UTC), takes 1 h 00 m, and the window closes at 2026-12-05 04:30 Europe/Berlin (03:30 UTC). Widen the window, or let c begin earlier.',
    'd does not fit into its window: the window closes before the units ahead of it are done. Widen the window, raise atOnce, or list d earlier. Otherwise it fails and stops its wave.',
    'f has no open time left in its window. Change "window" in its inventory, or f fails and stops its wave.',
  ]);
});

test('a unit whose window is over stops all that would begin after it', () => {
  const wave = planned(undefined, [
    unit('a', {...windowOf({from}), forecast: long}),
    unit('over', {...windowOf({until: '2026-12-01'}), forecast: long}),
    unit('b', {after: ['a'], forecast: long}),
  ]);
  expect(wave?.units.map(({unit: id, waitsFor}) => [id, waitsFor])).toEqual([
    ['a', 'over'],
    ['over', undefined],
    ['b', 'over'],
  ]);
  expect(wave?.remarks).toHaveLength(1);
});

test('a later wave starts when the one before it is done', () => {
  const fleet: Fleet = {name: 'f', waves: {one: {units: {}}, two: {units: {}}}};
  const units = [
    unit('a', {...windowOf({from}), wave: 'one', forecast: long}),
    unit('b', {...windowOf({from: '2026-12-05T06:00'}), wave: 'two', forecast: long}),
  ];
  const [, two] = waveForecasts(fleet, units, now);
  expect(beginsIn(two)).toEqual([['b', 3, '2026-12-05 06:00 Europe/Berlin (05:00 UTC)']]);
});
