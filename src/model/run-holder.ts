import type {FactOf} from './journal.ts';
import type {OperatorName} from './run-started.ts';
import {without} from './without.ts';

/** Whose a run is that several hosts share. */
export interface RunHolder {
  /** Who worked on it last. */
  readonly operator: OperatorName;
  /** To whom its operator has offered it, and nobody has taken it over since. */
  readonly handedOverTo?: string;
  /** Its take-over is not finished, and an action of the earlier holder may be under way until then. */
  readonly notBefore?: Date;
  /** It was taken over from another host, and its claims are of that host or of this one. */
  readonly wasTakenOver?: true;
  /** Its process goes on although its journal could not be shared. */
  readonly isNotShared?: true;
  /** Targets that it claimed for longer than its process. */
  readonly lastingClaims: readonly string[];
}

type HolderFact = FactOf<
  'run-handed-over' | 'lock-taken-over' | 'earlier-holder-stopped' | 'not-shared'
>;

/** Who holds a run after a fact. */
export function withHolder<Run extends RunHolder>(run: Run, fact: HolderFact): Run {
  switch (fact.kind) {
    case 'run-handed-over':
      return {...(without(run, 'isNotShared') as Run), handedOverTo: fact.to};
    case 'lock-taken-over': {
      const {operator, notBeforeUtc} = fact;
      const notBefore = notBeforeUtc === undefined ? {} : {notBefore: new Date(notBeforeUtc)};
      return {...(without(run, 'handedOverTo', 'isNotShared') as Run), operator, ...notBefore};
    }
    case 'not-shared':
      return {...run, isNotShared: true};
    case 'earlier-holder-stopped':
      // Its claims were ended with its sessions.
      return {...(without(run, 'notBefore') as Run), lastingClaims: [], wasTakenOver: true};
  }
}
