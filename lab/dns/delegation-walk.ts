import type {Answer, Packet} from 'dns-packet';
import {canonicalName, exchange} from 'switcharoo/name-servers';
import {type DnsCache, ttlOf} from './cache.ts';
import {hasDsFor} from './signing.ts';

type Question = {readonly name: string; readonly type: string};

interface Server {
  readonly address: string;
  readonly port: number;
}

/** The servers of a zone, until the TTL of the delegation in its parent zone is over. */
interface Cut {
  readonly zone: string;
  readonly servers: readonly Server[];
  /** The servers of the parent zone, which have its DS records. */
  readonly parents: readonly Server[];
  readonly expiresAtMs: number;
}

const upstreamTimeoutMs = 1_000;
const mostReferrals = 8;

/** Follows the delegations from one server down, and caches them for their TTLs. */
export class DelegationWalk {
  readonly #start: Server;
  readonly #cache: DnsCache;
  readonly #now: () => number;
  readonly #signal: AbortSignal;
  readonly #cuts = new Map<string, Cut>();

  constructor(given: {
    readonly start: Server;
    readonly cache: DnsCache;
    readonly now: () => number;
    readonly signal: AbortSignal;
  }) {
    this.#start = given.start;
    this.#cache = given.cache;
    this.#now = given.now;
    this.#signal = given.signal;
  }

  /** Throws when no server answers, or when no key of a zone matches the DS records of its parent. */
  async ask(question: Question): Promise<Packet> {
    let cut = this.#closest(question.name);
    let servers = cut?.servers ?? [this.#start];
    for (let referrals = 0; referrals < mostReferrals; referrals += 1) {
      const reply = await this.#firstReply(servers, question);
      const next = this.#cutIn(reply, question.name, servers);
      if (!next) {
        if (cut) {
          await this.#validate(cut);
        }
        return reply;
      }
      this.#cuts.set(next.zone, next);
      cut = next;
      servers = next.servers;
    }
    throw new Error(`${question.name} is delegated without end`);
  }

  clear(): void {
    this.#cuts.clear();
  }

  #closest(name: string): Cut | undefined {
    const child = canonicalName(name);
    return [...this.#cuts.values()]
      .filter(({zone, expiresAtMs}) => expiresAtMs > this.#now() && isBelow(child, zone))
      .sort((first, second) => second.zone.length - first.zone.length)[0];
  }

  #cutIn(reply: Packet, name: string, parents: readonly Server[]): Cut | undefined {
    const sets = (reply.authorities ?? []).filter(({type}) => type === 'NS');
    const [first] = sets;
    if (
      reply.answers?.length ||
      !first ||
      !isBelow(canonicalName(name), canonicalName(first.name))
    ) {
      return undefined;
    }
    const names = sets.flatMap((set) => (set.type === 'NS' ? [canonicalName(set.data)] : []));
    const servers = (reply.additionals ?? []).flatMap((extra): Server[] =>
      extra.type === 'A' && names.includes(canonicalName(extra.name))
        ? // All name servers of one lab have the same port.
          [{address: extra.data, port: this.#start.port}]
        : [],
    );
    const zone = canonicalName(first.name);
    const ttl = Math.min(...sets.map(ttlOf));
    return {zone, servers, parents, expiresAtMs: this.#now() + ttl * 1_000};
  }

  /** Compares the keys of the zone with the DS records of its parent, which are cached for their TTL. */
  async #validate({zone, servers, parents}: Cut): Promise<void> {
    const question = {name: zone, type: 'DS'};
    let cached = this.#cache.get(zone, 'DS');
    if (!cached || cached.secondsLeft <= 0) {
      this.#cache.keep(question, await this.#firstReply(parents, question), 0);
      cached = this.#cache.get(zone, 'DS');
    }
    const dsRecords: readonly Answer[] = cached?.answers ?? [];
    if (dsRecords.length > 0) {
      const reply = await this.#firstReply(servers, {name: zone, type: 'DNSKEY'});
      if (!hasDsFor(zone, dsRecords, reply.answers ?? [])) {
        throw new Error(`no key of ${zone} matches a DS record of its parent`);
      }
    }
  }

  async #firstReply(servers: readonly Server[], question: Question): Promise<Packet> {
    let last: unknown = new Error(`no server is known for ${question.name}`);
    for (const {address, port} of servers) {
      try {
        return await exchange(`${address}:${port}`, question, {
          recursive: false,
          signal: this.#signal,
          timeoutMs: upstreamTimeoutMs,
        });
      } catch (error) {
        this.#signal.throwIfAborted();
        last = error;
      }
    }
    throw last;
  }
}

const isBelow = (name: string, zone: string): boolean =>
  name === zone || zone === '.' || name.endsWith(`.${zone}`);
