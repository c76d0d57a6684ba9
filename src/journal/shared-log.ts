import {hasActedAfter} from '../model/in-flight.ts';
import type {JournalEntry} from '../model/journal.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {SwitcharooError} from '../model/problem.ts';
import {namedIn} from '../model/take-over-words.ts';
import {messageOf} from '../model/thrown.ts';
import {lineOf} from './chain.ts';
import {sharedLogLost, sharedLogLostAlone, storeAway, storeOverwrites} from './problems.ts';
import {type Pauses, withinMs} from './time-limit.ts';

export interface Sharing {
  readonly store: ObjectStore;
  readonly run: string;
  readonly clock: Pauses;
}

/** A barrier waits no longer for a store that does not answer, and once it has not answered, no longer than that. */
const limitMs = 10_000;
const limitOfAwayMs = 1_000;
const longestPauseMs = 1_000;
/** A connection that was kept may be dead without a sign: then the next try opens another one. */
const tryLimitMs = 3_000;

/** What a process could not share for long is shared in several objects: each is read, and sent again, as a whole. */
const largestBytes = 1024 * 1024;

const never = new AbortController().signal;

/** Who was overtaken is told within two seconds. */
const watchMs = 1_000;
const watchLimitMs = 3_000;

/**
 * What is in the store of the journal of a run. Each object has the entries from its own number on, as the lines of the
 * journal, and is added where there is none: the host that adds entry n owns what follows.
 */
export class SharedLog {
  readonly #sharing: Sharing;
  /** How many entries are known to be in the store. */
  #count: number;
  #lost: SwitcharooError | undefined;
  #last: Promise<void> = Promise.resolve();
  #isAway = false;
  #isProven = false;
  /** The journal here, once it is known. */
  #entries: readonly JournalEntry[] = [];
  #onLost: (error: SwitcharooError) => void = () => {};

  constructor(sharing: Sharing, count: number) {
    this.#sharing = sharing;
    this.#count = count;
  }

  /** For people: `s3://our-cutovers/shop`. */
  get place(): string {
    return this.#sharing.store.place;
  }

  /** Whether the store does not have all of these entries. It may never have heard of the run. */
  lacks(entries: readonly JournalEntry[]): boolean {
    return this.#count < entries.length;
  }

  /** Calls back once, when somebody else was seen to have written. */
  whenLost(listener: (error: SwitcharooError) => void): void {
    this.#onLost = listener;
  }

  /**
   * Each second, until the signal ends it: shares what no barrier has shared yet, and looks whether somebody else has
   * written the entry that is due here. `entries`: the journal here, as it grows.
   */
  async watch(entries: readonly JournalEntry[], signal: AbortSignal): Promise<void> {
    const {clock, store, run} = this.#sharing;
    this.#entries = entries;
    while (!this.#lost) {
      await clock.sleep(watchMs, signal).catch(() => {});
      if (signal.aborted) {
        return;
      }
      const at = this.#count;
      const time = {clock, ms: watchLimitMs, signal};
      if (entries.length > at) {
        // Who reads or takes over the run is not to wait for what has ended since the last barrier.
        await withinMs(time, (limited) => this.add(entries, limited)).catch(() => {});
        continue;
      }
      const look = (limited: AbortSignal) => store.read(keyOf(run, at), limited);
      const there = await withinMs(time, look).catch(() => null);
      // What is there may be what is being written here.
      await this.#last.catch(() => {});
      if (there !== null && this.#count === at && !this.#isOwn(there, at)) {
        this.#lose(there, at);
      }
    }
  }

  /** Whether nobody else has written the entry that is due here. Rejects when the store does not answer. */
  async isOwn(signal: AbortSignal): Promise<boolean> {
    const {store, run} = this.#sharing;
    const at = this.#count;
    const there = this.#lost ? '' : await store.read(keyOf(run, at), signal);
    return there === null || this.#count > at || (!this.#lost && this.#isOwn(there, at));
  }

  /** Tells the host that took the run over that this process acts no more. */
  async leave(): Promise<void> {
    const {clock, store, run} = this.#sharing;
    if (this.#lost) {
      const tell = (limited: AbortSignal) =>
        store.add(leftKeyOf(run, this.#count), 'stopped\n', limited);
      await withinMs({clock, ms: watchLimitMs, signal: never}, tell).catch(() => {});
    }
  }

  /** Throws `lock-lost` from the moment on at which somebody else was seen to have written. */
  assertOwn(): void {
    if (this.#lost) {
      throw this.#lost;
    }
  }

  /**
   * Resolves once all these entries are in the store. Rejects `lock-lost` when somebody else wrote there, and
   * `store-unreachable` when nobody can tell within ten seconds.
   */
  add(entries: readonly JournalEntry[], signal: AbortSignal): Promise<void> {
    // Those that wait for one another wait no longer together than one alone.
    const startedMs = this.#sharing.clock.monotonic();
    const added = this.#last.catch(() => {}).then(() => this.#add(entries, signal, startedMs));
    this.#last = added;
    return added;
  }

  async #add(
    entries: readonly JournalEntry[],
    signal: AbortSignal,
    startedMs: number,
  ): Promise<void> {
    const {clock, store, run} = this.#sharing;
    const limit = this.#isAway ? limitOfAwayMs : limitMs;
    let pauseMs = 50;
    let sinceMs = startedMs;
    while (this.#count < entries.length) {
      this.assertOwn();
      const leftMs = Math.max(1, Math.ceil(limit - (clock.monotonic() - sinceMs)));
      // The SDK would try for longer, and a throttled write without end.
      const time = {clock, ms: Math.min(leftMs, tryLimitMs), signal};
      const result = await withinMs(time, (limited) => this.#tryOnce(entries, limited));
      if (result.kind === 'in-store') {
        this.#count += result.entries;
        this.#isAway = false;
        await withinMs(time, (limited) => this.#proveWrittenOnce(limited));
        // Each object has the time of a barrier.
        sinceMs = clock.monotonic();
        continue;
      }
      signal.throwIfAborted();
      if (clock.monotonic() - sinceMs >= limit) {
        this.#isAway = true;
        throw new SwitcharooError(storeAway(run, store.place, result.why));
      }
      await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
  }

  /**
   * Some stores that speak the protocol of S3 ignore the condition of a write. Asked once by each process, with the
   * first object of the run and its own text: it does no harm where the condition is ignored.
   */
  async #proveWrittenOnce(signal: AbortSignal): Promise<void> {
    const {store, run} = this.#sharing;
    const key = keyOf(run, 0);
    const text = this.#isProven ? null : await store.read(key, signal).catch(() => null);
    if (text === null) {
      return;
    }
    const again = await store.add(key, text, signal).catch(() => 'unknown' as const);
    if (again === 'added') {
      throw new SwitcharooError(storeOverwrites(store.place));
    }
    // Where nobody knows, the next barrier asks again.
    this.#isProven = again === 'taken';
  }

  #isOwn(there: string, at: number): boolean {
    return there.endsWith('\n') && textOf(this.#entries.slice(at)).startsWith(there);
  }

  #lose(there: string, at: number): SwitcharooError {
    const {store, run} = this.#sharing;
    const problem = hasActedAfter(this.#entries, at) ? sharedLogLostAlone : sharedLogLost;
    const lost = new SwitcharooError(
      problem(namedIn(run, this.#entries), store.place, at, takerIn(there)),
    );
    this.#lost ??= lost;
    this.#onLost(this.#lost);
    return this.#lost;
  }

  async #tryOnce(
    entries: readonly JournalEntry[],
    signal: AbortSignal,
  ): Promise<
    | {readonly kind: 'in-store'; readonly entries: number}
    | {readonly kind: 'unknown'; readonly why: string}
  > {
    const {store, run} = this.#sharing;
    const lines = linesOf(entries.slice(this.#count));
    const added = firstOf(lines);
    const key = keyOf(run, this.#count);
    let why: string | undefined;
    try {
      if ((await store.add(key, added.join(''), signal)) === 'added') {
        return {kind: 'in-store', entries: added.length};
      }
    } catch (error) {
      why = messageOf(error);
    }
    // Taken, or the answer was lost: what is there may be our own.
    const there = await store.read(key, signal).catch((error: unknown) => {
      why ??= messageOf(error);
      return null;
    });
    if (there === null) {
      return {kind: 'unknown', why: why ?? 'it says that the entry is there, and shows none'};
    }
    if (!there.endsWith('\n') || !lines.join('').startsWith(there)) {
      throw this.#lose(there, this.#count);
    }
    return {kind: 'in-store', entries: there.split('\n').length - 1};
  }
}

const linesOf = (entries: readonly JournalEntry[]): readonly string[] =>
  entries.map((entry) => `${lineOf(entry)}\n`);

export const textOf = (entries: readonly JournalEntry[]): string => linesOf(entries).join('');

/** As many lines as fit into one object: one at least. */
function firstOf(lines: readonly string[]): readonly string[] {
  let bytes = 0;
  const end = lines.findIndex((line) => {
    bytes += Buffer.byteLength(line);
    return bytes > largestBytes;
  });
  return end === -1 ? lines : lines.slice(0, Math.max(1, end));
}

/** Who took a run over, as the first line of what was written says; `undefined` where it was continued otherwise. */
function takerIn(text: string): string | undefined {
  try {
    const {kind, operator} = JSON.parse(text.slice(0, text.indexOf('\n')));
    return takeOvers.has(kind) ? `${operator.user}@${operator.host}` : undefined;
  } catch {
    return undefined;
  }
}

const takeOvers = new Set<unknown>(['lock-taken-over', 'unshared-added']);

/** Says of the process that had written up to an entry that it acts no more. No run has such a name. */
export const leftKeyOf = (run: string, seq: number): string => `left/${run}/${padded(seq)}`;

/** Keys sort as the entries do. */
export const keyOf = (run: string, seq: number): string => `${run}/${padded(seq)}.jsonl`;

const padded = (seq: number): string => String(seq).padStart(8, '0');
