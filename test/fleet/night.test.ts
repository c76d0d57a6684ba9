import {expect, test} from 'vitest';
import type {DescribedUnit} from '../../src/fleet/described-units.ts';
import {waveForecasts} from '../../src/fleet/night.ts';
import type {Forecast} from '../../src/forecast/forecast.ts';
import type {Fleet} from '../../src/model/fleet.ts';

const exactly = (ms: number): Forecast => ({
  ...{sources: [], notMeasured: [], changed: [], isScaled: false, isElsewhere: false},
  ...{run: {p5: ms, p50: ms, p95: ms}, left: {p5: ms, p50: ms, p95: ms}},
  ...{reversals: [], critical: [], overruns: [], asks: []},
});

const unit = (id: string, own: Partial<DescribedUnit> = {}): DescribedUnit => ({
  ...{id, wave: 'all', runbook: 'r', inventory: 'i', after: [], runbookName: 'r'},
  ...{
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

const planned = (atOnce: Fleet['atOnce'], units: readonly DescribedUnit[]) => {
  const fleet: Fleet = {name: 'f', waves: {all: {units: {}}}, ...(atOnce ? {atOnce} : {})};
  return waveForecasts(fleet, units)[0];
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
