import {firstEntryOf} from '../journal/first-line.ts';
import {installJournal} from '../journal/install-journal.ts';
import {sharedJournalOf} from '../journal/open-shared-log.ts';
import {storeAway} from '../journal/problems.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {SwitcharooError} from '../model/problem.ts';
import {type Progress, progressOf} from '../model/progress.ts';
import {messageOf} from '../model/thrown.ts';
import type {Host} from '../run/host.ts';
import {openStore} from '../run/open-store.ts';
import {partIn} from '../run/shared-parts.ts';
import {isInTheWay, type UnitKey, unitKey} from './unit-runs.ts';

/** By unit: the runs of it in a store. */
type Runs = ReadonlyMap<string, readonly string[]>;

/** The runs of units that other hosts share in the stores of the inventories. */
export class SharedUnitRuns {
  readonly #host: Pick<Host, 'state'>;
  readonly #stores = new Map<string, Promise<Runs>>();

  constructor(host: Pick<Host, 'state'>) {
    this.#host = host;
  }

  /** PostgreSQL may have been restored: the stores are read again. */
  readAgain(): void {
    this.#stores.clear();
  }

  /**
   * The newest run of a unit that is done or has changes in place, beside the one that its row names. The journal of
   * one that is done is copied to this host, where a person can count the unit as done.
   */
  async forgotten(
    unit: UnitKey,
    {inventory, known}: {readonly inventory: string; readonly known: string},
    signal: AbortSignal,
  ): Promise<Progress | undefined> {
    const {store, close} = await openStore(this.#host, inventory, signal);
    try {
      return await this.#forgottenIn(store, unit, known, signal).catch((cause: unknown) => {
        signal.throwIfAborted();
        throw cause instanceof SwitcharooError
          ? cause
          : new SwitcharooError(storeAway(known, store.place, messageOf(cause)), {cause});
      });
    } finally {
      await close();
    }
  }

  async #forgottenIn(
    store: ObjectStore,
    unit: UnitKey,
    known: string,
    signal: AbortSignal,
  ): Promise<Progress | undefined> {
    const all = (await this.#runsIn(store, signal)).get(unitKey(unit)) ?? [];
    for (const run of all.filter((each) => each !== known)) {
      const {entries, text} = await sharedJournalOf({store, run}, signal);
      const progress = progressOf(entries);
      if (progress && isInTheWay(progress)) {
        if (progress.outcome === 'done') {
          const {state} = this.#host;
          installJournal(state.journalOf(run), text, state.disk);
        }
        return progress;
      }
    }
    return undefined;
  }

  #runsIn(store: ObjectStore, signal: AbortSignal): Promise<Runs> {
    const runs = this.#stores.get(store.place) ?? runsByUnit(store, signal);
    this.#stores.set(store.place, runs);
    runs.catch(() => this.#stores.delete(store.place));
    return runs;
  }
}

/** So many objects are read at once. */
const atOnce = 16;

/** Newest first. Of each run only the beginning is read. */
async function runsByUnit(store: ObjectStore, signal: AbortSignal): Promise<Runs> {
  const parts = (await store.keys('', signal)).flatMap(partIn).filter(({seq}) => seq === 0);
  const first = parts.toSorted((a, b) => (a.run < b.run ? 1 : -1));
  const byUnit = new Map<string, string[]>();
  for (let at = 0; at < first.length; at += atOnce) {
    const some = first.slice(at, at + atOnce);
    const texts = await Promise.all(some.map(({key}) => store.read(key, signal)));
    for (const [index, {run}] of some.entries()) {
      const {fleet} = firstEntryOf(texts[index]?.split('\n', 1)[0] ?? '') ?? {};
      if (fleet) {
        const key = unitKey({fleet: fleet.name, unit: fleet.unit});
        byUnit.set(key, [...(byUnit.get(key) ?? []), run]);
      }
    }
  }
  return byUnit;
}
