import type {RecordSet} from '../../../lab/aws/record-set.ts';
import {startAuthoritative, type Zone} from '../../../lab/dns/authoritative.ts';
import {type Resolver, startResolver} from '../../../lab/dns/resolver.ts';
import {type DnsServer, serveDns} from '../../../lab/dns/server.ts';
import type {AnyGate} from '../../../src/model/step.ts';
import type {Verdict} from '../../../src/model/verdict.ts';
import {dnsView} from '../../../steps/dns/target.ts';

/** Two authoritative servers and a resolver on loopback, whose records and time the test moves. */
export interface DnsWorld {
  /** What the first and the second authoritative server serve. */
  records: [readonly RecordSet[], readonly RecordSet[]];
  nowMs: number;
  readonly first: DnsServer;
  readonly second: DnsServer;
  readonly resolver: Resolver;
  /** Server to watch beside those. */
  readonly others: {authoritative: string[]; resolvers: string[]; parents: string[]};
  /** One more resolver, watched too. */
  anotherResolver(): Promise<{readonly resolver: Resolver; stop(): Promise<void>}>;
  check(gate: AnyGate, input: object, signal?: AbortSignal): Promise<Verdict<never, unknown>>;
  end(): Promise<void>;
}

export const startedAtMs = Date.parse('2026-11-21T02:00:00Z');

export async function startDnsWorld(): Promise<DnsWorld> {
  const address = '127.0.0.1';
  const zoneOf = (which: 0 | 1) => (): Zone => ({
    name: 'shop.test',
    nameServers: ['ns1.lab.test', 'ns2.lab.test'],
    records: world.records[which],
  });
  const first = await startAuthoritative({address, zone: zoneOf(0)});
  const second = await startAuthoritative({address, zone: zoneOf(1)});
  const resolver = await startResolver({address, authoritative: first, now: () => world.nowMs});
  const world: DnsWorld = {
    records: [[], []],
    nowMs: startedAtMs,
    first,
    second,
    resolver,
    others: {authoritative: [], resolvers: [], parents: []},
    anotherResolver: async () => {
      const another = await startResolver({
        address,
        authoritative: first,
        now: () => world.nowMs,
      });
      world.others.resolvers.push(text(another));
      return {resolver: another, stop: () => another.stop()};
    },
    check: async (gate, input, signal = new AbortController().signal) => {
      const config = {
        authoritative: [text(first), text(second), ...world.others.authoritative],
        resolvers: [text(resolver), ...world.others.resolvers],
        parents: world.others.parents,
      };
      const session = await dnsView.open(dnsView.config.parse(config), {name: 'dns', signal});
      return gate.check({
        input: gate.input.parse(input),
        targets: {dns: session.reader},
        run: {id: 'r', entry: 'e', started: false},
        now: new Date(world.nowMs),
        signal,
      });
    },
    end: async () => {
      await Promise.all([resolver, first, second].map((server) => server.stop()));
    },
  };
  return world;
}

export const text = ({address, port}: DnsServer) => `${address}:${port}`;

/** A server that hears everything and answers nothing. */
export const startSilent = () => serveDns('127.0.0.1', async () => undefined);

export const www = (ttl: number, ...values: readonly string[]): readonly RecordSet[] => [
  {name: 'www.shop.test.', type: 'A', ttl, values},
];
