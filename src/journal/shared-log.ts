import type {JournalEntry} from '../model/journal.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {SwitcharooError} from '../model/problem.ts';
import {messageOf} from '../model/thrown.ts';
import {lineOf, readChain} from './chain.ts';
import {runContinuedElsewhere, sharedLogLost, storeAway, storeOverwrites} from './problems.ts';

/** How it waits between two tries. */
interface Pauses {
  /** In ms, of a clock that nobody can set. */
  monotonic(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

interface Sharing {
  readonly store: ObjectStore;
  readonly run: string;
  readonly clock: Pauses;
}

/** A barrier waits no longer for a store that does not answer, and once it has not answered, no longer than that. */
const limitMs = 10_000;
const limitOfAwayMs = 1_000;
const longestPauseMs = 1_000;

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
  #onLost: (error: SwitcharooError) => void = () => {};

  constructor(sharing: Sharing, count: number) {
    this.#sharing = sharing;
    this.#count = count;
  }

  /** Calls back once, when somebody else was seen to have written. */
  whenLost(listener: (error: SwitcharooError) => void): void {
    this.#onLost = listener;
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
    while (this.#count < entries.length) {
      this.assertOwn();
      const leftMs = Math.max(1, Math.ceil(limit - (clock.monotonic() - startedMs)));
      // The SDK would try for longer, and a throttled write without end.
      const limited = AbortSignal.any([signal, AbortSignal.timeout(leftMs)]);
      const result = await this.#tryOnce(entries, limited);
      if (result.kind === 'in-store') {
        this.#count += result.entries;
        this.#isAway = false;
        await this.#proveWrittenOnce(limited);
        continue;
      }
      signal.throwIfAborted();
      if (clock.monotonic() - startedMs >= limit) {
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

  async #tryOnce(
    entries: readonly JournalEntry[],
    signal: AbortSignal,
  ): Promise<
    | {readonly kind: 'in-store'; readonly entries: number}
    | {readonly kind: 'unknown'; readonly why: string}
  > {
    const {store, run} = this.#sharing;
    const added = entries.slice(this.#count);
    const text = textOf(added);
    const key = keyOf(run, this.#count);
    let why: string | undefined;
    try {
      if ((await store.add(key, text, signal)) === 'added') {
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
    if (!there.endsWith('\n') || !text.startsWith(there)) {
      this.#lost = new SwitcharooError(sharedLogLost(run, store.place, this.#count));
      this.#onLost(this.#lost);
      throw this.#lost;
    }
    return {kind: 'in-store', entries: there.split('\n').length - 1};
  }
}

/** The log of a new run. Throws `store-unreachable`, before anything is written anywhere. */
export async function newSharedLog(sharing: Sharing, signal: AbortSignal): Promise<SharedLog> {
  const {store, run} = sharing;
  await store.keys(`${run}/`, signal).catch((cause: unknown) => {
    throw new SwitcharooError(storeAway(run, store.place, messageOf(cause)), {cause});
  });
  return new SharedLog(sharing, 0);
}

/**
 * The log of a run that began earlier, held against its journal here. What this host wrote and did not share yet is
 * shared at the next barrier.
 *
 * @throws SwitcharooError `run-continued-elsewhere` when the store has entries that the journal here does not have.
 */
export async function reopenSharedLog(
  sharing: Sharing,
  entries: readonly JournalEntry[],
  signal: AbortSignal,
): Promise<SharedLog> {
  const {store, run} = sharing;
  const text = await sharedText(sharing, signal).catch((cause: unknown) => {
    throw new SwitcharooError(storeAway(run, store.place, messageOf(cause)), {cause});
  });
  if (!textOf(entries).startsWith(text) || !/(^|\n)$/.test(text)) {
    throw new SwitcharooError(runContinuedElsewhere(run, store.place));
  }
  return new SharedLog(sharing, text.split('\n').length - 1);
}

/** The journal of a run as the store has it, verified. */
export async function sharedEntries(
  sharing: Omit<Sharing, 'clock'>,
  signal: AbortSignal,
): Promise<readonly JournalEntry[]> {
  const text = await sharedText(sharing, signal);
  return readChain(`${sharing.store.place}/${sharing.run}`, Buffer.from(text)).entries;
}

async function sharedText(
  {store, run}: Omit<Sharing, 'clock'>,
  signal: AbortSignal,
): Promise<string> {
  const keys = await store.keys(`${run}/`, signal);
  const texts = await Promise.all(keys.map((key) => store.read(key, signal)));
  return texts.join('');
}

const textOf = (entries: readonly JournalEntry[]): string =>
  entries.map((entry) => `${lineOf(entry)}\n`).join('');

/** Keys sort as the entries do. */
const keyOf = (run: string, seq: number): string => `${run}/${String(seq).padStart(8, '0')}.jsonl`;
