import type {Forecast} from '../forecast/forecast.ts';
import type {Journal} from '../journal/contract.ts';
import type {ApprovalDesk, ApprovalRules} from '../model/approval.ts';
import type {Fact, FactOf} from '../model/journal.ts';
import {foldWithOutage, noOutage, type Outage, outageAfter} from '../model/outage.ts';
import type {Problem} from '../model/problem.ts';
import {type Progress, progressAfter} from '../model/progress.ts';
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
  /** Who may approve; without it, no gate that asks for approval can be passed. */
  readonly approvalRules?: ApprovalRules;
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
  /** How long the run will still take, from earlier runs; `undefined` if they do not show it. */
  readonly forecast?: () => Forecast | undefined;
  /** Absent where the journal is not shared. */
  readonly approvals?: ApprovalDesk | undefined;
  /** Absent where no target can be claimed. */
  readonly claims?: RunClaims | undefined;
  /** Aborted when the run is to stop at the next safe place; its reason says by what. */
  readonly stopping: AbortSignal;
  /** Asked right before the outage begins: why it must not, and the run pauses before it. */
  readonly mayBeginOutage?: ((signal: AbortSignal) => Promise<Problem | undefined>) | undefined;
  /** The same without a limit of the outage: what ends the outage must not be ended by it. */
  readonly unlimited?: RunContext;
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

/** The hold of a run on the systems that it works on, against every other run. */
export interface RunClaims {
  /** Throws `claim-lost` when this run no longer owns them, and from then on. `target`: what is to be changed. */
  assertHeld(target: string): Promise<void>;
  /** Removes what outlives this process: no change of the run is in place, or the run is done. */
  letGo(): Promise<void>;
}

/** The journal, and what its entries say so far. */
interface RunRecord {
  readonly progress: Progress;
  readonly head: string;
  /** The outage so far. */
  readonly outage: Outage;
  /** Calls back after every fact, until it is called off by what this returns. */
  follow(listener: () => void): () => void;
  add<Kind extends Fact['kind']>(fact: FactOf<Kind>): void;
  /** The barrier before an action: resolves once every fact so far is where another host finds it. */
  shared(signal: AbortSignal): Promise<void>;
}

/** Every fact goes to the disk first, then into the fold, then to the observers. */
export function recordIn(journal: Journal, observe: Observe): RunRecord {
  let {progress, outage = noOutage} = foldWithOutage(journal.entries);
  const window = progress?.run.runbook.outage;
  const followers = new Set<() => void>();
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
    get outage() {
      return outage;
    },
    follow: (listener) => {
      followers.add(listener);
      return () => followers.delete(listener);
    },
    add: (fact) => {
      const entry = journal.append(fact);
      progress = progressAfter(progress, entry);
      outage = progress && window ? outageAfter(outage, progress, window) : outage;
      for (const follower of followers) {
        follower();
      }
      observe({kind: 'journaled', entry, head: journal.head});
    },
    shared: (signal) => journal.shared(signal),
  };
}
