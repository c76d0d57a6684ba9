import type {Progress} from '../../model/progress.ts';
import type {Property} from '../../model/verification.ts';
import type {Facts} from './facts.ts';

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
