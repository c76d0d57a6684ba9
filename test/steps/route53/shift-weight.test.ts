import {lawsOfStep} from 'switcharoo/testing';
import {describe, expect, test} from 'vitest';
import type {Look} from '../../../src/index.ts';
import type {ZoneTargets} from '../../../steps/route53/records/edit.ts';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';
import type {ShiftInput} from '../../../steps/route53/records/shift-input.ts';
import {shiftWeight} from '../../../steps/route53/shift-weight.ts';
import {type FakeZone, fakeZone} from './fake-zone.ts';
import {asLab, labZone} from './lab-zone.ts';

const www: RecordSet = {
  name: 'www.shop.test.',
  type: 'A',
  ttlSeconds: 60,
  values: ['192.0.2.11', '192.0.2.12'],
};
const six: RecordSet = {...www, type: 'AAAA', values: ['2001:db8::11']};
const text: RecordSet = {...www, type: 'TXT', values: ['"hello"']};
const balancer = {hostedZoneId: 'ZELB', dnsName: 'lb.aws.test.', evaluateTargetHealth: true};
const newWww = {name: 'www.shop.test', type: 'A', values: ['198.51.100.7']};
const newSix = {name: 'WWW.shop.test', type: 'AAAA', alias: balancer};

const member = (id: string, weight: number, ...values: string[]): RecordSet => ({
  ...www,
  setIdentifier: id,
  weight,
  values,
});
const group = [member('new', 5, '198.51.100.7'), member('old', 95, '192.0.2.11', '192.0.2.12')];

const stages: {name: string; sets: readonly RecordSet[]; input: object}[] = [
  {name: 'a simple record to a canary', sets: [www, text], input: {percent: 5, records: [newWww]}},
  {name: 'a canary to half', sets: [...group, text], input: {percent: 50, records: [newWww]}},
  {name: 'all to the new side', sets: [...group, text], input: {percent: 100, records: [newWww]}},
  {name: 'all back to the old side', sets: group, input: {percent: 0, records: [newWww]}},
  {
    name: 'A and AAAA together, to a load balancer',
    sets: [www, six],
    input: {percent: 10, records: [newWww, newSix]},
  },
];

describe.each(stages)('$name', ({sets, input}) => {
  const blockedSets = [...sets, {...www, type: 'HTTPS', values: ['1 . alpn=h2']}];
  lawsOfStep({
    step: shiftWeight,
    input,
    world: async () => fakeZone(...sets),
    blockedWorld: async () => fakeZone(...blockedSets),
  });
  describe('on the real SDK and the wire', () => {
    lawsOfStep({
      step: shiftWeight,
      input,
      world: () => labZone(sets.map(asLab), {insyncMs: 0}),
      blockedWorld: () => labZone(blockedSets.map(asLab)),
    });
  });
});

function look(zone: FakeZone, given: object, run: object = {}): Look<ZoneTargets, ShiftInput> {
  return {
    input: shiftWeight.input.parse({records: [newWww], ...given}),
    targets: {zone: zone.sessions.zone.reader},
    run: {id: 'r-1', entry: 'shift', started: false, ...run},
    now: new Date(),
    signal: new AbortController().signal,
  };
}

/** Shifts, and gives back what it was before and in which words it went. */
async function shift(zone: FakeZone, given: object) {
  const verdict = await shiftWeight.check(look(zone, given));
  if (verdict.kind !== 'pending') {
    throw new Error(JSON.stringify(verdict));
  }
  const actions = await shiftWeight.plan(look(zone, given), verdict.before);
  for (const action of actions) {
    await action.perform(zone.sessions.zone.writer, new AbortController().signal, () => {});
  }
  return {before: verdict.before, words: actions.map(({does}) => does)};
}

const sharesOf = (zone: FakeZone) =>
  zone.sets.map(({setIdentifier, weight, values}) => [setIdentifier, weight, values?.join(' ')]);

describe('a whole shift', () => {
  test('goes from a simple record over shares to a simple record, one batch each, and back the same way', async () => {
    const zone = fakeZone(www);
    const canary = await shift(zone, {percent: 5});
    expect(canary.words).toEqual([
      'delete www.shop.test A: 192.0.2.11, 192.0.2.12 (TTL 60 s); create www.shop.test A "old": 192.0.2.11, 192.0.2.12 (TTL 60 s, weight 95); create www.shop.test A "new": 198.51.100.7 (TTL 60 s, weight 5)',
    ]);
    const half = await shift(zone, {percent: 50});
    expect(half.words).toEqual([
      'set the weight of www.shop.test A "new" from 5 to 50; set the weight of www.shop.test A "old" from 95 to 50',
    ]);
    const all = await shift(zone, {percent: 100});
    expect(all.words).toEqual([
      'delete www.shop.test A "new": 198.51.100.7 (TTL 60 s, weight 50); delete www.shop.test A "old": 192.0.2.11, 192.0.2.12 (TTL 60 s, weight 50); create www.shop.test A: 198.51.100.7 (TTL 60 s)',
    ]);
    expect(zone.sets).toEqual([{...newWww, ttlSeconds: 60}]);
    expect(zone.batches).toBe(3);
    for (const [percent, {before}] of [
      [100, all],
      [50, half],
      [5, canary],
    ] as const) {
      const back = look(zone, {percent}, {started: true, before});
      const actions = await shiftWeight.reverse(back, before);
      for (const action of 'kind' in actions ? [] : actions) {
        await action.perform(zone.sessions.zone.writer, new AbortController().signal, () => {});
      }
      expect(zone.sets).toEqual(before);
    }
    expect(zone.sets).toEqual([www]);
  });

  test('the share can be taken back to none: the simple record of before, without a set identifier', async () => {
    const zone = fakeZone(www);
    await shift(zone, {percent: 5});
    await shift(zone, {percent: 0});
    expect(zone.sets).toEqual([www]);
  });

  test('a share that stands is done, whatever the case of the name, and says how much it is', async () => {
    const given = {percent: 5, records: [{...newWww, name: 'WWW.shop.test.'}]};
    expect(await shiftWeight.check(look(fakeZone(...group), given))).toEqual({
      kind: 'done',
      output: {percent: 5},
    });
  });

  test('identifiers that the zone has already are kept', async () => {
    const zone = fakeZone(member('blue', 90, '192.0.2.11'), member('green', 10, '198.51.100.7'));
    await shift(zone, {percent: 20, oldIdentifier: 'blue', newIdentifier: 'green'});
    expect(sharesOf(zone)).toEqual([
      ['blue', 80, '192.0.2.11'],
      ['green', 20, '198.51.100.7'],
    ]);
  });
});

const blockedCases: {name: string; sets: readonly RecordSet[]; given: object; reason: string}[] = [
  {
    name: 'an AAAA that the runbook does not name: IPv6 users would stay',
    sets: [www, six],
    given: {percent: 5},
    reason:
      'dns also holds www.shop.test AAAA 2001:db8::11 (TTL 60 s), which is not in the runbook: its clients would keep using the old address.',
  },
  {
    name: 'a record that is not there',
    sets: [],
    given: {percent: 5},
    reason: 'dns has no record www.shop.test A that could keep a share of the answers.',
  },
  {
    name: 'one record that is not there beside one that is done',
    sets: group,
    given: {percent: 5, records: [newWww, {...newWww, name: 'api.shop.test'}]},
    reason: 'dns has no record api.shop.test A that could keep a share of the answers.',
  },
  {
    name: 'a group without the old side',
    sets: [member('new', 5, '198.51.100.7')],
    given: {percent: 50},
    reason: 'dns has no set "old" of www.shop.test A that could keep a share of the answers.',
  },
  {
    name: 'a record that leads to the new side alone',
    sets: [{...www, values: ['198.51.100.7']}],
    given: {percent: 50},
    reason:
      'www.shop.test A in dns leads to the new side alone (198.51.100.7 (TTL 60 s)): its old side is unknown.',
  },
  {
    name: 'a third member',
    sets: [...group, member('third', 1, '203.0.113.1')],
    given: {percent: 50},
    reason:
      'dns holds www.shop.test A "third" 203.0.113.1 (TTL 60 s, weight 1), which is neither the old side "old" nor the new side "new".',
  },
  {
    name: 'a failover group',
    sets: [{...www, setIdentifier: 'old', routing: {Failover: 'PRIMARY'}}],
    given: {percent: 50},
    reason:
      'www.shop.test A "old" in dns is routed by Failover, which chooses an address for each client.',
  },
  {
    name: 'a TTL that is not that of the alias beside it',
    sets: [{...www, ttlSeconds: 300}],
    given: {percent: 5, records: [{name: 'www.shop.test', type: 'A', alias: balancer}]},
    reason:
      'www.shop.test A "old" in dns would have a TTL of 300 s, and the alias beside it 60 s: the shares of the clients would differ from the weights.',
  },
];

describe('a shift is blocked by', () => {
  test.each(blockedCases)('$name', async ({sets, given, reason}) => {
    expect(await shiftWeight.check(look(fakeZone(...sets), given))).toEqual({
      kind: 'blocked',
      reason,
      hint: expect.stringMatching(/^[A-Z].{20,}\.$/),
    });
  });

  test('somebody who changed a share meanwhile: both versions are shown', async () => {
    const zone = fakeZone(www);
    const {before} = await shift(zone, {percent: 5});
    zone.sets = [member('new', 90, '198.51.100.7'), member('old', 10, '192.0.2.11', '192.0.2.12')];
    expect(
      await shiftWeight.check(look(zone, {percent: 5}, {started: true, before})),
    ).toMatchObject({
      kind: 'blocked',
      reason:
        'dns holds www.shop.test A "new" 198.51.100.7 (TTL 60 s, weight 90); www.shop.test A "old" 192.0.2.11, 192.0.2.12 (TTL 60 s, weight 10). Before this step it held www.shop.test A 192.0.2.11, 192.0.2.12 (TTL 60 s), and the step changes that to www.shop.test A "old" 192.0.2.11, 192.0.2.12 (TTL 60 s, weight 95); www.shop.test A "new" 198.51.100.7 (TTL 60 s, weight 5).',
    });
  });
});
