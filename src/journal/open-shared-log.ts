import {isDeepStrictEqual} from 'node:util';
import {areOfHolder} from '../model/holder-facts.ts';
import {actsAfter, hasActedAfter} from '../model/in-flight.ts';
import type {JournalEntry} from '../model/journal.ts';
import {SwitcharooError} from '../model/problem.ts';
import {namedIn} from '../model/take-over-words.ts';
import {messageOf} from '../model/thrown.ts';
import {readChain} from './chain.ts';
import {runContinuedElsewhere, runDivided, runTakenElsewhere, storeAway} from './problems.ts';
import {keyOf, SharedLog, type Sharing, textOf} from './shared-log.ts';

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
  const last = await lastObject(sharing, signal).catch((cause: unknown) => {
    throw new SwitcharooError(storeAway(run, store.place, messageOf(cause)), {cause});
  });
  // Each line has the hash of the one before: where the last ones are the same, all are.
  const own = textOf(entries.slice(last.seq));
  if (last.seq > entries.length || !own.startsWith(last.text) || !/(^|\n)$/.test(last.text)) {
    const shared = await sharedEntries(sharing, signal).catch(() => []);
    throw continuedElsewhere(sharing, entries, shared);
  }
  return new SharedLog(sharing, last.seq + last.text.split('\n').length - 1);
}

/** `shared`: what the store has. */
export function continuedElsewhere(
  {store, run}: Pick<Sharing, 'store' | 'run'>,
  entries: readonly JournalEntry[],
  shared: readonly JournalEntry[],
): SwitcharooError {
  const same = sameEntries(entries, shared);
  const named = namedIn(run, entries);
  if (shared.length === same || !hasActedAfter(entries, same)) {
    return new SwitcharooError(runContinuedElsewhere(named, store.place));
  }
  return new SwitcharooError(
    areOfHolder(shared.slice(same))
      ? runTakenElsewhere(named, store.place)
      : runDivided(named, store.place, actsAfter(entries, same)),
  );
}

/** How many entries two journals of a run have in common. */
export function sameEntries(
  entries: readonly JournalEntry[],
  others: readonly JournalEntry[],
): number {
  const index = entries.findIndex((entry, at) => !isDeepStrictEqual(entry, others[at]));
  return index < 0 ? entries.length : index;
}

/** The journal of a run as the store has it, verified. */
export async function sharedEntries(
  sharing: Omit<Sharing, 'clock'>,
  signal: AbortSignal,
): Promise<readonly JournalEntry[]> {
  return (await sharedJournalOf(sharing, signal)).entries;
}

/** The same, with its bytes. */
export async function sharedJournalOf(
  sharing: Omit<Sharing, 'clock'>,
  signal: AbortSignal,
): Promise<{readonly text: string; readonly entries: readonly JournalEntry[]}> {
  const text = await sharedText(sharing, signal);
  const {entries} = readChain(`${sharing.store.place}/${sharing.run}`, Buffer.from(text));
  return {text, entries};
}

/** What was added last, and from which entry on; nothing, from the first one on, of a run that is not there. */
async function lastObject(
  {store, run}: Omit<Sharing, 'clock'>,
  signal: AbortSignal,
): Promise<{readonly seq: number; readonly text: string}> {
  const key = (await store.keys(`${run}/`, signal)).at(-1);
  const text = key === undefined ? '' : await store.read(key, signal);
  return {
    seq: key === undefined ? 0 : Number.parseInt(key.slice(run.length + 1), 10),
    text: text ?? '',
  };
}

async function sharedText(
  {store, run}: Omit<Sharing, 'clock'>,
  signal: AbortSignal,
): Promise<string> {
  const keys = await store.keys(`${run}/`, signal);
  const texts = await Promise.all(keys.map((key) => store.read(key, signal)));
  return texts.join('');
}

/**
 * How long ago an entry was shared, in ms, by the clock of the store; 0 where nobody can tell.
 */
export async function sharedSinceMs(
  {store, run}: Omit<Sharing, 'clock'>,
  seq: number,
  signal: AbortSignal,
): Promise<number> {
  const keys = await store.keys(`${run}/`, signal);
  const key = keys.findLast((candidate) => candidate <= keyOf(run, seq));
  return key === undefined ? 0 : ((await store.added(key, signal))?.ageMs ?? 0);
}
