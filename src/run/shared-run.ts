import {arrivesWithinMs} from '../engine/cut-off.ts';
import {sharedJournalOf, sharedSinceMs} from '../journal/open-shared-log.ts';
import {type InFlight, inFlightIn} from '../model/in-flight.ts';
import type {JournalEntry} from '../model/journal.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import {type Progress, progressOf} from '../model/progress.ts';
import {refuseSettled} from './choose-run.ts';
import {refuseOtherStore} from './run-store.ts';
import {runsIn} from './shared-runs.ts';

/** A run as its store has it. */
export interface SharedRun {
  readonly progress: Progress;
  readonly text: string;
  readonly entries: readonly JournalEntry[];
  /** What the process of the holder may still be performing. */
  readonly inFlight: readonly InFlight[];
  /** How long ago its last entry was shared, in ms, by the clock of the store. */
  readonly lastSharedMs: number;
  /** After so many ms no action of the holder can be under way. 0: none is. */
  readonly waitMs: number;
}

/**
 * Reads a run from a store, by its whole name or its beginning or end.
 *
 * @throws SwitcharooError `unknown-run`; `run-finished` when nothing of it is to be done or reversed.
 */
export async function sharedRunIn(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<SharedRun> {
  const near = (await runsIn(store, signal)).filter(
    (run) => run.startsWith(name) || run.endsWith(name),
  );
  const [run] = near;
  if (run === undefined || near.length > 1) {
    throw new SwitcharooError(notInStore(name, store.place));
  }
  const {text, entries} = await sharedJournalOf({store, run}, signal);
  const progress = progressOf(entries);
  if (!progress) {
    throw new SwitcharooError(notInStore(name, store.place));
  }
  refuseSettled(progress);
  refuseOtherStore(run, progress, store);
  const inFlight = inFlightIn(entries);
  const waitOf = async ({seq, limitMs}: InFlight): Promise<number> => {
    if (limitMs === undefined) {
      return 0;
    }
    const sinceMs = await sharedSinceMs({store, run}, seq, signal);
    return Math.max(0, limitMs + arrivesWithinMs - sinceMs);
  };
  const waits = await Promise.all(inFlight.map(waitOf));
  return {
    ...{progress, text, entries},
    // What was cut off has arrived by now, or never will.
    inFlight: inFlight.filter(({limitMs}, index) => limitMs !== 0 || waits[index] !== 0),
    lastSharedMs: await sharedSinceMs({store, run}, progress.seq, signal),
    waitMs: Math.max(0, ...waits),
  };
}

const notInStore = (name: string, place: string): Problem => ({
  code: 'unknown-run',
  message: `No run in ${place} matches ${name}, or more than one does.`,
  hint: {text: 'List the runs of the store with', command: 'runs --shared INVENTORY'},
});
