import {readablePart} from '../journal/chain.ts';
import {firstEntryOf} from '../journal/first-line.ts';
import {installJournal} from '../journal/install-journal.ts';
import {continuedElsewhere, sharedJournalOf} from '../journal/open-shared-log.ts';
import {storeAway} from '../journal/problems.ts';
import {journalBytes} from '../journal/read-journal.ts';
import type {JournalEntry} from '../model/journal.ts';
import type {ObjectStore} from '../model/object-store.ts';
import {SwitcharooError} from '../model/problem.ts';
import {type Progress, progressOf} from '../model/progress.ts';
import {messageOf} from '../model/thrown.ts';
import type {Host} from '../run/host.ts';
import {openStore} from '../run/open-store.ts';
import {isOver} from '../run/past-runs.ts';
import {refuseOtherStore} from '../run/run-store.ts';
import {type Part, partIn} from '../run/shared-parts.ts';
import type {UnitRow} from './rows.ts';
import {inTheWay, isOfOther} from './run-in-the-way.ts';
import {type UnitKey, unitKey} from './unit-runs.ts';

/** The runs of units that other hosts share in the stores of the inventories. */
export class SharedUnitRuns {
  readonly #host: Pick<Host, 'state'>;
  /** By store and run: the unit that it moved, which stays the same. */
  readonly #units = new Map<string, string>();

  constructor(host: Pick<Host, 'state'>) {
    this.#host = host;
  }

  /**
   * The newest run of a unit that is in its way, beside the one that its row names. The journal of one that is over is
   * copied to this host, where a person can count the unit as done, or begin it again.
   */
  forgotten(
    unit: UnitKey,
    row: Pick<UnitRow, 'run' | 'work' | 'byPerson' | 'runner'>,
    signal: AbortSignal,
  ): Promise<Progress | undefined> {
    const {inventory} = row.work;
    return this.#withStore({inventory, run: row.run ?? ''}, signal, async (store) => {
      const all = await this.#runsOf(unit, store, signal);
      const journals: Shared[] = [];
      for (const run of all.filter((each) => each !== row.run)) {
        journals.push(await journalIn(store, run, signal));
      }
      const progress = inTheWay(
        journals.flatMap(({progress: each}) => each ?? []),
        row,
      );
      if (progress && isOver(progress) && !isOfOther(progress, row.work)) {
        const {text} = journals.find((each) => each.progress === progress) ?? {text: ''};
        this.#install(progress.run.run, text);
      }
      return progress;
    });
  }

  /**
   * The run as its store has it, which its journal here is by then, too: another host may have continued it, or
   * reversed what was done.
   *
   * @throws SwitcharooError when it was continued here and elsewhere, and when the store does not answer.
   */
  current(
    progress: Progress,
    {inventory}: Pick<UnitRow['work'], 'inventory'>,
    signal: AbortSignal,
  ): Promise<Progress> {
    const {run, store: name} = progress.run;
    return this.#withStore({inventory, run, name}, signal, async (store) => {
      refuseOtherStore(run, progress, store);
      const {text, entries, progress: shared} = await journalIn(store, run, signal);
      const path = this.#host.state.journalOf(run);
      const bytes = journalBytes(path);
      const here = bytes.toString();
      if (here.startsWith(text)) {
        return progress;
      }
      if (!shared || !text.startsWith(here)) {
        throw continuedElsewhere({store, run}, readablePart(path, bytes), entries);
      }
      this.#install(run, text);
      return shared;
    });
  }

  #install(run: string, text: string): void {
    const {state} = this.#host;
    installJournal(state.journalOf(run), text, state.disk);
  }

  async #withStore<Result>(
    {inventory, run, name}: StoreOfRun,
    signal: AbortSignal,
    work: (store: ObjectStore) => Promise<Result>,
  ): Promise<Result> {
    const {store, close} = await openStore(this.#host, inventory, signal, {store: name});
    try {
      return await work(store);
    } catch (cause) {
      signal.throwIfAborted();
      throw cause instanceof SwitcharooError
        ? cause
        : new SwitcharooError(storeAway(run, store.place, messageOf(cause)), {cause});
    } finally {
      await close();
    }
  }

  /** Newest first. Other hosts begin runs at any time, so their names are listed each time. */
  async #runsOf(
    unit: UnitKey,
    store: ObjectStore,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const first = (await store.keys('', signal)).flatMap(partIn).filter(({seq}) => seq === 0);
    const unread = first.filter((part) => !this.#units.has(placeOf(store, part)));
    for (let at = 0; at < unread.length; at += atOnce) {
      const some = unread.slice(at, at + atOnce);
      await Promise.all(some.map((part) => this.#readUnit(store, part, signal)));
    }
    return first
      .filter((part) => this.#units.get(placeOf(store, part)) === unitKey(unit))
      .map(({run}) => run)
      .toSorted()
      .reverse();
  }

  /** Of the run only the beginning is read. */
  async #readUnit(store: ObjectStore, part: Part, signal: AbortSignal): Promise<void> {
    const text = (await store.read(part.key, signal)) ?? '';
    const {run, fleet} = firstEntryOf(text.split('\n', 1)[0] ?? '') ?? {};
    if (run !== undefined) {
      const unit = fleet ? unitKey({fleet: fleet.name, unit: fleet.unit}) : '';
      this.#units.set(placeOf(store, part), unit);
    }
  }
}

interface StoreOfRun {
  readonly inventory: string;
  readonly run: string;
  /** Of the store, if the run began with another one than the inventory has. */
  readonly name?: string | undefined;
}

interface Shared {
  readonly text: string;
  readonly entries: readonly JournalEntry[];
  readonly progress: Progress | undefined;
}

async function journalIn(store: ObjectStore, run: string, signal: AbortSignal): Promise<Shared> {
  const {entries, text} = await sharedJournalOf({store, run}, signal);
  return {text, entries, progress: progressOf(entries)};
}

/** So many objects are read at once. */
const atOnce = 16;

const placeOf = ({place}: ObjectStore, {key}: Part): string => `${place}/${key}`;
