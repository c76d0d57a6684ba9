import type {AlsoWritten} from './also-written.ts';
import {digestOf} from './canonical.ts';
import type {Hint} from './hint.ts';
import type {OutageSpan} from './outage-span.ts';
import type {Difference} from './verdict.ts';

/** An action as a plan shows it: which target, and what it does there. */
export interface PlannedAction {
  readonly target: string;
  readonly does: string;
}

/**
 * How a plan knows what it says of an entry: `checked` just now; `predicted`, because an earlier entry of the
 * plan still changes the same target; `known-after` an entry that is not done yet; or `journaled` by this run, and not
 * looked at now.
 */
export type Evidence = 'checked' | 'predicted' | 'known-after' | 'journaled';

/**
 * What will happen at an entry. `applied`: by this run. `already-in-place`: by somebody else. `impossible`: it needs an
 * entry that was skipped.
 */
export type Outlook =
  | 'change'
  | 'already-in-place'
  | 'applied'
  | 'wait'
  | 'open'
  | 'ask'
  | 'blocked'
  | 'pending'
  | 'skipped'
  | 'impossible';

export interface PlanLine {
  readonly kind: 'entry';
  readonly entry: string;
  readonly phase: string;
  readonly group?: string;
  readonly unit: string;
  readonly unitKind: 'step' | 'one-way' | 'gate';
  /** What it does, in a sentence: known before it can be checked. */
  readonly summary: string;
  readonly targets: readonly string[];
  readonly evidence: Evidence;
  readonly outlook: Outlook;
  /** Entries that must be done before this one can be looked at. */
  readonly knownAfter: readonly string[];
  readonly differences: readonly Difference[];
  readonly actions: readonly PlannedAction[];
  /** Why it is blocked, or what it waits for, or what it will ask. */
  readonly detail?: string;
  readonly hint?: Hint;
  /** What the operator should know although nothing is in the way. */
  readonly remarks?: readonly string[];
  /** The permanent name of what blocks it. */
  readonly code?: string;
  readonly oneWayBecause?: string;
  /** What `check` saw, for the digest. */
  readonly before?: unknown;
}

export type PlanItem =
  | PlanLine
  | {readonly kind: 'checkpoint'; readonly name: string; readonly phase: string}
  | {readonly kind: 'point-of-no-return'; readonly because: string; readonly phase: string};

/** All actions of a run, as the world is now. */
export interface Plan {
  readonly runbook: {readonly name: string; readonly summary: string; readonly digest: string};
  readonly inventory: {
    readonly name: string;
    readonly digest: string;
    readonly protected: boolean;
    /** Where the journal of its run is shared, if it is. */
    readonly store?: string | undefined;
  };
  readonly params: unknown;
  readonly items: readonly PlanItem[];
  /** From before its first entry until after its last one nobody can write. */
  readonly outage?: OutageSpan;
  /** What a reversal does not carry back; there where the runbook replicates back, or declares any. */
  readonly alsoWritten?: readonly AlsoWritten[];
  readonly digest: string;
}

export interface ReverseLine {
  readonly entry: string;
  readonly phase: string;
  readonly unit: string;
  /**
   * `restored`: the world is already as it was before. `drift`: it is neither as we left it nor as it was.
   * `later`: a newer entry on the same thing is reversed first; this one is checked when its turn comes.
   */
  readonly outlook: 'change' | 'restored' | 'drift' | 'blocked' | 'pending';
  /** What its reversal does, in a sentence. */
  readonly summary: string;
  readonly actions: readonly PlannedAction[];
  readonly detail?: string;
  readonly hint?: Hint;
}

/** The reversal, newest first. */
export interface ReversePlan {
  readonly run: string;
  readonly to: string | null;
  readonly lines: readonly ReverseLine[];
  /** What it does not carry back; there where the runbook replicates back, or declares any. */
  readonly alsoWritten?: readonly AlsoWritten[];
  readonly digest: string;
}

/** What a plan says of its inventory. */
export const inventoryIn = ({
  name,
  digest,
  store,
  ...inventory
}: Plan['inventory']): Plan['inventory'] => ({
  ...{name, digest, protected: inventory.protected},
  ...(store === undefined ? {} : {store}),
});

/**
 * What is approved. Texts that move by themselves (how far a wait is, who is connected) are left out, so an unchanged
 * world keeps its digest.
 */
export function digestOfPlan(plan: Omit<Plan, 'digest'>): string {
  const items = plan.items.map((item) =>
    item.kind === 'entry' && item.outlook !== 'blocked'
      ? {...item, detail: undefined, remarks: undefined}
      : item,
  );
  return digestOf({...plan, items});
}

export function digestOfReversePlan(plan: Omit<ReversePlan, 'digest'>): string {
  return digestOf(plan);
}

export const planLines = (plan: Pick<Plan, 'items'>): readonly PlanLine[] =>
  plan.items.filter((item): item is PlanLine => item.kind === 'entry');
