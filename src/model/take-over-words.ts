import {shellWord} from './hint.ts';
import type {JournalEntry} from './journal.ts';

export interface NamedRun {
  readonly run: string;
  /** Where it was shared when it began. */
  readonly store?: string | undefined;
}

/** A run by its journal. */
export function namedIn(run: string, [first]: readonly JournalEntry[]): NamedRun {
  return {run, store: first?.kind === 'run-started' ? first.store : undefined};
}

/** The command that takes a run over. The inventory may not name a store that the command line of the run named. */
export const takeOverWords = (run: NamedRun, inventory = 'INVENTORY'): string =>
  `take-over ${run.run} -i ${inventory}${namedStore(run)}`;

/** The inventory, and the store where it does not name that, in the command of a problem. */
export const placeOf = (run: NamedRun): {readonly inventory: string} => ({
  inventory: `INVENTORY${namedStore(run)}`,
});

/** What --shared names: the store where the inventory does not name it. */
export const sharedWords = ({store}: NamedRun): string =>
  store !== undefined && isPlace(store) ? shellWord(store) : 'INVENTORY';

const namedStore = ({store}: NamedRun): string =>
  store !== undefined && isPlace(store) ? storeWords(store) : '';

/** What names a store on a command line, where one was given. */
export const storeWords = (store: string | undefined): string =>
  store === undefined ? '' : ` --store ${shellWord(store)}`;

/** Whether a store is named by its place, and not as a target. */
export const isPlace = (store: string): boolean => store.startsWith('s3://');
