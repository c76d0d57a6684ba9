/** Whom an action asks, and what. */
export interface Asking {
  /** Who does it: named as the target of the action. */
  readonly who: string;
  readonly question: string;
  readonly details: readonly string[];
  /** `reverse`: a yes means that it is undone. */
  readonly way: 'forward' | 'reverse';
}

/** What a unit without a target does: only a person can. */
export interface PersonAction {
  readonly on: string;
  readonly does: string;
  readonly asks: Asking;
  perform(writer: unknown, signal: AbortSignal): Promise<unknown>;
}

/** The last word of a person on what an action asked: it is done, or undone (`reverse`). */
export interface PersonsWord {
  readonly way: 'forward' | 'reverse';
  readonly by: string;
  /** Who did it, and what the person adds. */
  readonly note: string;
  readonly at: Date;
}

/** Who is needed for what no program can do. */
export interface PersonNeeded {
  readonly owner: string;
  /** How to reach the owner. */
  readonly reach: string;
  readonly todo: readonly string[];
  /** Empty where there is nothing to undo, or no way to. */
  readonly undo: readonly string[];
  readonly takesMs: number;
}
