import {ChangedError, type Problem, SwitcharooError} from '../model/problem.ts';
import {takeOverWords} from '../model/take-over-words.ts';
import {messageOf} from '../model/thrown.ts';
import {earlierHolder} from './earlier-holder.ts';
import type {SharedRun} from './shared-run.ts';

interface Ended {
  readonly shared: SharedRun;
  /** The command that repeats it. */
  readonly again?: string;
}

/** Somebody else was faster. */
export const isOvertaken = (error: unknown): error is SwitcharooError =>
  error instanceof SwitcharooError && overtakenCodes.has(error.problem.code);

const overtakenCodes = new Set(['lock-lost', 'run-continued-elsewhere']);

/** What ended a take-over after the run was taken over: the earlier holder does nothing more. */
export function unfinishedBecause(error: unknown, ended: Ended, signal: AbortSignal) {
  const {shared} = ended;
  const {run} = shared.progress.run;
  const from = earlierHolder(shared);
  if (isOvertaken(error)) {
    const inPlace = `${from} was stopped, and somebody else has taken ${run} over since`;
    return new ChangedError(error.problem, inPlace, {cause: error});
  }
  const why = whyEnded(error, signal);
  return why === undefined
    ? error
    : new ChangedError(
        takeOverUnfinished(run, why, repeated(ended)),
        `${run} was taken over from ${from}`,
        {cause: error},
      );
}

/** What ended a take-over while it was written into the store: the answer may be lost. */
export function unknownBecause(error: unknown, ended: Ended, signal: AbortSignal) {
  const {shared} = ended;
  const {run} = shared.progress.run;
  const why = whyEnded(error, signal);
  return why === undefined
    ? error
    : new ChangedError(
        takeOverUnknown(run, why, repeated(ended)),
        `not known: ${earlierHolder(shared)} may have been stopped`,
        {cause: error},
      );
}

/** A whole sentence; `undefined` for an error that nobody has foreseen. */
export function whyEnded(error: unknown, signal: AbortSignal): string | undefined {
  if (signal.aborted) {
    return `It was stopped by ${messageOf(signal.reason)}.`;
  }
  return error instanceof SwitcharooError ? error.problem.message : undefined;
}

const takeOverUnfinished = (run: string, why: string, again: string): Problem => ({
  code: 'take-over-unfinished',
  message: `${run} is yours, but its take-over is not finished. ${why}`,
  hint: {
    text: 'Until the take-over is finished, nobody can continue or reverse the run. Finish it with',
    command: again,
  },
});

const takeOverUnknown = (run: string, why: string, again: string): Problem => ({
  code: 'take-over-unfinished',
  message: `It is not known whether ${run} is yours: the store did not confirm it. ${why}`,
  hint: {
    text: 'Until a take-over succeeds, this host can neither continue nor reverse the run. The earlier host may still continue it. Repeat the take-over with',
    command: again,
  },
});

const repeated = ({shared, again = takeOverWords(shared.progress.run)}: Ended): string => again;
