import {Resolver as NodeResolver} from 'node:dns/promises';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {RecordSet} from '../../../lab/aws/record-set.ts';
import {startAuthoritative} from '../../../lab/dns/authoritative.ts';
import {type Resolver, startResolver} from '../../../lab/dns/resolver.ts';
import type {DnsServer} from '../../../lab/dns/server.ts';
import {exchange} from '../../../steps/name-servers/wire/exchange.ts';
import {rcodeOf} from '../../../steps/name-servers/wire/rcodes.ts';

let nowMs = 0;
let records: readonly RecordSet[] = [];
let authoritative: DnsServer;
let resolver: Resolver;

const old: RecordSet = {name: 'www.shop.test.', type: 'A', ttl: 300, values: ['127.0.0.11']};
const swapped: RecordSet = {...old, ttl: 60, values: ['127.0.0.100']};
const alias: RecordSet = {
  name: 'shop.shop.test.',
  type: 'CNAME',
  ttl: 30,
  values: ['www.shop.test.'],
};

beforeEach(async () => {
  nowMs = 1_000_000;
  records = [old, alias];
  authoritative = await startAuthoritative({
    address: '127.0.0.1',
    zone: () => ({name: 'shop.test', nameServers: ['ns1.lab.test.'], records}),
  });
  resolver = await startResolver({address: '127.0.0.1', authoritative, now: () => nowMs});
});

afterEach(async () => {
  await resolver.stop();
  await authoritative.stop();
});

describe('a resolver that obeys', () => {
  test('answers from its cache until the TTL is over, counting it down', async () => {
    expect(await ask('www.shop.test')).toEqual('NOERROR 300 127.0.0.11');
    records = [swapped];
    elapse(200);
    expect(await ask('www.shop.test')).toEqual('NOERROR 100 127.0.0.11');
    elapse(99.5);
    expect(await ask('www.shop.test')).toEqual('NOERROR 1 127.0.0.11');
    elapse(0.5);
    expect(await ask('www.shop.test')).toEqual('NOERROR 60 127.0.0.100');
  });

  test('caches that a name does not exist for the negative TTL of the SOA', async () => {
    expect(await ask('new.shop.test')).toEqual('NXDOMAIN');
    records = [...records, {...old, name: 'new.shop.test.'}];
    elapse(899);
    expect(await ask('new.shop.test')).toEqual('NXDOMAIN');
    elapse(1);
    expect(await ask('new.shop.test')).toEqual('NOERROR 300 127.0.0.11');
    records = [];
    elapse(300);
    expect(await ask('new.shop.test')).toEqual('NXDOMAIN');
    records = [{...old, name: 'new.shop.test.'}];
    elapse(1);
    expect(await ask('new.shop.test')).toEqual('NXDOMAIN');
  });

  test('caches for each type that there is no data', async () => {
    expect(await ask('www.shop.test', 'AAAA')).toEqual('NOERROR');
    records = [old, {name: 'www.shop.test.', type: 'AAAA', ttl: 60, values: ['::1']}];
    expect(await ask('www.shop.test', 'AAAA')).toEqual('NOERROR');
    expect(await ask('www.shop.test')).toEqual('NOERROR 300 127.0.0.11');
  });

  test('caches each link of a chain for its own TTL: a short CNAME does not shorten its target', async () => {
    expect(await ask('shop.shop.test')).toEqual('NOERROR 30 www.shop.test, 300 127.0.0.11');
    records = [
      swapped,
      {...alias, values: ['other.shop.test.']},
      {...old, name: 'other.shop.test.'},
    ];
    elapse(20);
    expect(await ask('shop.shop.test')).toEqual('NOERROR 10 www.shop.test, 280 127.0.0.11');
    elapse(10);
    expect(await ask('shop.shop.test')).toEqual('NOERROR 30 other.shop.test, 300 127.0.0.11');
    expect(await ask('www.shop.test')).toEqual('NOERROR 270 127.0.0.11');
  });

  test('answers SERVFAIL when no server answers', async () => {
    await authoritative.stop();
    expect(await ask('www.shop.test')).toEqual('SERVFAIL');
  });

  test('offers recursion, is not authoritative, and is understood by another library', async () => {
    const {flag_aa, flag_ra} = await exchanged('www.shop.test', 'A');
    expect({flag_aa, flag_ra}).toEqual({flag_aa: false, flag_ra: true});
    const other = new NodeResolver();
    other.setServers([`${resolver.address}:${resolver.port}`]);
    expect(await other.resolve4('shop.shop.test', {ttl: true})).toEqual([
      {address: '127.0.0.11', ttl: 30},
    ]);
  });
});

describe('a resolver that does not obey', () => {
  test('raises short TTLs', async () => {
    resolver.faults.minimumTtlSeconds = 600;
    expect(await ask('www.shop.test')).toEqual('NOERROR 600 127.0.0.11');
    records = [swapped];
    elapse(599);
    expect(await ask('www.shop.test')).toEqual('NOERROR 1 127.0.0.11');
  });

  test('answers with expired records', async () => {
    await ask('www.shop.test');
    records = [swapped];
    elapse(1_000);
    resolver.faults.serveStale = 'always';
    expect(await ask('www.shop.test')).toEqual('NOERROR 30 127.0.0.11');
    resolver.faults.serveStale = 'when-unreachable';
    expect(await ask('www.shop.test')).toEqual('NOERROR 60 127.0.0.100');
    await authoritative.stop();
    elapse(1_000);
    expect(await ask('www.shop.test')).toEqual('NOERROR 30 127.0.0.100');
  });

  test('does not answer', async () => {
    resolver.faults.silent = true;
    await expect(exchanged('www.shop.test', 'A', 50)).rejects.toMatchObject({
      problem: {code: 'dns-no-reply'},
    });
  });
});

const elapse = (seconds: number) => {
  nowMs += seconds * 1_000;
};

async function ask(name: string, type = 'A'): Promise<string> {
  const reply = await exchanged(name, type);
  const answers = (reply.answers ?? []).map(
    (answer) => 'data' in answer && `${'ttl' in answer && answer.ttl} ${answer.data}`,
  );
  return [rcodeOf(reply), answers.join(', ')].filter(Boolean).join(' ');
}

function exchanged(name: string, type: string, timeoutMs = 3_500) {
  const signal = new AbortController().signal;
  return exchange(
    `${resolver.address}:${resolver.port}`,
    {name, type},
    {recursive: true, signal, timeoutMs},
  );
}
