import type {OpenQuestion} from '../../model/open-question.ts';
import type {Outage} from '../../model/outage.ts';
import type {Progress, RunOutcome} from '../../model/progress.ts';
import type {RunTask} from './renderer.ts';

/** What a picture shows of the run as a whole. Everything else in it is read from the tasks of listr2. */
export interface RunHead {
  readonly outcome: RunOutcome;
  readonly inventory: Progress['run']['inventory'];
  readonly startedAt: Date;
  /** Whether and to where the run can be reversed. */
  readonly reversal: string;
  /** How long it will still take, or what takes too long. */
  readonly forecast?: string;
  readonly isReversing: boolean;
  readonly outage: Outage;
  /** What is asked at this terminal: one question at a time, the newest. */
  readonly question?: OpenQuestion | undefined;
  /** The entry that changed last. Its phase is the one that is shown whole. */
  readonly last?: RunTask | undefined;
  readonly warning?: string | undefined;
}
