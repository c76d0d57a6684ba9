import type {Answer, Packet} from 'dns-packet';
import {canonicalName, exchange} from 'switcharoo/name-servers';
import {type DnsCache, ttlOf} from './cache.ts';
import {isVouchedFor} from './signing.ts';

type Question = {readonly name: string; readonly type: string};

interface Server {
  readonly address: string;
  readonly port: number;
}

/** Who holds a zone, for as long as the zone above it said. */
interface Cut {
  readonly zone: string;
  readonly servers: readonly Server[];
  /** Who holds the zone above it, and so its DS records. */
  readonly parents: readonly Server[];
  readonly expiresAtMs: number;
}

const upstreamTimeoutMs = 1_000;
const mostReferrals = 8;

/** Finds its way from one server down the delegations, and remembers them for as long as their TTLs say. */
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

  /** Throws when nobody answers, or when a zone's keys are not those that its parent vouches for. */
  async ask(question: Question): Promise<Packet> {
    const known = this.#closest(question.name);
    let servers = known?.servers ?? [this.#start];
    let cut = known;
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
    const wanted = canonicalName(name);
    return [...this.#cuts.values()]
      .filter(({zone, expiresAtMs}) => expiresAtMs > this.#now() && isBelow(wanted, zone))
      .sort((one, other) => other.zone.length - one.zone.length)[0];
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

  /** As a validating resolver would: the DS of the parent, remembered for its TTL, against the keys of the zone. */
  async #validate({zone, servers, parents}: Cut): Promise<void> {
    const question = {name: zone, type: 'DS'};
    let known = this.#cache.get(zone, 'DS');
    if (!known || known.secondsLeft <= 0) {
      this.#cache.keep(question, await this.#firstReply(parents, question), 0);
      known = this.#cache.get(zone, 'DS');
    }
    const signers: readonly Answer[] = known?.answers ?? [];
    if (signers.length > 0) {
      const reply = await this.#firstReply(servers, {name: zone, type: 'DNSKEY'});
      if (!isVouchedFor(zone, signers, reply.answers ?? [])) {
        throw new Error(`no key of ${zone} is the one that its parent vouches for`);
      }
    }
  }

  async #firstReply(servers: readonly Server[], question: Question): Promise<Packet> {
    let last: unknown = new Error(`nobody is known who could answer for ${question.name}`);
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
