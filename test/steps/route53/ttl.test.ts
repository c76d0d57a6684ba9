import {lawsOfStep} from 'switcharoo/testing';
import {describe, expect, test} from 'vitest';
import type {Look} from '../../../src/index.ts';
import {lowerTtl} from '../../../steps/route53/lower-ttl.ts';
import type {ZoneTargets} from '../../../steps/route53/records/edit.ts';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';
import {restoreTtl} from '../../../steps/route53/restore-ttl.ts';
import {type FakeZone, fakeZone} from './fake-zone.ts';
import {asLab, labZone} from './lab-zone.ts';

const www: RecordSet = {
  name: 'www.shop.test.',
  type: 'A',
  ttlSeconds: 3600,
  values: ['192.0.2.11'],
};
const api: RecordSet = {
  name: 'api.shop.test.',
  type: 'CNAME',
  ttlSeconds: 60,
  values: ['www.shop.test.'],
};
const member = (setIdentifier: string, ttlSeconds: number): RecordSet => ({
  ...www,
  name: 'pay.shop.test.',
  setIdentifier,
  weight: 1,
  ttlSeconds,
});
const group = [member('blue', 300), member('green', 300)];
const aliasTo = (dnsName: string): RecordSet => ({
  name: 'www.shop.test.',
  type: 'A',
  alias: {hostedZoneId: 'Z', dnsName, evaluateTargetHealth: false},
});
const alias = aliasTo('web.shop.test.');
const names = [
  {name: 'www.shop.test', type: 'A'},
  {name: 'pay.shop.test', type: 'A', setIdentifier: 'blue'},
];

for (const [step, ttlSeconds] of [
  [lowerTtl, 60],
  [restoreTtl, 7200],
] as const) {
  const input = {names, ttlSeconds};
  lawsOfStep({
    step,
    input,
    world: async () => fakeZone(www, api, ...group),
    blockedWorld: async () => fakeZone(alias, ...group),
  });
  describe('on the real SDK and the wire', () => {
    lawsOfStep({
      step,
      input,
      world: () => labZone([www, api, ...group].map(asLab)),
      blockedWorld: () => labZone([alias, ...group].map(asLab)),
    });
  });
}

function look(
  zone: FakeZone,
  given: object = {names, ttlSeconds: 60},
  run: object = {},
): Look<ZoneTargets, any> {
  return {
    input: lowerTtl.input.parse(given),
    targets: {zone: zone.sessions.zone.reader},
    run: {id: 'r-1', entry: 'lower', started: false, ...run},
    now: new Date(),
    signal: new AbortController().signal,
  };
}

async function lowered(zone: FakeZone, before = [...group, www]): Promise<readonly RecordSet[]> {
  for (const action of await lowerTtl.plan(look(zone), before)) {
    await action.perform(zone.sessions.zone.writer, new AbortController().signal, () => {});
  }
  return before;
}

describe('lowering', () => {
  test('a plan says which TTL falls from what to what, all members of a group', async () => {
    const zone = fakeZone(www, api, ...group);
    const verdict = await lowerTtl.check(look(zone));
    expect(verdict).toEqual({
      kind: 'pending',
      before: [...group, www],
      differences: [
        {
          what: 'pay.shop.test A "blue"',
          is: '192.0.2.11 (TTL 300 s, weight 1)',
          shouldBe: '192.0.2.11 (TTL 60 s, weight 1)',
        },
        {
          what: 'pay.shop.test A "green"',
          is: '192.0.2.11 (TTL 300 s, weight 1)',
          shouldBe: '192.0.2.11 (TTL 60 s, weight 1)',
        },
        {what: 'www.shop.test A', is: '192.0.2.11 (TTL 3600 s)', shouldBe: '192.0.2.11 (TTL 60 s)'},
      ],
    });
    const actions = await lowerTtl.plan(look(zone), [...group, www]);
    expect(actions.map(({does}) => does)).toEqual([
      'set the TTL of pay.shop.test A "blue" from 300 s to 60 s; set the TTL of pay.shop.test A "green" from 300 s to 60 s; set the TTL of www.shop.test A from 3600 s to 60 s',
    ]);
  });

  test('the output is the longest TTL that resolvers may still hold, also after a crash', async () => {
    const zone = fakeZone(www, api, ...group);
    const before = await lowered(zone);
    expect(await lowerTtl.check(look(zone, undefined, {started: true, before}))).toEqual({
      kind: 'done',
      output: {
        ttlSeconds: 3600,
        names: [
          {name: 'www.shop.test', ttlSeconds: 3600},
          {name: 'pay.shop.test', ttlSeconds: 300},
        ],
        records: [
          {name: 'pay.shop.test.', type: 'A', ttlSeconds: 300, lowTtlSeconds: 60},
          {name: 'www.shop.test.', type: 'A', ttlSeconds: 3600, lowTtlSeconds: 60},
        ],
      },
    });
  });

  test('low on arrival is done, and the output is the TTL as it is', async () => {
    const zone = fakeZone({...www, ttlSeconds: 30}, member('blue', 60), member('green', 60));
    expect(await lowerTtl.check(look(zone))).toMatchObject({
      kind: 'done',
      output: {ttlSeconds: 60, names: [{ttlSeconds: 30}, {ttlSeconds: 60}]},
    });
  });

  test('a TTL that is lower already stays', async () => {
    const zone = fakeZone({...www, ttlSeconds: 30}, ...group);
    await lowered(zone, [...group, {...www, ttlSeconds: 30}]);
    expect(zone.sets.map(({ttlSeconds}) => ttlSeconds)).toEqual([60, 60, 30]);
  });
});

describe('names without a type', () => {
  const apex = {...www, name: 'shop.test.', ttlSeconds: 300};
  const six = {...apex, type: 'AAAA', ttlSeconds: 600, values: ['2001:db8::1']};
  const text = {...apex, type: 'TXT', values: ['"v=spf1 -all"']};
  const balanced = aliasTo('lb.elb.amazonaws.com.');
  const site = ['shop.test', 'www.shop.test', 'api.shop.test'].map((name) => ({name}));

  test('mean all that leads clients to an address: A, AAAA, CNAME, the apex too; an alias has 60 s as it is', async () => {
    const zone = fakeZone(apex, six, text, balanced, {...api, ttlSeconds: 900});
    const given = {names: site, ttlSeconds: 10};
    const verdict = await lowerTtl.check(look(zone, given));
    const before = verdict.kind === 'pending' ? verdict.before : [];
    expect(before).toHaveLength(4);
    const asked = look(zone, given, {before, started: true});
    for (const action of await lowerTtl.plan(asked, before)) {
      await action.perform(zone.sessions.zone.writer, asked.signal, () => {});
    }
    expect(zone.sets.map(({name, type, ttlSeconds}) => [name, type, ttlSeconds])).toEqual([
      ['api.shop.test.', 'CNAME', 10],
      ['shop.test.', 'A', 10],
      ['shop.test.', 'AAAA', 10],
      ['shop.test.', 'TXT', 300],
      ['www.shop.test.', 'A', undefined],
    ]);
    const names = [
      {name: 'shop.test', ttlSeconds: 600},
      {name: 'www.shop.test', ttlSeconds: 60},
      {name: 'api.shop.test', ttlSeconds: 900},
    ];
    expect(await lowerTtl.check(asked)).toEqual({
      kind: 'done',
      output: {
        ttlSeconds: 900,
        names,
        records: [
          {name: 'api.shop.test.', type: 'CNAME', ttlSeconds: 900, lowTtlSeconds: 10},
          {name: 'shop.test.', type: 'A', ttlSeconds: 300, lowTtlSeconds: 10},
          {name: 'shop.test.', type: 'AAAA', ttlSeconds: 600, lowTtlSeconds: 10},
          {name: 'www.shop.test.', type: 'A', ttlSeconds: 60, lowTtlSeconds: 60},
        ],
      },
    });

    // After a swap to aliases nothing is left to restore, except where addresses are still fixed.
    zone.sets = [{...apex, ttlSeconds: 10}, balanced, {...balanced, name: 'api.shop.test.'}];
    const restored = {
      ...look(zone, given),
      input: restoreTtl.input.parse({names}),
    };
    expect(await restoreTtl.check(restored)).toMatchObject({
      kind: 'pending',
      differences: [
        {
          what: 'shop.test A',
          is: '192.0.2.11 (TTL 10 s)',
          shouldBe: '192.0.2.11 (TTL 600 s)',
        },
      ],
    });
    zone.sets = zone.sets.slice(1).concat({...balanced, name: 'shop.test.'});
    expect(await restoreTtl.check(restored)).toEqual({kind: 'done', output: {}});
  });

  test('must lead somewhere', async () => {
    expect(await lowerTtl.check(look(fakeZone(text), {names: site, ttlSeconds: 10}))).toMatchObject(
      {kind: 'blocked', reason: 'dns has no record shop.test A, AAAA, CNAME, HTTPS, SVCB.'},
    );
  });
});

const many = Array.from({length: 501}, (_, at) => `192.0.${at >> 8}.${at & 255}`);

const ownedText = '"heritage=external-dns,external-dns/owner=prod"';
const owned = (name: string): RecordSet => ({
  name,
  type: 'TXT',
  ttlSeconds: 300,
  values: [ownedText],
});

const blockedCases = [
  {
    name: 'more than Route 53 takes in one batch, where each set counts twice',
    zone: () => fakeZone({...www, ttlSeconds: 3000, values: many}, ...group),
    reason: expect.stringMatching(/^The batch for dns has 100\d records with \d+ characters; /),
  },
  ...['a-www.shop.test.', 'cname-www.shop.test.', 'www.shop.test.'].map((name) => ({
    name: `external-dns, which says at ${name} that it owns the name`,
    zone: () => fakeZone(www, ...group, owned(name)),
    reason: `dns holds ${name.slice(0, -1)} TXT ${ownedText} (TTL 300 s): external-dns owns this name, and would overwrite the change.`,
  })),
  {
    name: 'an alias to a record of the zone: it has no TTL of its own',
    zone: () => fakeZone(alias, ...group),
    reason:
      'www.shop.test A in dns is an alias to web.shop.test., and has no TTL of its own: its answers have the TTL of that record.',
  },
  {
    name: 'a record that is not there',
    zone: () => fakeZone(www, member('green', 300)),
    reason: 'dns has no record pay.shop.test A "blue".',
  },
  {
    name: 'a record of a traffic policy',
    zone: () => fakeZone({...www, routing: {TrafficPolicyInstanceId: 'x'}}, ...group),
    reason: 'www.shop.test A in dns belongs to a traffic policy: this step does not change it.',
  },
];

describe.each([lowerTtl, restoreTtl])('$name is blocked by', (step) => {
  test.each(blockedCases)('$name', async ({zone, reason}) => {
    expect(await step.check(look(zone()))).toEqual({
      kind: 'blocked',
      reason,
      hint: expect.stringMatching(/^[A-Z].{20,}\.$/),
    });
  });
});
