/** What `verify` proves of a runbook; docs/verifying-a-runbook.md explains each. */
export type Property =
  | 'two-writable-sides'
  | 'lost-writes'
  | 'traffic-refused'
  | 'ends-in-outage'
  | 'unproven-traffic'
  | 'not-compared'
  | 'bogus-answers'
  | 'scaling-suspended'
  | 'workers-without-writes'
  | 'no-lossless-reversal'
  | 'unbounded-outage'
  | 'early-point-of-no-return'
  | 'confirmation-passed'
  | 'cannot-finish'
  | 'dead-end';

/** The shortest way to a state in which a property does not hold. */
export interface Counterexample {
  readonly property: Property;
  readonly because: string;
  /** What happens, in order. */
  readonly steps: readonly string[];
  /** What is true of the systems at the end of it. */
  readonly end: readonly string[];
}

export interface Verification {
  /** How many states its runs can be in, as far as they differ. */
  readonly states: number;
  /** Entries that change something and do not declare their effects: nothing is proven of what they do. */
  readonly undeclared?: readonly string[];
  readonly counterexamples: readonly Counterexample[];
}
