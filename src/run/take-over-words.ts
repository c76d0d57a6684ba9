import {isPlace} from '../inventory/shared-in.ts';
import {shellWord} from '../model/hint.ts';

interface NamedRun {
  readonly run: string;
  /** Where it was shared when it began. */
  readonly store?: string | undefined;
}

/** The command that takes a run over. The inventory may not name a store that the command line of the run named. */
export const takeOverWords = (run: NamedRun, inventory = 'INVENTORY'): string =>
  `take-over ${run.run} -i ${inventory}${namedStore(run)}`;

/** The inventory, and the store where it does not name that, in the command of a problem. */
export const placeOf = (run: NamedRun): {readonly inventory: string} => ({
  inventory: `INVENTORY${namedStore(run)}`,
});

const namedStore = ({store}: NamedRun): string =>
  store !== undefined && isPlace(store) ? storeWords(store) : '';

/** What names a store on a command line, where one was given. */
export const storeWords = (store: string | undefined): string =>
  store === undefined ? '' : ` --store ${shellWord(store)}`;
