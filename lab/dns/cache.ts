import type {Answer, Packet} from 'dns-packet';
import {canonicalName, rcodeOf} from 'switcharoo/name-servers';

type Rcode = 'NOERROR' | 'NXDOMAIN';

/** The cached answer for one name and type: its records, or that there are none. */
export interface CachedAnswer {
  readonly rcode: Rcode;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  /** The rest of its TTL; below zero it is stale. */
  readonly secondsLeft: number;
}

interface Entry extends Omit<CachedAnswer, 'secondsLeft'> {
  readonly expiresAtMs: number;
}

/** Caches answers for their TTLs, each record set on its own. */
export class DnsCache {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * The cached answer for a name and type: its records, its CNAME, or that the name does not exist.
   * A stale answer when there is no other: the caller decides whether it uses that.
   */
  get(name: string, type: string): CachedAnswer | undefined {
    const cname = this.#find(name, 'CNAME');
    const candidates = [
      this.#find(name, type),
      cname?.answers.length ? cname : undefined,
      this.#find(name, anyType),
    ].filter((answer) => answer !== undefined);
    return candidates.find(({secondsLeft}) => secondsLeft > 0) ?? candidates[0];
  }

  /** Keeps what a server replied to a question; `minimumTtl` raises every TTL to at least that. */
  keep(question: {name: string; type: string}, reply: Packet, minimumTtl: number): void {
    const sets = recordSetsOf(reply.answers ?? []);
    for (const answers of sets.values()) {
      const [{name, type}] = answers;
      const ttl = Math.max(minimumTtl, Math.min(...answers.map(ttlOf)));
      this.#put(name, type, {rcode: 'NOERROR', answers, authorities: []}, ttl);
    }
    const authorities = (reply.authorities ?? []).filter(({type}) => type === 'SOA');
    const end = endOfChain(question.name, sets);
    if (authorities.length > 0 && !sets.has(keyOf(end, question.type))) {
      const ttl = Math.max(minimumTtl, Math.min(...authorities.map(negativeTtlOf)));
      const missing = rcodeOf(reply) === 'NXDOMAIN';
      const rcode = missing ? 'NXDOMAIN' : 'NOERROR';
      this.#put(end, missing ? anyType : question.type, {rcode, answers: [], authorities}, ttl);
    }
  }

  clear(): void {
    this.#entries.clear();
  }

  #find(name: string, type: string): CachedAnswer | undefined {
    const entry = this.#entries.get(keyOf(name, type));
    if (entry === undefined) {
      return undefined;
    }
    const {expiresAtMs, ...answer} = entry;
    return {...answer, secondsLeft: (expiresAtMs - this.#now()) / 1_000};
  }

  #put(name: string, type: string, answer: Omit<CachedAnswer, 'secondsLeft'>, ttl: number): void {
    // A new name replaces the cached answer that it does not exist.
    this.#entries.delete(keyOf(name, anyType));
    this.#entries.set(keyOf(name, type), {...answer, expiresAtMs: this.#now() + ttl * 1_000});
  }
}

type RecordSets = ReadonlyMap<string, [Answer, ...Answer[]]>;

const anyType = '*';
const keyOf = (name: string, type: string) => `${canonicalName(name)} ${type}`;
export const ttlOf = (answer: Answer) => ('ttl' in answer ? (answer.ttl ?? 0) : 0);

/** RFC 2308, 5: the smaller of the SOA's own TTL and its minimum. */
function negativeTtlOf(answer: Answer): number {
  const minimum = answer.type === 'SOA' ? (answer.data.minimum ?? 0) : 0;
  return Math.min(ttlOf(answer), minimum);
}

function recordSetsOf(answers: readonly Answer[]): RecordSets {
  const sets = new Map<string, [Answer, ...Answer[]]>();
  for (const answer of answers) {
    const key = keyOf(answer.name, answer.type);
    const set = sets.get(key);
    if (set) {
      set.push(answer);
    } else {
      sets.set(key, [answer]);
    }
  }
  return sets;
}

function endOfChain(name: string, sets: RecordSets): string {
  const [cname] = sets.get(keyOf(name, 'CNAME')) ?? [];
  return cname?.type === 'CNAME' ? endOfChain(cname.data, sets) : name;
}
