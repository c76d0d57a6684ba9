import {without} from './without.ts';

interface Decided {
  readonly decideBy?: Date;
  readonly isDecideByOfWindow?: boolean;
}

/**
 * A run that continues outside the window, with a reason, does not stop at the end of that window. A time that a person
 * has set stays.
 */
export const withoutPassedDecideBy = <Run extends Decided>(
  run: Run,
  {outsideWindow, atUtc}: {readonly outsideWindow?: string | undefined; readonly atUtc: string},
): Run =>
  outsideWindow !== undefined &&
  run.isDecideByOfWindow &&
  run.decideBy &&
  run.decideBy < new Date(atUtc)
    ? (without(run, 'decideBy') as Run) // it is optional
    : run;
