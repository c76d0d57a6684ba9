import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {lawsOfStep, type TriedWorld} from 'switcharoo/testing';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import type {RecordSet as LabSet} from '../../../lab/aws/record-set.ts';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import type {DnsServer} from '../../../lab/dns/server.ts';
import type {Look} from '../../../src/model/step.ts';
import {recordsInFile} from '../../../steps/name-servers/records/zone-file.ts';
import {dnsZone} from '../../../steps/name-servers/target.ts';
import {importZone} from '../../../steps/route53/import-zone.ts';
import type {RecordSet} from '../../../steps/route53/records/record-set.ts';
import {text} from '../dns/world.ts';
import {fakeZone} from './fake-zone.ts';
import {labZone} from './lab-zone.ts';

const {signal} = new AbortController();
let old: DnsServer;
let parent: DnsServer;
let delegatedTo: string[] = ['ns1.old.test.'];
const transferred: LabSet[] = [
  {name: 'www.shop.test.', type: 'A', ttl: 60, values: ['192.0.2.11', '192.0.2.12']},
  {name: '\\052.shop.test.', type: 'CNAME', ttl: 300, values: ['www.shop.test.']},
  {name: 'shop.test.', type: 'TXT', ttl: 300, values: ['"v=spf1 -all"']},
  {name: 'shop.test.', type: 'MX', ttl: 300, values: ['10 mail.shop.test.']},
  // More than one request may hold.
  ...Array.from({length: 6}, (_, name) => ({
    name: `n${name}.shop.test.`,
    type: 'A',
    ttl: 60,
    values: Array.from({length: 200}, (_value, host) => `192.0.${name}.${host}`),
  })),
];

let oldRecords: readonly LabSet[] = transferred;

beforeAll(async () => {
  const address = '127.0.0.1';
  old = await startAuthoritative({
    address,
    zone: () => ({
      name: 'shop.test.',
      nameServers: ['ns1.old.test.'],
      records: oldRecords,
      transferable: true,
    }),
  });
  parent = await startAuthoritative({
    address,
    zone: () => ({
      name: 'test.',
      nameServers: ['ns1.test.'],
      records: [{name: 'shop.test.', type: 'NS', ttl: 60, values: delegatedTo}],
    }),
  });
});
afterAll(() => Promise.all([old?.stop(), parent?.stop()]));

async function served(config: object = {}, zone?: TriedWorld): Promise<TriedWorld> {
  const open = (name: string, given: object) =>
    dnsZone.open(dnsZone.config.parse(given), {name, signal});
  const hosted = zone ?? fakeZone();
  return {
    ...hosted,
    sessions: {
      ...hosted.sessions,
      old: await open('old', {domain: 'shop.test', servers: [text(old)], ...config}),
      parent: await open('parent', {domain: 'test', servers: [text(parent)]}),
    },
    picture: () => hosted.picture(),
    ...(hosted.close ? {close: () => hosted.close?.() ?? Promise.resolve()} : {}),
  };
}

const www: RecordSet = {
  name: 'www.shop.test.',
  type: 'A',
  ttlSeconds: 60,
  values: ['192.0.2.11', '192.0.2.12'],
};

lawsOfStep({
  step: importZone,
  input: {},
  world: () => served({}, fakeZone(www)),
  blockedWorld: () => served({}, fakeZone({...www, values: ['192.0.2.1']})),
});

describe('on the real SDK and the wire', () => {
  lawsOfStep({step: importZone, input: {}, world: async () => served({}, await labZone([]))});
});

const base = '$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n';
let files = 0;
const folder = mkdtempSync(join(tmpdir(), 'switcharoo-zone-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

/** A zone file as the old zone, which the old name servers serve, beside a hosted zone. */
async function fromFile(text: string, zone = fakeZone()): Promise<TriedWorld> {
  files += 1;
  oldRecords = setsIn(text);
  const zoneFile = join(folder, `${files}.zone`);
  writeFileSync(zoneFile, text);
  return served({zoneFile}, zone);
}

afterEach(() => {
  oldRecords = transferred;
});

function setsIn(text: string): readonly LabSet[] {
  const sets = new Map<string, LabSet>();
  for (const {name, type, ttl, value} of recordsInFile(Buffer.from(text), 'shop.test.')) {
    const {values = []} = sets.get(`${name} ${type}`) ?? {};
    sets.set(`${name} ${type}`, {name, type, ttl, values: [...values, value]});
  }
  return [...sets.values()];
}

function look(world: TriedWorld, input: object = {}, run: object = {}): Look<any, any> {
  return {
    input: importZone.input.parse(input),
    targets: Object.fromEntries(
      Object.entries(world.sessions).map(([part, {reader}]) => [part, reader]),
    ),
    run: {id: 'r-1', entry: 'import', started: false, ...run},
    now: new Date(),
    signal,
  };
}

describe('what a look says', () => {
  test('it leaves the SOA, the apex NS and the signatures behind, and keeps those of zones below', async () => {
    const world = await fromFile(
      `${base}@ DNSKEY 257 3 13 a2V5\nteam NS ns.team\nteam DS 1 13 2 AB\nns.team A 192.0.2.1\n`,
    );
    const verdict = await importZone.check(look(world));
    expect(verdict).toEqual({
      kind: 'pending',
      before: {
        creates: [
          {name: 'ns.team.shop.test.', type: 'A', ttlSeconds: 60, values: ['192.0.2.1']},
          {name: 'team.shop.test.', type: 'DS', ttlSeconds: 60, values: ['1 13 2 AB']},
          {name: 'team.shop.test.', type: 'NS', ttlSeconds: 60, values: ['ns.team.shop.test.']},
        ],
      },
      differences: [
        {
          what: 'shop.test. in dns',
          is: '0 of the 3 record sets of old',
          shouldBe: 'all of them',
        },
      ],
    });
  });

  test('addresses of an inner network: the answers may be those of an inner view', async () => {
    const world = await fromFile(
      `${base}www A 192.0.2.11\ndb A 10.0.0.5\nv6 AAAA fd00::1\nfar A 172.32.0.1\n`,
    );
    expect(await importZone.check(look(world))).toMatchObject({
      kind: 'pending',
      remarks: [
        '2 of the record sets have addresses of an inner network: db.shop.test A 10.0.0.5; v6.shop.test AAAA fd00::1. If the old name servers have views, this machine may have been given the inner one: ask them from outside, and compare.',
      ],
    });
  });

  test('what is there already, exactly so, is neither created nor removed on the way back', async () => {
    const world = await fromFile(
      `${base}www A 192.0.2.11\nwww A 192.0.2.12\nb A 192.0.2.1\n`,
      fakeZone(www),
    );
    expect(await importZone.check(look(world))).toMatchObject({
      before: {creates: [{name: 'b.shop.test.'}]},
      differences: [{is: '1 of the 2 record sets of old'}],
    });
  });

  test.for([
    {
      name: 'types that Route 53 does not know',
      text: `${base}a DNAME b\nc LOC 1 2 3\n`,
      says: 'old holds 2 records of types that Route 53 does not support: a.shop.test DNAME, c.shop.test LOC.',
    },
    {
      name: 'another record at the same place',
      text: `${base}www A 192.0.2.1\n`,
      says: 'dns holds www.shop.test A 192.0.2.11, 192.0.2.12 (TTL 60 s), and the old servers have www.shop.test A 192.0.2.1 (TTL 60 s).',
    },
    {
      name: 'a CNAME where there is an address',
      text: `${base}www CNAME b\n`,
      says: 'dns holds www.shop.test A 192.0.2.11, 192.0.2.12 (TTL 60 s), and the old servers have www.shop.test CNAME b.shop.test. (TTL 60 s).',
    },
  ])('$name are in the way, unless they are left out', async ({text, says}) => {
    const world = await fromFile(text, fakeZone(www));
    expect(await importZone.check(look(world))).toMatchObject({kind: 'blocked', reason: says});
    const leaveOut = ['a DNAME', 'c LOC', 'www A', 'www CNAME'].map((both) => {
      const [name, type] = both.split(' ');
      return {name: `${name}.shop.test`, type};
    });
    expect(await importZone.check(look(world, {leaveOut}))).toMatchObject({kind: 'done'});
  });
});

describe('once it has begun', () => {
  const creates = [{name: 'b.shop.test.', type: 'A', ttlSeconds: 60, values: ['192.0.2.1']}];
  const run = {started: true, before: {creates}};

  test('it is held to what it set out to create, also when the old servers are gone', async () => {
    const zone = fakeZone(...creates);
    const world = await served({zoneFile: '/nowhere'}, zone);
    expect(await importZone.check(look(world, {}, run))).toEqual({kind: 'done', output: {sets: 1}});
  });

  test('a record that somebody changed since is not removed', async () => {
    const world = await served({}, fakeZone({...(creates[0] as RecordSet), values: ['192.0.2.2']}));
    expect(await importZone.reverse(look(world, {}, run), {creates})).toMatchObject({
      kind: 'blocked',
      reason:
        'dns has b.shop.test A 192.0.2.2 (TTL 60 s); the import creates it as 192.0.2.1 (TTL 60 s).',
    });
  });

  test('nothing is removed while the parent sends people to Route 53', async () => {
    const world = await served({}, fakeZone(...creates));
    delegatedTo = ['ns1.aws.test.', 'ns2.aws.test.'];
    const back = await importZone.reverse(look(world, {}, run), {creates});
    delegatedTo = ['ns1.old.test.'];
    expect(back).toMatchObject({
      kind: 'blocked',
      reason: `${text(parent)} of parent delegates shop.test. to ns1.aws.test., ns2.aws.test.: without its records in dns the domain would not resolve.`,
    });
  });
});
