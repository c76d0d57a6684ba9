import {expect, test} from 'vitest';
import {admissible} from '../../src/fleet/admission.ts';
import type {UnitRow, WaveRow} from '../../src/fleet/rows.ts';
import type {UnitStatus} from '../../src/model/unit-status.ts';

const wave = (name: string, more: Partial<WaveRow> = {}): WaveRow => ({
  wave: name,
  place: 0,
  digest: 'd1',
  approveBy: [],
  approveOf: 0,
  startedBy: 'ada@here',
  startedRole: 'ada',
  startedAt: new Date(0),
  approvals: [],
  ...more,
});

const unit = (
  name: string,
  status: UnitStatus = 'waiting',
  more: Partial<UnitRow> = {},
): UnitRow => ({
  ...{
    unit: name,
    wave: 'w',
    place: 0,
    work: {runbook: 'r', inventory: 'i', digests: {runbook: '', inventory: ''}},
    status,
  },
  ...{resources: [], after: [], attempt: 0, byPerson: false, run: null, home: null},
  ...{runner: null, phase: null, inOutage: false, outageSince: null, changes: 0, problem: null},
  changedAt: new Date(0),
  unchangedSeconds: 0,
  ...more,
});

const names = (
  units: readonly UnitRow[],
  {atOnce = {}, waves = [wave('w')], held = false} = {},
): readonly string[] =>
  admissible({
    fleet: {
      fleet: 'f',
      ...{atOnce, networks: new Set<string | null>()},
      ...(held ? {held: {by: 'ada', at: new Date(0), because: null}} : {}),
    },
    waves,
    units,
  }).map((each) => each.unit);

test('units begin in their order, as many as the limits of what they share allow', () => {
  const on = (host: string) => ({resources: [`databaseHost:${host}`]});
  const units = [
    unit('a', 'running', on('db1')),
    unit('b', 'waiting', on('db1')),
    unit('c', 'waiting', on('db2')),
    unit('d', 'waiting', on('db2')),
    unit('e'),
    unit('f'),
  ];
  expect(names(units)).toEqual(['b', 'c', 'd', 'e', 'f']);
  expect(names(units, {atOnce: {databaseHost: 1}})).toEqual(['c', 'e', 'f']);
  expect(names(units, {atOnce: {databaseHost: 1, units: 3}})).toEqual(['c', 'e']);
  expect(names(units, {held: true})).toEqual([]);
});

test('a unit waits for those that it is after, also for one that was left out: a person decides about it', () => {
  const after = {after: ['first']};
  expect(names([unit('first'), unit('then', 'waiting', after)])).toEqual(['first']);
  expect(names([unit('first', 'done'), unit('then', 'waiting', after)])).toEqual(['then']);
  expect(names([unit('first', 'left-out'), unit('then', 'waiting', after)])).toEqual([]);
});

test('one unit that failed, or waits for a person, stops its wave and no other', () => {
  const other = unit('other', 'waiting', {wave: 'v'});
  const waves = [wave('v'), wave('w')];
  for (const status of ['failed', 'offered'] as const) {
    expect(names([unit('bad', status), unit('next'), other], {waves})).toEqual(['other']);
  }
  expect(names([unit('bad', 'left-out'), unit('next'), other], {waves})).toEqual(['next', 'other']);
});

test('nothing of a wave begins before enough people have approved it', () => {
  const asked = {approveBy: ['kim', 'lee', 'sam'], approveOf: 2};
  const given = (...roles: readonly string[]) => ({
    waves: [wave('w', {...asked, approvals: roles.map((role) => ({role, at: new Date(0)}))})],
  });
  expect(names([unit('a')], given('kim'))).toEqual([]);
  expect(names([unit('a')], given('kim', 'sam'))).toEqual(['a']);
});

test('a unit that a person resumed in its outage continues, whatever else failed, and also while the fleet is held', () => {
  const frozen = {byPerson: true, inOutage: true, changes: 2, run: 'run-1'};
  const units = [unit('bad', 'offered'), unit('next'), unit('mine', 'waiting', frozen)];
  expect(names(units)).toEqual(['mine']);
  expect(names(units, {held: true})).toEqual(['mine']);
  const paused = unit('paused', 'waiting', {...frozen, inOutage: false});
  expect(names([paused], {held: true})).toEqual([]);
});

test('a unit that is half-way uses its systems, also while it waits or after it failed', () => {
  const shared = {resources: ['databaseHost:db1']};
  const atOnce = {databaseHost: 1};
  const waves = [wave('v'), wave('w')];
  const next = unit('next', 'waiting', {...shared, wave: 'v'});
  for (const status of ['failed', 'waiting'] as const) {
    const half = unit('half', status, {...shared, changes: 1});
    expect(names([next, half], {atOnce, waves})).toEqual(status === 'waiting' ? ['half'] : []);
  }
  expect(names([next, unit('half', 'failed', shared)], {atOnce, waves})).toEqual(['next']);
});

test('a unit that somebody continues by hand uses its systems, and no runner begins it', () => {
  const problem = {code: 'fleet-run-by-hand', message: '', hint: ''};
  const shared = {resources: ['databaseHost:db1']};
  const next = unit('next', 'waiting', shared);
  const byHand = unit('mine', 'waiting', {...shared, problem});
  expect(names([byHand, next])).toEqual(['next']);
  expect(names([byHand, next], {atOnce: {databaseHost: 1}})).toEqual([]);
});

test('a unit waits for its window, and one whose window is over is tried, so that a person is told', () => {
  const at = (hour: number) => `2026-12-05T0${hour}:00:00.000Z`;
  const work = {runbook: 'r', inventory: 'i', digests: {runbook: '', inventory: ''}};
  const closed = [
    {untilUtc: at(2), until: '02:00'},
    {fromUtc: at(3), untilUtc: at(4), until: '04:00'},
    {fromUtc: at(6), until: 'it is changed'},
  ];
  const one = (more: Partial<UnitRow> = {}) =>
    unit('a', 'waiting', {work: {...work, closed}, ...more});
  const begin = (row: UnitRow, now: string) =>
    admissible(
      {fleet: {fleet: 'f', atOnce: {}, networks: new Set()}, waves: [wave('w')], units: [row]},
      new Date(now),
    ).length === 1;
  expect([1, 2, 3, 4, 6].map((hour) => begin(one(), at(hour)))).toEqual([
    ...[false, true, false, true, true],
  ]);
  expect(begin(one({byPerson: true}), at(1))).toBe(true);
  // One that is half-way may be behind its cutover: its runner says so, and then it waits.
  expect(begin(one({changes: 1}), at(1))).toBe(true);
  const problem = {code: 'outside-window', message: '', hint: ''};
  expect(begin(one({changes: 1, problem}), at(1))).toBe(false);
  // By the clock of PostgreSQL: that of the runner may differ.
  const refused = (unchangedSeconds: number) =>
    one({byPerson: true, problem, changedAt: new Date(at(2)), unchangedSeconds});
  expect(begin(refused(299), at(3))).toBe(false);
  expect(begin(refused(300), at(2))).toBe(true);
});
