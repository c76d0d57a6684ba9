import {firstEntryIn} from '../journal/first-line.ts';
import type {StateFolder} from '../journal/state-folder.ts';
import type {FactOf} from '../model/journal.ts';
import type {Progress} from '../model/progress.ts';
import type {Host} from '../run/host.ts';
import {progressToShow} from '../run/past-runs.ts';
import type {UnitRow} from './rows.ts';
import {inTheWay} from './run-in-the-way.ts';

export interface UnitKey {
  readonly fleet: string;
  readonly unit: string;
}

/** The runs of a state folder by the unit of a fleet that they moved. Each journal is opened once. */
export class UnitRuns {
  readonly #state: StateFolder;
  /** By run; nothing of one that moved no unit. */
  readonly #units = new Map<string, string | undefined>();

  constructor({state}: Pick<Host, 'state'>) {
    this.#state = state;
  }

  /** The newest run of a unit that is in its way, and that is not the one of its row. */
  forgotten(
    unit: UnitKey,
    row: Pick<UnitRow, 'run' | 'work' | 'byPerson' | 'runner'>,
  ): Progress | undefined {
    const runs = this.#runs().filter(
      (run) => run !== row.run && this.#units.get(run) === unitKey(unit),
    );
    return inTheWay(
      runs.map((run) => progressToShow({state: this.#state}, run)),
      row,
    );
  }

  /** Of all units that have a run here: `fleet/unit`. */
  units(): readonly string[] {
    return [...new Set(this.#runs().flatMap((run) => this.#units.get(run) ?? []))];
  }

  /** Those whose folders are here now, newest first: a person may have moved one away. */
  #runs(): readonly string[] {
    const runs = this.#state.folders();
    for (const run of runs) {
      const first = this.#units.has(run) ? undefined : firstEntryIn(this.#state.journalOf(run));
      if (first) {
        this.#units.set(run, unitIn(first));
      }
    }
    return runs;
  }
}

function unitIn({fleet, rehearsal}: FactOf<'run-started'>): string | undefined {
  return fleet && !rehearsal ? unitKey({fleet: fleet.name, unit: fleet.unit}) : undefined;
}

export const unitKey = ({fleet, unit}: UnitKey): string => `${fleet}/${unit}`;
