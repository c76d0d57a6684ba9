import type {Journal} from '../journal/contract.ts';
import type {Fact, FactOf} from '../model/journal.ts';
import {type Progress, progressAfter, progressOf} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {OpenTargets} from '../model/target.ts';
import type {Clock} from './clock.ts';
import type {Observe} from './events.ts';
import type {Operator} from './operator.ts';

/** What looking takes. */
export interface World {
  readonly runbook: AnyRunbook;
  readonly params: unknown;
  readonly targets: OpenTargets;
  readonly clock: Clock;
  /** Names the run to the targets; a plan without a run has a name too. */
  readonly run: string;
  readonly observe: Observe;
  /** Aborted when even the action in flight must end. */
  readonly aborting: AbortSignal;
}

/** What acting takes, and nothing without a journal. */
export interface RunContext extends World {
  readonly record: RunRecord;
  readonly operator: Operator;
  readonly inventory: {readonly name: string; readonly protected: boolean};
  /** The last run of this runbook that is done; `null` when there is none here. */
  readonly earlier?: EarlierFigures | null;
  /** Aborted when the run is to stop at the next safe place; its reason says by what. */
  readonly stopping: AbortSignal;
}

/** How long things took before. */
export interface EarlierFigures {
  readonly run: string;
  readonly inventory: string;
  readonly rehearsal: boolean;
  readonly outageMs?: number;
  /** By entry. */
  readonly durationMs: ReadonlyMap<string, number>;
}

/** The journal, and what its entries say so far. */
interface RunRecord {
  readonly progress: Progress;
  readonly head: string;
  add<Kind extends Fact['kind']>(fact: FactOf<Kind>): void;
}

/** Every fact goes to the disk first, then into the fold, then to the observers. */
export function recordIn(journal: Journal, observe: Observe): RunRecord {
  let progress = progressOf(journal.entries);
  return {
    get progress() {
      if (!progress) {
        throw new Error('the journal has no first entry');
      }
      return progress;
    },
    get head() {
      return journal.head;
    },
    add: (fact) => {
      const entry = journal.append(fact);
      progress = progressAfter(progress, entry);
      observe({kind: 'journaled', entry, head: journal.head});
    },
  };
}
