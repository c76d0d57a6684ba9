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

/** A barrier waits no longer for a store that does not answer. */
const limitMs = 10_000;
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

  constructor(sharing: Sharing, count: number) {
    this.#sharing = sharing;
    this.#count = count;
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
    const added = this.#last.catch(() => {}).then(() => this.#add(entries, signal));
    this.#last = added;
    return added;
  }

  async #add(entries: readonly JournalEntry[], signal: AbortSignal): Promise<void> {
    const {clock} = this.#sharing;
    const startedMs = clock.monotonic();
    let pauseMs = 50;
    while (this.#count < entries.length) {
      this.assertOwn();
      const result = await this.#tryOnce(entries, signal);
      if (result.kind === 'in-store') {
        await this.#assertWrittenOnce(entries, signal);
        this.#count += result.entries;
        continue;
      }
      signal.throwIfAborted();
      if (clock.monotonic() - startedMs >= limitMs) {
        throw new SwitcharooError(storeAway(this.#sharing.store.place, result.why));
      }
      await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
  }

  /**
   * Some stores that speak the protocol of S3 ignore the condition of a write. Asked with the first object of a run,
   * and with the same text: it does no harm where it is ignored.
   */
  async #assertWrittenOnce(entries: readonly JournalEntry[], signal: AbortSignal): Promise<void> {
    if (this.#count > 0) {
      return;
    }
    const {store, run} = this.#sharing;
    const again = await store.add(keyOf(run, 0), textOf(entries), signal).catch(() => 'unknown');
    if (again === 'added') {
      throw new SwitcharooError(storeOverwrites(store.place));
    }
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
    let why = 'it says that the entry is there, and shows none';
    try {
      if ((await store.add(key, text, signal)) === 'added') {
        return {kind: 'in-store', entries: added.length};
      }
    } catch (error) {
      why = messageOf(error);
    }
    // Taken, or the answer was lost: what is there may be our own.
    const there = await store.read(key, signal).catch((error: unknown) => {
      why = messageOf(error);
      return null;
    });
    if (there === null) {
      return {kind: 'unknown', why};
    }
    if (!text.startsWith(there)) {
      this.#lost = new SwitcharooError(sharedLogLost(run, store.place, this.#count));
      throw this.#lost;
    }
    return {kind: 'in-store', entries: there.split('\n').length - 1};
  }
}

/** The log of a new run. */
export const newSharedLog = (sharing: Sharing): SharedLog => new SharedLog(sharing, 0);

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
  const text = await sharedText(sharing, signal);
  if (!textOf(entries).startsWith(text)) {
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
