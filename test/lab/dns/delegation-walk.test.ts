import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {RecordSet} from '../../../lab/aws/record-set.ts';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import {type Resolver, startResolver} from '../../../lab/dns/resolver.ts';
import {dsOf} from '../../../lab/dns/signing.ts';
import {chooseNetwork, pickPort} from '../../../lab/network.ts';
import {exchange} from '../../../steps/name-servers/wire/exchange.ts';
import {rcodeOf} from '../../../steps/name-servers/wire/rcodes.ts';

const key = {flags: 257, algorithm: 13, publicKey: 'a2V5'};
const ends: (() => Promise<void>)[] = [];
let parentRecords: readonly RecordSet[];
let delegation: (last: number) => readonly RecordSet[];
let nowMs: number;
let resolver: Resolver;

/** A parent zone, and two servers of the zone below it: one signs, and each has an address of its own. */
beforeEach(async () => {
  const {prefix} = chooseNetwork();
  const at = (last: number) => `${prefix}${last}`;
  const port = await pickPort(at(1), at(2), at(3));
  const serve = async (last: number, records: () => readonly RecordSet[], name = 'moving.test') => {
    const zone = () => ({name, nameServers: [`ns${last}.test.`], records: records()});
    const server = await startAuthoritative({address: at(last), port, zone});
    ends.push(server.stop);
    return server;
  };
  const www = (value: string) => ({name: 'www.moving.test.', type: 'A', ttl: 1, values: [value]});
  const dnskey = {name: 'moving.test.', type: 'DNSKEY', ttl: 1, values: ['257 3 13 a2V5']};
  delegation = (last) => [
    {name: 'moving.test.', type: 'NS', ttl: 10, values: [`ns${last}.test.`]},
    {name: `ns${last}.test.`, type: 'A', ttl: 10, values: [at(last)]},
  ];
  parentRecords = delegation(2);
  nowMs = 0;
  const parent = await serve(1, () => parentRecords, 'test');
  await serve(2, () => [www('192.0.2.2'), dnskey]);
  await serve(3, () => [www('192.0.2.3')]);
  resolver = await startResolver({address: '127.0.0.1', authoritative: parent, now: () => nowMs});
  ends.push(resolver.stop);
});
afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

async function told(): Promise<string> {
  const {signal} = new AbortController();
  const reply = await exchange(
    `127.0.0.1:${resolver.port}`,
    {name: 'www.moving.test', type: 'A'},
    {recursive: true, signal},
  );
  const [answer] = reply.answers ?? [];
  return answer?.type === 'A' ? answer.data : rcodeOf(reply);
}

describe('a resolver that starts at the parent zone', () => {
  test('asks the servers that the parent names until the TTL is over, then asks the parent again', async () => {
    expect(await told()).toBe('192.0.2.2');
    parentRecords = delegation(3);
    nowMs = 9_000;
    expect(await told()).toBe('192.0.2.2');
    nowMs = 11_000;
    expect(await told()).toBe('192.0.2.3');
  });

  test('rejects servers without the key of the DS record, until the DS record has expired', async () => {
    const {keyTag, digest} = dsOf('moving.test.', key);
    const ds = {name: 'moving.test.', type: 'DS', ttl: 60, values: [`${keyTag} 13 2 ${digest}`]};
    parentRecords = [...delegation(2), ds];
    expect(await told()).toBe('192.0.2.2');
    parentRecords = delegation(3);
    nowMs = 11_000;
    expect(await told()).toBe('SERVFAIL');
    nowMs = 61_000;
    expect(await told()).toBe('192.0.2.3');
  });
});
