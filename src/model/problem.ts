import type {Hint} from './hint.ts';

/** A foreseen trouble, as the operator reads it. */
export interface Problem {
  /** Permanent, kebab-case: noun, then state (`journal-locked`). */
  readonly code: string;
  /** One sentence in the present tense, with names and numbers. */
  readonly message: string;
  /** What to do next: a command, a flag, a setting, or whom to tell. */
  readonly hint: Hint;
}

/**
 * Carries a foreseen problem to the caller that can act on it. It is printed without a stack; any other error is a
 * bug.
 */
export class SwitcharooError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.name = 'SwitcharooError';
    this.problem = problem;
  }
}

/** A system may not tell, or cannot: nothing is known then, and nothing is wrong. */
export class NotTold extends SwitcharooError {}

/** Several problems found in one reading: the operator sees all of them at once. */
export class ProblemsError extends SwitcharooError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems[0]);
    this.problems = problems;
  }
}

/** The problem of a command that had changed something before. */
export class ChangedError extends SwitcharooError {
  /** What it changed, or may have changed, in words. */
  readonly inPlace: string;

  constructor(problem: Problem, inPlace: string, options?: ErrorOptions) {
    super(problem, options);
    this.inPlace = inPlace;
  }
}

/** Throws when there are any. */
export function refuseAny(problems: readonly Problem[]): void {
  const [first, ...more] = problems;
  if (first) {
    throw new ProblemsError([first, ...more]);
  }
}

/** The foreseen problems that an error carries. Any other error is a bug, and goes on. */
export function problemsIn(error: unknown): readonly Problem[] {
  if (error instanceof ProblemsError) {
    return error.problems;
  }
  if (error instanceof SwitcharooError) {
    return [error.problem];
  }
  throw error;
}
