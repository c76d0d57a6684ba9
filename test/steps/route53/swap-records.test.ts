import {lawsOfStep, type TriedWorld} from 'switcharoo/testing';
import {describe, expect, test} from 'vitest';
import type {Look} from '../../../src/index.ts';
import type {ZoneReader, ZoneWriter} from '../../../steps/route53/contract.ts';
import {beforeImage, type ZoneTargets} from '../../../steps/route53/records/edit.ts';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';
import type {SwapInput} from '../../../steps/route53/records/swap-input.ts';
import {swapRecords} from '../../../steps/route53/swap-records.ts';
import {type FakeZone, fakeZone} from './fake-zone.ts';
import {asLab, labZone} from './lab-zone.ts';

const oldWww: RecordSet = {
  name: 'www.shop.test.',
  type: 'A',
  ttlSeconds: 60,
  values: ['192.0.2.11', '192.0.2.12'],
};
const oldApi: RecordSet = {
  name: 'api.shop.test.',
  type: 'CNAME',
  ttlSeconds: 60,
  values: ['web1.shop.test.'],
};
const mail: RecordSet = {name: 'www.shop.test.', type: 'TXT', ttlSeconds: 300, values: ['"hello"']};
const newWww = {name: 'www.shop.test', type: 'A', values: ['198.51.100.7']};
const newApi = {name: 'API.shop.test', type: 'CNAME', ttlSeconds: 30, values: ['lb.aws.test']};
const balancer = {hostedZoneId: 'ZELB', dnsName: 'lb.aws.test', evaluateTargetHealth: false};
const input = {sets: [newWww, newApi]};

lawsOfStep({
  step: swapRecords,
  input,
  world: async () => fakeZone(oldWww, oldApi, mail),
  blockedWorld: async () => fakeZone(oldWww, {...oldWww, type: 'AAAA', values: ['2001:db8::1']}),
});

describe('on the real SDK and the wire', () => {
  const plain = (name: string, type: string, ttl: number, ...values: string[]) => ({
    name,
    type,
    ttl,
    values,
  });
  const records = [
    plain('www.shop.test', 'A', 60, '192.0.2.11', '192.0.2.12'),
    plain('api.shop.test', 'CNAME', 60, 'web1.shop.test.'),
    plain('www.shop.test', 'TXT', 300, '"hello"'),
  ];
  lawsOfStep({
    step: swapRecords,
    input,
    world: () => labZone(records),
    blockedWorld: () => labZone([...records, plain('www.shop.test', 'AAAA', 60, '2001:db8::1')]),
  });
});

function look(
  world: TriedWorld,
  given: object = input,
  run: object = {},
): Look<ZoneTargets, SwapInput> {
  return {
    input: swapRecords.input.parse(given),
    // The world's only part.
    targets: {zone: world.sessions['zone']?.reader as ZoneReader},
    run: {id: 'r-1', entry: 'swap', started: false, ...run},
    now: new Date(),
    signal: new AbortController().signal,
  };
}

const checkOf = (world: TriedWorld, given?: object, run?: object) =>
  swapRecords.check(look(world, given, run));

async function beforeOf(world: TriedWorld, given?: object): Promise<RecordSet[]> {
  const verdict = await checkOf(world, given);
  expect(verdict).toMatchObject({kind: 'pending'});
  return verdict.kind === 'pending' ? beforeImage.parse(verdict.before) : [];
}

/** Performs what is planned, and says what it said. */
async function swap(world: TriedWorld, given?: object): Promise<readonly string[]> {
  const before = await beforeOf(world, given);
  const said: string[] = [];
  for (const action of await swapRecords.plan(look(world, given), before)) {
    await action.perform(world.sessions['zone']?.writer, new AbortController().signal, (words) =>
      said.push(words),
    );
  }
  return said;
}

const at = (zone: FakeZone, name: string, type: string) =>
  zone.sets.filter((set) => set.name.startsWith(name) && set.type === type);

describe('what it does', () => {
  test('a plan says what is there, what will be, and that it is one batch', async () => {
    const zone = fakeZone(oldWww, oldApi, mail);
    const before = await beforeOf(zone);
    expect(before).toEqual([oldApi, oldWww]);
    const actions = await swapRecords.plan(look(zone), before);
    expect(actions.map(({on, does}) => ({on, does}))).toEqual([
      {
        on: 'zone',
        does: 'replace api.shop.test CNAME: web1.shop.test. (TTL 60 s) by lb.aws.test (TTL 30 s); replace www.shop.test A: 192.0.2.11, 192.0.2.12 (TTL 60 s) by 198.51.100.7 (TTL 60 s)',
      },
    ]);
  });

  test('a set without a TTL keeps that of its predecessor, and other types at the name stay', async () => {
    const zone = fakeZone(oldWww, oldApi, mail);
    await swap(zone);
    expect(zone.sets).toEqual([
      {...newApi, name: 'API.shop.test'},
      {...newWww, ttlSeconds: 60},
      mail,
    ]);
    expect(zone.batches).toBe(1);
  });

  test('a name in other letters, with another dot and in another order is the same: done', async () => {
    const zone = fakeZone(oldWww, oldApi);
    const same = {
      sets: [
        {name: 'WWW.shop.test', type: 'A', values: ['192.0.2.12', '192.0.2.11']},
        {name: 'api.shop.test', type: 'CNAME', values: ['WEB1.shop.test']},
      ],
    };
    expect(await checkOf(zone, same)).toEqual({kind: 'done', output: {}});
  });

  test('a CNAME gives way to an alias, and an AAAA goes, in the same batch', async () => {
    const aaaa = {...oldApi, type: 'AAAA', name: 'www.shop.test.', values: ['2001:db8::1']};
    const zone = fakeZone(oldApi, oldWww, aaaa);
    const given = {
      sets: [{name: 'api.shop.test', type: 'A', alias: balancer}, newWww],
      remove: [
        {name: 'api.shop.test', type: 'CNAME'},
        {name: 'www.shop.test', type: 'AAAA'},
      ],
    };
    await swap(zone, given);
    expect(at(zone, 'api', 'CNAME')).toEqual([]);
    expect(at(zone, 'www', 'AAAA')).toEqual([]);
    expect(at(zone, 'api', 'A')).toEqual([{name: 'api.shop.test', type: 'A', alias: balancer}]);
    const before = [oldApi, aaaa, oldWww];
    const back = await swapRecords.reverse(look(zone, given, {started: true, before}), before);
    expect(Array.isArray(back) && back.map(({does}) => does)).toHaveLength(1);
  });

  test('www, apex and api go to a load balancer in one batch, and come back exactly', async () => {
    const old = [
      {...oldWww, name: 'shop.test.', ttlSeconds: 10},
      {...oldWww, name: 'shop.test.', type: 'AAAA', ttlSeconds: 10, values: ['2001:db8::1']},
      {...oldWww, name: 'shop.test.', type: 'HTTPS', ttlSeconds: 10, values: ['1 . alpn="h2"']},
      {...oldApi, name: 'www.shop.test.', ttlSeconds: 10, values: ['shop.test.']},
      {...oldApi, ttlSeconds: 10, values: ['hosting.example.']},
    ];
    const alias = {...balancer, dnsName: 'dualstack.lb.eu-west-1.elb.amazonaws.com'};
    const given = {
      sets: [
        ...['shop.test', 'www.shop.test', 'api.shop.test'].flatMap((name) =>
          ['A', 'AAAA'].map((type) => ({name, type, alias})),
        ),
        {name: 'shop.test', type: 'HTTPS', values: ['1 . alpn="h2,h3"']},
        {name: 'old.shop.test', type: 'A', values: ['198.51.100.9']},
      ],
      remove: ['www.shop.test', 'api.shop.test'].map((name) => ({name, type: 'CNAME'})),
    };
    const targets = [{hostedZoneId: 'ZELB', dnsName: alias.dnsName.replace('dualstack.', '')}];
    for (const world of [
      fakeZone(...old),
      await labZone(old.map(asLab), {aliasTargets: targets}),
    ]) {
      const before = await world.picture();
      const from = await beforeOf(world, given);
      await swap(world, given);
      expect(await checkOf(world, given, {before: from, started: true})).toMatchObject({
        kind: 'done',
      });
      const reader = world.sessions.zone.reader as ZoneReader;
      const names = ['shop.test', 'www.shop.test', 'api.shop.test', 'old.shop.test'];
      const live = await reader.setsAt(names, new AbortController().signal);
      const led = live.filter(({type}) => !['NS', 'SOA'].includes(type));
      // An A beside which nothing stood has the usual TTL; an HTTPS record keeps its own.
      const shown = led.map(({name, type, ttlSeconds}) => [
        name.replace(/\.$/, ''),
        type,
        ttlSeconds,
      ]);
      expect(shown.map(String).sort()).toEqual([
        'api.shop.test,A,',
        'api.shop.test,AAAA,',
        'old.shop.test,A,60',
        'shop.test,A,',
        'shop.test,AAAA,',
        'shop.test,HTTPS,10',
        'www.shop.test,A,',
        'www.shop.test,AAAA,',
      ]);
      const back = await swapRecords.reverse(look(world, given, {started: true}), from);
      for (const action of Array.isArray(back) ? back : []) {
        await action.perform(world.sessions.zone.writer, new AbortController().signal, () => {});
      }
      expect(await world.picture()).toEqual(before);
      await world.sessions.zone.close();
    }
  });

  test('an A in place of a CNAME has the TTL to which that was lowered', async () => {
    const zone = fakeZone({...oldApi, ttlSeconds: 10});
    await swap(zone, {
      sets: [{...newWww, name: 'api.shop.test'}],
      remove: [{name: 'api.shop.test', type: 'CNAME'}],
    });
    expect(zone.sets.map(({type, ttlSeconds}) => [type, ttlSeconds])).toEqual([['A', 10]]);
  });

  test('a weighted group keeps its weights when the runbook names its members', async () => {
    const member = (setIdentifier: string, weight: number, value: string): RecordSet => ({
      ...oldWww,
      setIdentifier,
      weight,
      values: [value],
    });
    const zone = fakeZone(member('blue', 255, '192.0.2.1'), member('green', 0, '192.0.2.2'));
    const sets = [
      {...newWww, setIdentifier: 'blue', weight: 0, values: ['192.0.2.1']},
      {...newWww, setIdentifier: 'green', weight: 255, values: ['192.0.2.2']},
    ];
    await swap(zone, {sets});
    expect(zone.sets.map(({weight, ttlSeconds}) => [weight, ttlSeconds])).toEqual([
      [0, 60],
      [255, 60],
    ]);
  });

  test('a record that was not there is created, and goes again', async () => {
    const zone = fakeZone();
    await swap(zone, {sets: [newWww]});
    expect(zone.sets).toEqual([{...newWww, ttlSeconds: 60}]);
    const back = await swapRecords.reverse(look(zone, {sets: [newWww]}), []);
    expect(Array.isArray(back) && back.map(({does}) => does)).toEqual([
      'delete www.shop.test A: 198.51.100.7 (TTL 60 s)',
    ]);
  });

  test('a reversal waits until resolvers have dropped the new records, also where the old ones are back', async () => {
    const zone = fakeZone(oldWww);
    const given = {sets: [newWww], cachedSeconds: 60};
    await swap(zone, given);
    const before = [oldWww];
    const writer = zone.sessions['zone']?.writer as ZoneWriter;
    const {signal} = new AbortController();
    const plan = async () => {
      const back = await swapRecords.reverse(look(zone, given, {started: true, before}), before);
      return Array.isArray(back) ? back : [];
    };
    const [restore, wait] = await plan();
    expect(wait?.does).toBe('wait 61 s, until resolvers have dropped the new records');
    await restore?.perform(writer, signal, () => {});
    const rest = await plan();
    expect(rest.map(({does}) => does)).toEqual([wait?.does]);
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(rest[0]?.perform(writer, stopped, () => {})).rejects.toThrow();
  });

  test('it waits until the change is INSYNC, and says so', async () => {
    const zone = fakeZone(oldWww, oldApi);
    zone.pendingLooks = 2;
    expect(await swap(zone)).toEqual(
      Array.from({length: 3}, () =>
        expect.stringMatching(/^change C1 has been PENDING for \d s; /),
      ),
    );
  });
});

describe('somebody else changes the records', () => {
  const theirs = {...oldWww, values: ['203.0.113.5']};

  test('between the look and the batch: Route 53 refuses it, and nothing is changed', async () => {
    const zone = fakeZone(oldWww, oldApi);
    zone.meanwhile = () => {
      zone.sets = [oldApi, theirs];
    };
    await expect(swap(zone)).rejects.toMatchObject({
      problem: {
        code: 'records-changed-elsewhere',
        message:
          'The records in dns were changed outside of this run: they are now api.shop.test CNAME web1.shop.test. (TTL 60 s); www.shop.test A 203.0.113.5 (TTL 60 s), and were api.shop.test CNAME web1.shop.test. (TTL 60 s); www.shop.test A 192.0.2.11, 192.0.2.12 (TTL 60 s) at the last check. Route 53 answered: InvalidChangeBatch: [the values provided do not match the current values]',
      },
    });
    expect(zone.sets).toEqual([oldApi, theirs]);
  });

  test('after the swap: check and reverse show both, and leave them alone', async () => {
    const zone = fakeZone(oldWww, oldApi);
    const before = await beforeOf(zone);
    await swap(zone);
    zone.sets = [oldApi, theirs];
    const verdict = await checkOf(zone, input, {started: true, before});
    expect(verdict).toEqual({
      kind: 'blocked',
      reason:
        'dns holds api.shop.test CNAME web1.shop.test. (TTL 60 s); www.shop.test A 203.0.113.5 (TTL 60 s). Before this step it held api.shop.test CNAME web1.shop.test. (TTL 60 s); www.shop.test A 192.0.2.11, 192.0.2.12 (TTL 60 s), and the step changes that to www.shop.test A 198.51.100.7 (TTL 60 s); API.shop.test CNAME lb.aws.test (TTL 30 s).',
      hint: 'Another client changed these records. Restore one of the two states, or remove the records from the runbook.',
    });
    expect(await swapRecords.reverse(look(zone, input, {started: true, before}), before)).toEqual(
      verdict,
    );
  });
});

describe('what Route 53 answers', () => {
  test('busy: it asks again', async () => {
    const zone = fakeZone(oldWww, oldApi);
    zone.answers.push({kind: 'busy', answer: 'PriorRequestNotComplete: still processing'});
    expect(await swap(zone)).toEqual([
      'PriorRequestNotComplete: still processing; sending it again',
    ]);
    expect(zone.batches).toBe(1);
  });

  test('nothing, though it was made: a look settles it, and nothing is sent twice', async () => {
    const zone = fakeZone(oldWww, oldApi);
    zone.answers.push({kind: 'lost'});
    await swap(zone);
    expect(zone.batches).toBe(1);
    expect(await checkOf(zone)).toEqual({kind: 'done', output: {}});
  });

  test('nothing, and it was not made: it is sent again', async () => {
    const zone = fakeZone(oldWww, oldApi);
    zone.answers.push({kind: 'unanswered', answer: 'TimeoutError: connect'});
    await swap(zone);
    expect(zone.batches).toBe(1);
  });

  test('nothing, and it was made while it was sent again: the refusal of the second is no alarm', async () => {
    const zone = fakeZone(oldWww, oldApi);
    zone.answers.push({kind: 'unanswered', answer: 'TimeoutError: slow'});
    const [action] = await swapRecords.plan(look(zone), await beforeOf(zone));
    const made = fakeZone(oldWww, oldApi);
    await swap(made);
    await action?.perform(zone.sessions.zone.writer, new AbortController().signal, () => {
      zone.meanwhile = () => {
        zone.sets = made.sets;
      };
    });
    expect([zone.batches, zone.sets]).toEqual([0, made.sets]);
  });

  test('no, to records that it does not want: the problem has its words', async () => {
    const zone = fakeZone(oldWww, oldApi);
    zone.answers.push({kind: 'refused', answer: 'InvalidChangeBatch: [Invalid Resource Record]'});
    await expect(swap(zone)).rejects.toMatchObject({
      problem: {
        code: 'route53-batch-refused',
        message:
          'Route 53 refuses the batch for dns, and has changed nothing: InvalidChangeBatch: [Invalid Resource Record]',
      },
    });
  });

  test('an abort while it waits for INSYNC ends it', async () => {
    const zone = fakeZone(oldWww, oldApi);
    zone.pendingLooks = Number.POSITIVE_INFINITY;
    const [action] = await swapRecords.plan(look(zone), await beforeOf(zone));
    const stop = new AbortController();
    const swapping = action?.perform(zone.sessions.zone.writer, stop.signal, () => stop.abort());
    await expect(swapping).rejects.toMatchObject({name: 'AbortError'});
  });
});

const aaaa: RecordSet = {...oldWww, type: 'AAAA', values: ['2001:db8::1']};
const blockedCases: {
  name: string;
  zone: () => FakeZone;
  given?: object;
  reason: string;
}[] = [
  {
    name: 'an AAAA beside the A: IPv6 users would stay',
    zone: () => fakeZone(oldWww, aaaa),
    reason:
      'dns also holds www.shop.test AAAA 2001:db8::1 (TTL 60 s), which is not in the runbook: its clients would keep using the old address.',
  },
  {
    name: 'external-dns, which says beside it that it owns the name',
    zone: () =>
      fakeZone(oldWww, {
        ...{name: oldWww.name, type: 'TXT', ttlSeconds: 300},
        values: ['"heritage=external-dns,external-dns/owner=prod"'],
      }),
    reason:
      'dns holds www.shop.test TXT "heritage=external-dns,external-dns/owner=prod" (TTL 300 s): external-dns owns this name, and would overwrite the change.',
  },
  {
    name: 'a CNAME where an A shall be',
    zone: () => fakeZone({...oldApi, name: 'www.shop.test.'}),
    reason:
      'dns also holds www.shop.test CNAME web1.shop.test. (TTL 60 s), which is not in the runbook: its clients would keep using the old address.',
  },
  {
    name: 'a member of a group that the runbook does not name',
    zone: () => fakeZone({...oldWww, setIdentifier: 'blue', weight: 1}),
    reason:
      'dns holds www.shop.test A "blue" 192.0.2.11, 192.0.2.12 (TTL 60 s, weight 1), which is not in the runbook.',
  },
  {
    name: 'a failover record',
    zone: () => fakeZone({...oldWww, setIdentifier: 'p', routing: {Failover: 'PRIMARY'}}),
    given: {sets: [{...newWww, setIdentifier: 'p'}]},
    reason:
      'www.shop.test A "p" in dns is routed by Failover, which chooses an address for each client.',
  },
  {
    name: 'a member without a weight',
    zone: () => fakeZone(),
    given: {sets: [{...newWww, setIdentifier: 'p'}]},
    reason: 'www.shop.test A "p" for dns has a setIdentifier and no weight.',
  },
  {
    name: 'name servers',
    zone: () => fakeZone(),
    given: {sets: [{name: 'shop.test', type: 'NS', values: ['ns1.test']}]},
    reason:
      'shop.test NS in dns names the name servers of a zone: this step does not change such records.',
  },
  {
    name: 'a name of another zone',
    zone: () => fakeZone(),
    given: {sets: [{...newWww, name: 'www.myshop.test'}]},
    reason: 'www.myshop.test is not in the zone of dns, which is shop.test..',
  },
  {
    name: 'a zone of another service',
    zone: () => Object.assign(fakeZone(), {ownedBy: 'servicediscovery.amazonaws.com'}),
    reason:
      'The zone shop.test. of dns belongs to servicediscovery.amazonaws.com, which overwrites the changes of others.',
  },
  {
    name: 'a protected record',
    zone: () =>
      Object.assign(fakeZone(oldWww, oldApi), {protections: [{name: 'www.shop.test.', type: 'A'}]}),
    reason: 'www.shop.test. A in dns is protected against changes.',
  },
  {
    name: 'a CNAME beside a record that stays',
    zone: () => fakeZone({...oldApi, type: 'TXT', name: 'api.shop.test.', values: ['"v"']}),
    given: {sets: [{name: 'api.shop.test', type: 'CNAME', values: ['lb.test']}]},
    reason:
      'api.shop.test CNAME for dns is at the same name as api.shop.test TXT: Route 53 refuses a CNAME beside other records.',
  },
  {
    name: 'a CNAME beside another record of the runbook',
    zone: () => fakeZone(),
    given: {
      sets: [
        {name: 'api.shop.test', type: 'CNAME', values: ['lb.test']},
        {name: 'API.shop.test.', type: 'MX', values: ['10 mail.test']},
      ],
    },
    reason:
      'api.shop.test CNAME for dns is at the same name as API.shop.test MX: Route 53 refuses a CNAME beside other records.',
  },
  {
    name: "a CNAME at the zone's own name",
    zone: () => fakeZone(),
    given: {sets: [{name: 'shop.test', type: 'CNAME', values: ['lb.test']}]},
    reason: "shop.test is the zone's own name, where Route 53 allows no CNAME.",
  },
  ...[
    {
      set: {ttlSeconds: 2_147_483_648},
      why: 'has a TTL of 2147483648 s, and the maximum is 2147483647 s',
    },
    {
      set: {setIdentifier: 'new', weight: 256},
      why: 'has the weight 256, and a weight is a whole number from 0 to 255',
    },
    {
      set: {setIdentifier: 'x'.repeat(129), weight: 1},
      why: 'has a setIdentifier of 129 characters, and 1 to 128 are allowed',
    },
    {
      set: {values: ['198.51.100.7', '198.51.100.7']},
      why: 'has the value 198.51.100.7 twice',
    },
    {
      set: {values: ['198.51.100.700']},
      why: 'has the value 198.51.100.700, which is not an IPv4 address',
    },
    {
      set: {values: Array.from({length: 401}, (_, at) => `10.0.${at >> 8}.${at & 255}`)},
      why: 'has 401 values, and 400 are allowed',
    },
    {
      set: {type: 'CNAME', values: ['a.test', 'b.test']},
      why: 'has 2 values, and a CNAME has one value',
    },
    {
      set: {type: 'TXT', values: ['verify=1']},
      why: 'has the value verify=1, which is not in quotation marks',
    },
    {
      set: {type: 'TXT', values: [`"${'x'.repeat(256)}"`]},
      why: 'has a string of more than 255 characters in one pair of quotation marks',
    },
    {
      set: {type: 'TXT', values: [`"${'x'.repeat(4_000)}"`]},
      why: 'has a value of 4002 characters, and 4000 are allowed',
    },
  ].map(({set, why}) => {
    const given: {type?: string; setIdentifier?: string} = set;
    const identifier = given.setIdentifier === undefined ? '' : ` "${given.setIdentifier}"`;
    return {
      name: `a set that ${why}`,
      zone: () => fakeZone(),
      given: {sets: [{...newWww, ...set}]},
      reason: `www.shop.test ${given.type ?? 'A'}${identifier} for dns ${why}: Route 53 refuses it.`,
    };
  }),
  {
    name: 'more than one batch holds',
    zone: () => fakeZone(),
    given: {
      sets: Array.from({length: 4}, (_, group) => ({
        name: `h${group}.shop.test`,
        type: 'A',
        values: Array.from({length: 256}, (_address, byte) => `10.0.${group}.${byte}`),
      })),
    },
    reason:
      'The batch for dns has 1024 records with 9800 characters; Route 53 allows 1000 and 32000 in one batch, and only a single batch is applied as a whole.',
  },
];

describe('it is blocked by', () => {
  test.each(blockedCases)('$name', async ({zone, given, reason}) => {
    expect(await checkOf(zone(), given)).toEqual({
      kind: 'blocked',
      reason,
      hint: expect.stringMatching(/^[A-Z].{20,}\.$/),
    });
  });

  test('input that names a set twice, or gives it neither values nor an alias', () => {
    const messages = (given: object) =>
      swapRecords.input.safeParse(given).error?.issues.map(({message}) => message);
    expect(messages({sets: [newWww, {...newWww, name: 'WWW.shop.test.'}]})).toEqual([
      'a set is listed twice',
    ]);
    expect(messages({sets: [{name: 'x', type: 'A'}]})).toEqual([
      'a set has either values or an alias',
    ]);
  });
});
