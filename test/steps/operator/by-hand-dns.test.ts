import {createSocket} from 'node:dgram';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {RecordSet} from '../../../lab/aws/record-set.ts';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import {dnsView} from '../../../steps/dns/index.ts';
import {byHandDns} from '../../../steps/operator/by-hand-dns.ts';
import {type DnsWorld, startDnsWorld, text, www} from '../dns/world.ts';

const words = {
  does: 'lead www to the new side',
  todo: ['Call the provider.'],
  undoes: 'lead www to the old side',
  undo: ['Call the provider again.'],
  owner: {name: 'Provider', reach: '+49 30 1234'},
  takesMinutes: 10,
};
const [before, after] = [www(60, '192.0.2.1'), www(60, '192.0.2.7')];
const input = {...words, name: 'www.shop.test', values: ['192.0.2.7']};
const {signal} = new AbortController();

let dns: DnsWorld;
beforeAll(async () => {
  dns = await startDnsWorld();
});
afterAll(() => dns.end());

const open = (more: object = {}) => {
  const authoritative = [text(dns.first), text(dns.second)];
  const config = dnsView.config.parse({authoritative, ...more});
  return dnsView.open(config, {name: 'dns', signal});
};

lawsOfStep({
  step: byHandDns,
  input,
  world: async () => {
    dns.records = [before, before];
    return {
      sessions: {dns: await open()},
      picture: async () => dns.records,
      person: async (way) => {
        dns.records = way === 'forward' ? [after, after] : [before, before];
      },
    };
  },
  blockedWorld: async () => ({
    sessions: {
      dns: await dnsView.open(
        {authoritative: [], resolvers: [], parents: []},
        {name: 'dns', signal},
      ),
    },
    picture: async () => ({}),
  }),
});

const check = async (given: object, {more = {}, told}: {more?: object; told?: Date} = {}) => {
  const {reader} = await open(more);
  return byHandDns.check({
    input: byHandDns.input.parse({...words, ...given}),
    targets: {dns: reader},
    run: {
      id: 'r-1',
      entry: 'www',
      started: told !== undefined,
      ...(told ? {word: {way: 'forward', at: told, by: 'ada', note: ''} as const} : {}),
    },
    now: new Date(1_000_000),
    signal,
  });
};

test('it is done once every server answers, and a word is believed for a while until then', async () => {
  dns.records = [after, before];
  const is = `${text(dns.first)} answers 192.0.2.7, ${text(dns.second)} answers 192.0.2.1`;
  expect(await check(input)).toMatchObject({
    kind: 'pending',
    before: {
      answers: [
        {server: text(dns.first), values: ['192.0.2.7']},
        {server: text(dns.second), values: ['192.0.2.1']},
      ],
    },
    differences: [
      {what: words.does},
      {what: 'www.shop.test A', is, shouldBe: 'answers 192.0.2.7 for www.shop.test. A'},
    ],
  });
  expect(await check(input, {told: new Date(1_000_000)})).toEqual({
    kind: 'waiting',
    progress: `ada says that it is done, but ${is}`,
  });
  dns.records = [after, after];
  expect((await check(input)).kind).toBe('done');
  const gone = {name: 'www.shop.test', absent: true};
  expect((await check(gone)).kind).toBe('pending');
  dns.records = [[], []];
  expect((await check(gone)).kind).toBe('done');
});

test('what a registrar changes is seen at the parent, as a referral', async () => {
  const ns = (...values: string[]): readonly RecordSet[] => [
    {name: 'shop.test.', type: 'NS', ttl: 60, values},
  ];
  let records = ns('ns1.old.test.');
  const parent = await startAuthoritative({
    address: '127.0.0.1',
    zone: () => ({name: 'test.', nameServers: ['ns.test.'], records}),
  });
  const given = {name: 'shop.test', type: 'NS', servers: 'parents', values: ['ns1.aws.test.']};
  const more = {parents: [text(parent)]};
  expect(await check(given, {more})).toMatchObject({
    before: {answers: [{server: text(parent), values: ['ns1.old.test.']}]},
  });
  records = ns('ns1.aws.test.');
  expect((await check(given, {more})).kind).toBe('done');
  await parent.stop();
});

test('a name server without an answer is neither done nor as before: it waits, and a reversal asks', async () => {
  dns.records = [after, after];
  const silent = createSocket('udp4');
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
  const at = `127.0.0.1:${silent.address().port}`;
  const more = {authoritative: [text(dns.first), at]};
  for (const told of [undefined, new Date(1_000_000)]) {
    expect(await check(input, {more, ...(told ? {told} : {})})).toEqual({
      kind: 'waiting',
      progress: expect.stringContaining(`${at} does not answer`),
    });
  }
  const {reader} = await open(more);
  const actions = await byHandDns.reverse(
    {
      input: byHandDns.input.parse(input),
      targets: {dns: reader},
      run: {id: 'r-1', entry: 'www', started: true},
      now: new Date(1_000_000),
      signal,
    },
    {answers: [{server: text(dns.first), values: ['192.0.2.7']}]},
  );
  expect(actions).toMatchObject([{on: 'dns', does: words.undoes, asks: {way: 'reverse'}}]);
  await new Promise<void>((resolve) => silent.close(resolve));
});
