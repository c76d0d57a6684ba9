import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import type {RecordSet} from '../../../lab/aws/record-set.ts';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import {startResolver} from '../../../lab/dns/resolver.ts';
import type {DnsServer} from '../../../lab/dns/server.ts';
import type {AnyGate} from '../../../src/model/step.ts';
import {delegationLive} from '../../../steps/dns/delegation-live.ts';
import {dsExpired} from '../../../steps/dns/ds-expired.ts';
import {nsTtlExpired} from '../../../steps/dns/ns-ttl-expired.ts';
import {dnsView} from '../../../steps/dns/target.ts';
import {zonesMatch} from '../../../steps/dns/zones-match.ts';
import {dnsZone} from '../../../steps/name-servers/target.ts';
import type {RecordSet as Route53Set} from '../../../steps/route53/records/record-set.ts';
import {text} from './world.ts';

const {signal} = new AbortController();
const at = '2026-11-25T03:00:00Z';
const aws = ['ns-1.aws.test.', 'ns-2.aws.test.'];
const set = (name: string, type: string, ttl: number, ...values: string[]): RecordSet => ({
  name: name === '@' ? 'shop.test.' : `${name}.shop.test.`,
  type,
  ttl,
  values,
});
const usual = [
  set('@', 'MX', 300, '10 mail.shop.test.'),
  set('www', 'A', 60, '192.0.2.11', '192.0.2.12'),
  set('\\052.apps', 'CNAME', 60, 'www.shop.test.'),
  set('team', 'NS', 60, 'ns.team.shop.test.'),
  set('ns.team', 'A', 60, '192.0.2.53'),
];
let records: {old: readonly RecordSet[]; second: readonly RecordSet[]; aws: readonly RecordSet[]};
let parentRecords: readonly RecordSet[];
let servers: Record<'old' | 'second' | 'aws' | 'otherAws' | 'parent' | 'resolver', DnsServer>;

beforeEach(() => {
  records = {old: usual, second: usual, aws: usual};
  parentRecords = [set('@', 'NS', 60, ...aws)];
});

beforeAll(async () => {
  const address = '127.0.0.1';
  const zone = (which: 'old' | 'second' | 'aws') => () => ({
    name: 'shop.test.',
    nameServers: which === 'aws' ? aws : ['ns1.old.test.', 'ns2.old.test.'],
    transferable: true,
    records: records[which],
  });
  const parent = await startAuthoritative({
    address,
    zone: () => ({name: 'test.', nameServers: ['ns.test.'], records: parentRecords}),
  });
  const fromAws = await startAuthoritative({address, zone: zone('aws')});
  servers = {
    parent,
    old: await startAuthoritative({address, zone: zone('old')}),
    second: await startAuthoritative({address, zone: zone('second')}),
    aws: fromAws,
    otherAws: await startAuthoritative({address, zone: zone('aws')}),
    resolver: await startResolver({address, authoritative: fromAws}),
  };
});
afterAll(() => Promise.all(Object.values(servers ?? {}).map((server) => server.stop())));

/** Addresses by the names of the servers, so that whole texts can be compared. */
const plain = (verdict: object): unknown =>
  JSON.parse(
    Object.entries(servers).reduce(
      (json, [name, server]) => json.replaceAll(text(server), name.toUpperCase()),
      JSON.stringify(verdict),
    ),
  );

async function check(
  gate: AnyGate,
  input: object = {},
  given: {
    readonly awsNames?: readonly string[];
    readonly stillReading?: (progress: string) => void;
  } = {},
): Promise<unknown> {
  const {old, second, aws: first, otherAws, parent, resolver} = servers;
  const open = async (name: string, config: object) =>
    (await dnsZone.open(dnsZone.config.parse(config), {name, signal})).reader;
  const names = given.awsNames ?? aws;
  const at = (name: string, server: DnsServer) => ({name, at: text(server)});
  const targets = {
    old: await open('old', {
      domain: 'shop.test',
      servers: [at('ns1.old.test', old), at('ns2.old.test', second)],
    }),
    new: await open('new', {
      domain: 'shop.test',
      servers: [at(names[0] ?? '', first), at(names[1] ?? '', otherAws)],
    }),
    parent: await open('parent', {domain: 'test', servers: [text(parent)]}),
    zone: {
      name: 'zone',
      domain: async () => ({name: 'shop.test.', nameServers: aws}),
      allSets: async (): Promise<readonly Route53Set[]> =>
        records.aws.map(({name, type}) => ({name, type})),
    },
    dns: (
      await dnsView.open(
        dnsView.config.parse({authoritative: [text(first)], resolvers: [text(resolver)]}),
        {name: 'dns', signal},
      )
    ).reader,
  };
  const verdict = await gate.check({
    input: gate.input.parse(input),
    targets,
    run: {id: 'r', entry: 'e', started: false},
    now: new Date('2026-11-25T03:00:30Z'),
    ...(given.stillReading ? {stillReading: given.stillReading} : {}),
    signal,
  });
  return plain(verdict);
}

describe('dns.zones-match', () => {
  test('is open when all four servers return the same answers, also for a missing name', async () => {
    // Five sets, one name under the wildcard, one that does not exist, and the probe.
    expect(await check(zonesMatch, {probes: [{name: 'mail', type: 'A'}]})).toEqual({
      kind: 'done',
      output: {questions: 8},
    });
  });

  test.for([
    {
      name: 'a value',
      aws: usual.map((one) => (one.type === 'A' ? {...one, values: ['192.0.2.9']} : one)),
      says: '2 of 7 answers differ: www.shop.test. A is 192.0.2.11, 192.0.2.12 (TTL 60 s) at ns1.old.test. and 192.0.2.9 (TTL 60 s) at ns-1.aws.test.; ns.team.shop.test. A is delegated to ns.team.shop.test. (TTL 60 s) with the address 192.0.2.53 (TTL 60 s) at ns1.old.test. and delegated to ns.team.shop.test. (TTL 60 s) with the address 192.0.2.9 (TTL 60 s) at ns-1.aws.test.',
    },
    {
      name: 'a TTL',
      aws: usual.map((one) => (one.type === 'MX' ? {...one, ttl: 60} : one)),
      says: '1 of 7 answers differ: shop.test. MX is 10 mail.shop.test. (TTL 300 s) at ns1.old.test. and 10 mail.shop.test. (TTL 60 s) at ns-1.aws.test.',
    },
    {
      name: 'a record too few',
      aws: usual.filter(({type}) => type !== 'MX'),
      says: '1 of 7 answers differ: shop.test. MX is 10 mail.shop.test. (TTL 300 s) at ns1.old.test. and no such record at ns-1.aws.test.',
    },
    {
      name: 'a record too many',
      aws: [...usual, set('new', 'TXT', 60, '"x"')],
      says: '1 of 8 answers differ: new.shop.test. TXT is no such name at ns1.old.test. and "x" (TTL 60 s) at ns-1.aws.test.',
    },
    {
      name: 'a wildcard that covers too much',
      aws: [...usual, set('\\052', 'A', 60, '192.0.2.1')],
      says: '2 of 8 answers differ: \\052.shop.test. A is no such name at ns1.old.test. and 192.0.2.1 (TTL 60 s) at ns-1.aws.test.; switcharoo-asks-for-no-such-name.shop.test. A is no such name at ns1.old.test. and 192.0.2.1 (TTL 60 s) at ns-1.aws.test.',
    },
  ])('$name that differs is shown with both sides', async ({aws: changed, says}) => {
    records.aws = changed;
    expect(await check(zonesMatch)).toEqual({kind: 'waiting', progress: says});
  });

  test('old servers that differ among themselves are shown, too', async () => {
    records.second = usual.map((one) => (one.type === 'MX' ? {...one, ttl: 5} : one));
    expect(await check(zonesMatch)).toEqual({
      kind: 'waiting',
      progress:
        '1 of 7 answers differ: shop.test. MX is 10 mail.shop.test. (TTL 300 s) at ns1.old.test. and 10 mail.shop.test. (TTL 5 s) at ns2.old.test.',
    });
  });

  test('what is left out is not compared', async () => {
    records.aws = usual.filter(({type}) => type !== 'MX');
    expect(await check(zonesMatch, {leaveOut: [{name: 'shop.test', type: 'mx'}]})).toMatchObject({
      kind: 'done',
    });
  });

  test('many names may take longer than a look: it says how far it is', async () => {
    const many = Array.from({length: 118}, (_, at) => set(`h${at}`, 'A', 60, '192.0.2.1'));
    records = {old: many, second: many, aws: many};
    const progress: string[] = [];
    const stillReading = (text: string) => progress.push(text);
    expect(await check(zonesMatch, {}, {stillReading})).toMatchObject({
      output: {questions: 119},
    });
    expect(progress).toEqual(['40 of 119 answers compared', '80 of 119 answers compared']);
  });

  test('servers of another hosted zone block it', async () => {
    expect(
      await check(zonesMatch, {}, {awsNames: ['ns-7.aws.test', 'ns-8.aws.test']}),
    ).toMatchObject({
      kind: 'blocked',
      reason:
        'new asks ns-7.aws.test., ns-8.aws.test., and the name servers of zone are ns-1.aws.test., ns-2.aws.test..',
    });
  });
});

describe('dns.ds-expired', () => {
  const input = {since: at, ttlSeconds: 20};
  const ds = set('@', 'DS', 3_600, `1 13 2 ${'AB'.repeat(32)}`);

  test('is open once the last DS has expired', async () => {
    expect(await check(dsExpired, input)).toEqual({kind: 'done', output: {}});
  });

  test('waits for the TTL, and the margin', async () => {
    expect(await check(dsExpired, {...input, marginSeconds: 3_600})).toEqual({
      kind: 'waiting',
      progress:
        'shop.test. 59 min 50 s until 2026-11-25 04:00:20 UTC, when resolvers have expired the last DS record',
    });
  });

  test('waits for a server of the parent that still answers a DS record', async () => {
    parentRecords = [...parentRecords, ds];
    expect(await check(dsExpired, input)).toEqual({
      kind: 'waiting',
      progress: `shop.test. PARENT of parent still answers DS 1 13 2 ${'AB'.repeat(32)}, for 1 h`,
    });
  });
});

describe('dns.delegation-live', () => {
  test('is open when the parent and the new servers themselves agree', async () => {
    expect(await check(delegationLive)).toEqual({kind: 'done', output: {nameServers: aws}});
  });

  test('names the servers with other NS records', async () => {
    parentRecords = [set('@', 'NS', 60, 'ns1.old.test.')];
    records.aws = [...usual, set('@', 'NS', 60, 'ns-9.aws.test.')];
    expect(await check(delegationLive)).toEqual({
      kind: 'waiting',
      progress:
        '0 of 3 servers have the NS records ns-1.aws.test., ns-2.aws.test. for shop.test.; PARENT of parent: ns1.old.test.; ns-1.aws.test. itself: ns-9.aws.test.; ns-2.aws.test. itself: ns-9.aws.test.',
    });
  });
});

describe('dns.ns-ttl-expired', () => {
  test('is open when the time is over and no watched resolver has the old servers', async () => {
    expect(await check(nsTtlExpired, {since: at, ttlSeconds: 30})).toEqual({
      kind: 'done',
      output: {},
    });
  });

  test('waits for the time', async () => {
    expect(await check(nsTtlExpired, {since: at, ttlSeconds: 172_800})).toEqual({
      kind: 'waiting',
      progress:
        'shop.test. 47 h 59 min 30 s until 2026-11-27 03:00:00 UTC, when resolvers have expired the old NS records',
    });
  });

  test('is blocked when the delegation names the old servers again', async () => {
    parentRecords = [set('@', 'NS', 60, 'ns1.old.test.')];
    expect(await check(nsTtlExpired, {since: at, ttlSeconds: 30})).toMatchObject({
      kind: 'blocked',
      reason:
        'PARENT of parent delegates shop.test. to ns1.old.test. and not to ns-1.aws.test., ns-2.aws.test.: resolvers cache those again.',
    });
  });
});
