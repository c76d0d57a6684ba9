import type {Answer, Packet} from 'dns-packet';
import {canonicalName, rcodeOf} from 'switcharoo/name-servers';

type Rcode = 'NOERROR' | 'NXDOMAIN';

/** What is remembered about one name and type: its records, or that there are none. */
export interface Known {
  readonly rcode: Rcode;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  /** How long it still lives; below zero it is stale. */
  readonly secondsLeft: number;
}

interface Entry extends Omit<Known, 'secondsLeft'> {
  readonly expiresAtMs: number;
}

/** Remembers answers for as long as their TTLs say, each record set on its own. */
export class DnsCache {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * What is known about a name and type: its records, its CNAME, or that the name does not exist.
   * When nothing lives any more, what is stale: the caller decides whether that will do.
   */
  get(name: string, type: string): Known | undefined {
    const cname = this.#find(name, 'CNAME');
    const candidates = [
      this.#find(name, type),
      cname?.answers.length ? cname : undefined,
      this.#find(name, anyType),
    ].filter((known) => known !== undefined);
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

  #find(name: string, type: string): Known | undefined {
    const entry = this.#entries.get(keyOf(name, type));
    if (entry === undefined) {
      return undefined;
    }
    const {expiresAtMs, ...known} = entry;
    return {...known, secondsLeft: (expiresAtMs - this.#now()) / 1_000};
  }

  #put(name: string, type: string, known: Omit<Known, 'secondsLeft'>, ttl: number): void {
    // A name that came into being replaces the memory that it does not exist.
    this.#entries.delete(keyOf(name, anyType));
    this.#entries.set(keyOf(name, type), {...known, expiresAtMs: this.#now() + ttl * 1_000});
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
