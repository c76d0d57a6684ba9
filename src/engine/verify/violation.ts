import type {Fact} from '../../model/journal.ts';
import type {Progress} from '../../model/progress.ts';
import type {Property} from '../../model/verification.ts';
import type {Facts} from './facts.ts';
import type {Model} from './model.ts';

/** Where a run is: what its journal says, and what is true of the systems. */
export interface State {
  readonly progress: Progress;
  readonly facts: Facts;
}

/** A property that does not hold, in a sentence with the names of targets and entries. */
export interface Violation {
  readonly property: Property;
  readonly because: string;
  /** What follows from here on is explored all the same. */
  readonly continues?: boolean;
}

/** A property that does not hold in a state, and what happened on the way to it. */
export interface Finding {
  readonly violation: Violation;
  readonly state: State;
  readonly story: readonly string[];
}

/** Something that just happened in a state: a fact was journaled, the systems changed, or a person is asked. */
export interface Moment {
  readonly progress: Progress;
  readonly facts: Facts;
  readonly fact?: Fact;
  /** The systems before they changed. */
  readonly earlier?: Facts;
  /** What a person is asked about: an entry, or the point of no return. */
  readonly asks?: string;
  /** The entry at which a person has to decide, because the outage has exceeded its limit. */
  readonly asksPastLimit?: string;
}

export type Check = (model: Model, moment: Moment) => Violation | undefined;
