import {firstEntryIn} from '../journal/first-line.ts';
import type {StateFolder} from '../journal/state-folder.ts';
import type {FactOf} from '../model/journal.ts';
import {appliedEntries, type Progress} from '../model/progress.ts';
import type {Host} from '../run/host.ts';
import {isOver, progressToShow} from '../run/past-runs.ts';
import type {UnitRow} from './rows.ts';

export interface UnitKey {
  readonly fleet: string;
  readonly unit: string;
}

type Known = Pick<UnitRow, 'run'>;

/** The runs of a state folder by the unit of a fleet that they moved. Each journal is opened once. */
export class UnitRuns {
  readonly #state: StateFolder;
  readonly #read = new Set<string>();
  readonly #byUnit = new Map<string, string[]>();

  constructor({state}: Pick<Host, 'state'>) {
    this.#state = state;
  }

  /** The newest run of a unit that is done or has changes in place, and that is not the one of its row. */
  forgotten(unit: UnitKey, {run: known}: Known): Progress | undefined {
    this.#readNew();
    const runs = (this.#byUnit.get(unitKey(unit)) ?? []).filter((run) => run !== known);
    return runs
      .toSorted()
      .reverse()
      .map((run) => progressToShow({state: this.#state}, run))
      .find(isInTheWay);
  }

  /** Of all units that have a run here: `fleet/unit`. */
  units(): readonly string[] {
    this.#readNew();
    return [...this.#byUnit.keys()];
  }

  #readNew(): void {
    for (const run of this.#state.folders()) {
      const first = this.#read.has(run) ? undefined : firstEntryIn(this.#state.journalOf(run));
      if (first) {
        this.#read.add(run);
        this.#add(run, first);
      }
    }
  }

  #add(run: string, {fleet, rehearsal}: FactOf<'run-started'>): void {
    if (fleet && !rehearsal) {
      const key = unitKey({fleet: fleet.name, unit: fleet.unit});
      this.#byUnit.set(key, [...(this.#byUnit.get(key) ?? []), run]);
    }
  }
}

export const unitKey = ({fleet, unit}: UnitKey): string => `${fleet}/${unit}`;

/** A unit whose run was reversed to its start, or changed nothing, may begin again. */
export const isInTheWay = (progress: Progress): boolean =>
  progress.outcome === 'done' || (!isOver(progress) && appliedEntries(progress).length > 0);
