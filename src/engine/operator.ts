import type {Problem} from '../model/problem.ts';

/** What the person who is asked tells the engine. */
interface Asked {
  /**
   * Called right before a person sees the question, and journals it. An answer that was given before the run does not
   * call it. Throws when the journal cannot be written: the question must not be shown then.
   */
  readonly onAsked?: (person: string, facts?: readonly string[]) => void;
}

export interface Question extends Asked {
  readonly about:
    | 'plan'
    | 'confirmation'
    | 'by-hand'
    | 'point-of-no-return'
    | 'reversal'
    | 'changes';
  readonly entry: string | null;
  readonly question: string;
  readonly details: readonly string[];
  /** Checks what else a person should know at this moment; an answer that was given before the run does not need it. */
  readonly facts?: () => Promise<readonly string[]>;
  /** A word that must be typed instead of "yes": the name of a protected inventory, say. */
  readonly mustType?: string;
  /** No answer that was given before the run answers it, except in the lab. */
  readonly byPerson?: true;
  /** A yes comes with a note for the journal: who did it, or said so. */
  readonly wantsNote?: true;
  /** SHA-256 of the journal's last line, to compare with elsewhere. Read it after `onAsked`. */
  readonly head?: string;
}

/** `unasked`: nobody is there to ask, or the person (`by`) left the question. The run is paused. */
export type Answer = {
  readonly answer: 'yes' | 'no' | 'unasked';
  readonly by: string;
  readonly note?: string;
};

export interface Failure extends Asked {
  readonly entry: string;
  readonly problem: Problem;
  /** Changes that stand now, in words. */
  readonly changesInPlace: readonly string[];
  /** Checkpoints to which the run can be reversed; `null` is its start. Empty after the point of no return. */
  readonly reversibleTo: readonly (string | null)[];
  readonly skip: SkipRule;
  /** The store of the shared journal does not answer: a retry may do without it. */
  readonly mayGoAlone?: true;
  /** Entries that it needs and that were skipped: a retry tries them first. */
  readonly skippedBefore: readonly string[];
  /** Checks what else a person should know at this moment, the most important first. */
  readonly facts?: () => Promise<readonly string[]>;
}

/** Whether an entry may be skipped, and what that means for the rest of the run. */
export type SkipRule =
  | {
      readonly allowed: true;
      /** Later entries that cannot be done without it, in the runbook's order. */
      readonly impossible: readonly string[];
      /** The name of a protected inventory, to be typed. */
      readonly mustType?: string;
    }
  | {readonly allowed: false; readonly because: string};

export type Choice =
  /** `alone`: from now on, this process acts although the store of its journal does not answer. */
  | {readonly choice: 'retry'; readonly alone?: true}
  | {readonly choice: 'skip'; readonly reason: string}
  /** `declared`: the reversal was approved before the run, and needs no answer now. */
  | {readonly choice: 'reverse'; readonly to: string | null; readonly declared?: true}
  | {readonly choice: 'stop'};

/** Who answers: a person at a terminal, flags given beforehand, or a rehearsal. */
export interface Operator {
  readonly name: string;
  ask(question: Question, signal: AbortSignal): Promise<Answer>;
  decide(failure: Failure, signal: AbortSignal): Promise<Choice & {readonly by: string}>;
}
