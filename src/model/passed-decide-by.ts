import {without} from './without.ts';

/** A run that continues outside the window, with a reason, does not stop at the end of that window. */
export const withoutPassedDecideBy = <Run extends {readonly decideBy?: Date}>(
  run: Run,
  {outsideWindow, atUtc}: {readonly outsideWindow?: string | undefined; readonly atUtc: string},
): Run =>
  outsideWindow !== undefined && run.decideBy && run.decideBy < new Date(atUtc)
    ? (without(run, 'decideBy') as Run) // it is optional
    : run;
