import {execFile} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {AnyGate} from '../../../src/model/step.ts';
import type {Verdict} from '../../../src/model/verdict.ts';
import {propagated} from '../../../steps/dns/propagated.ts';
import {dnsView} from '../../../steps/dns/target.ts';
import {ttlDrained} from '../../../steps/dns/ttl-drained.ts';
import {hasNamed, type Named, startNamed} from './named.ts';

const {signal} = new AbortController();
const large = Array.from(
  {length: 30},
  (_, at) => `"${String(at).padStart(2, '0')}${'x'.repeat(60)}"`,
);

describe.skipIf(!hasNamed)("with BIND's name server and resolver", () => {
  let server: Named;
  let resolver: Named;

  beforeAll(async () => {
    server = await startNamed({
      zones: [
        {
          name: 'shop.test',
          text: `$TTL 600
@ SOA ns h 1 7200 900 1209600 1
@ NS ns
ns A 127.0.0.1
www 2 A 192.0.2.1
old 600 A 192.0.2.1
lb 2 A 192.0.2.7
lb 2 A 192.0.2.8
six 2 AAAA 2001:db8::1
*.apps 1 CNAME www
bytes 1 TXT "gr\\195\\188n"
text 1 TXT ${large.join('\ntext 1 TXT ')}
`,
          clauses: 'allow-update { any; };',
        },
      ],
    });
    resolver = await startNamed({
      zones: [],
      options: 'recursion yes; allow-recursion { any; }; dnssec-validation no; prefetch 0;',
      clauses: `zone "shop.test" { type forward; forward only; forwarders { ${server.address} port ${server.port}; }; };`,
      asks: {name: 'ns.shop.test', type: 'A'},
    });
  });
  afterAll(() => Promise.all([server?.stop(), resolver?.stop()]));

  const check = async (gate: AnyGate, input: object): Promise<Verdict<never, unknown>> => {
    const config = {authoritative: [server.at], resolvers: [resolver.at]};
    const session = await dnsView.open(dnsView.config.parse(config), {name: 'dns', signal});
    return gate.check({
      input: gate.input.parse(input),
      targets: {dns: session.reader},
      run: {id: 'r', entry: 'e', started: false},
      now: new Date(),
      signal,
    });
  };
  const settled = async (gate: AnyGate, input: object) => {
    const waits: string[] = [];
    for (let tries = 0; tries < 300; tries += 1) {
      const verdict = await check(gate, input);
      if (verdict.kind !== 'waiting') {
        return {verdict, waits};
      }
      waits.push(
        verdict.progress.replaceAll(server.at, 'SERVER').replaceAll(resolver.at, 'RESOLVER'),
      );
      await sleep(100);
    }
    throw new Error(`still waiting: ${waits.at(-1)}`);
  };
  const update = (...lines: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = execFile('nsupdate', ['-t', '5'], (error) =>
        error ? reject(error) : resolve(),
      );
      child.stdin?.end(
        `server ${server.address} ${server.port}\nzone shop.test.\n${lines.join('\n')}\nsend\n`,
      );
    });

  test('dns.propagated waits until the resolver has dropped the old answer', async () => {
    const asked = {name: 'www.shop.test', type: 'A'};
    expect((await settled(propagated, {...asked, values: ['192.0.2.1']})).verdict.kind).toBe(
      'done',
    );
    await update('update delete www.shop.test. A', 'update add www.shop.test. 2 A 192.0.2.2');
    const {verdict, waits} = await settled(propagated, {...asked, values: ['192.0.2.2']});
    expect(verdict).toEqual({kind: 'done', output: {}});
    expect(waits[0]).toContain('resolver RESOLVER still answers 192.0.2.1, until');
    expect(waits[0]).not.toContain('authoritative');
  });

  test('dns.propagated compares an alias with what its load balancer has at that moment', async () => {
    const records = [
      {name: 'shop.test', sameAs: 'lb.shop.test'},
      {name: 'shop.test', type: 'AAAA', sameAs: 'lb.shop.test'},
      {name: 'six.shop.test', type: 'AAAA', absent: true},
    ];
    const old = await check(propagated, {records});
    expect(old).toMatchObject({
      kind: 'waiting',
      progress: expect.stringMatching(
        /^0 of 2 servers answer what lb\.shop\.test\. has \(192\.0\.2\.7, 192\.0\.2\.8\) for shop\.test\. A; .* no such record.*; 0 of 2 servers answer no such record for six\.shop\.test\. AAAA; /,
      ),
    });
    await update(
      'update add shop.test. 2 A 192.0.2.9',
      'update delete lb.shop.test. A',
      'update add lb.shop.test. 2 A 192.0.2.9',
      'update delete six.shop.test. AAAA',
    );
    const {verdict} = await settled(propagated, {records});
    expect(verdict).toEqual({kind: 'done', output: {}});
  });

  test('dns.propagated compares a wildcard, a CNAME and an answer that only fits into TCP', async () => {
    expect(
      await check(propagated, {
        name: 'any.apps.shop.test',
        type: 'CNAME',
        values: ['www.shop.test'],
      }),
    ).toEqual({kind: 'done', output: {}});
    // As Route 53 writes it, and as a person does.
    for (const value of ['"gr\\303\\274n"', '"grün"']) {
      const bytes = {name: 'bytes.shop.test', type: 'TXT', values: [value]};
      expect(await check(propagated, bytes)).toMatchObject({kind: 'done'});
    }
    expect(await check(propagated, {name: 'text.shop.test', type: 'TXT', values: large})).toEqual({
      kind: 'done',
      output: {},
    });
  });

  test('dns.ttl-drained opens once the resolver holds no record with the long TTL', async () => {
    await check(propagated, {name: 'old.shop.test', type: 'A', values: ['192.0.2.1']});
    await update('update delete old.shop.test. A', 'update add old.shop.test. 1 A 192.0.2.1');
    const since = new Date();
    const input = {
      name: 'old.shop.test',
      type: 'A',
      since,
      ttlSeconds: 1,
      lowTtlSeconds: 1,
      marginSeconds: 0,
    };
    await sleep(1_100);
    // The old TTL is said to be a second: BIND knows better, and still has most of its 600 s.
    expect(await check(ttlDrained, input)).toMatchObject({
      kind: 'waiting',
      progress: expect.stringContaining(`resolver ${resolver.at} has`),
    });
    const other = {...input, name: 'www.shop.test', lowTtlSeconds: 2, ttlSeconds: 2};
    expect((await settled(ttlDrained, other)).verdict).toEqual({
      kind: 'done',
      output: {cachedSeconds: 2},
    });
  });
});
