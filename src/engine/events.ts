import type {JournalEntry} from '../model/journal.ts';
import type {Plan, ReversePlan} from '../model/plan.ts';
import type {Problem} from '../model/problem.ts';
import type {ReversalLossAnswer} from '../model/reversal-loss.ts';

/** What a run reports to its observers. Everything that lasts is a journaled entry; the rest is for the eye. */
export type EngineEvent =
  | {readonly kind: 'planned'; readonly plan: Plan}
  | {
      readonly kind: 'reverse-planned';
      readonly plan: ReversePlan;
      readonly losses: readonly ReversalLossAnswer[];
    }
  | {readonly kind: 'journaled'; readonly entry: JournalEntry; readonly head: string}
  /** What a look last said, or an action is waiting for. */
  | {readonly kind: 'progress'; readonly entry: string; readonly text: string}
  /** Something that happened there, told once: an event of a service, a line of a log. */
  | {readonly kind: 'event'; readonly entry: string; readonly text: string}
  | {readonly kind: 'warning'; readonly problem: Problem};

export type Observe = (event: EngineEvent) => void;
