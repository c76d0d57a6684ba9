import {shellWord} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';
import type {UnitWork} from './rows.ts';

export const runEndedInOutage = (run: string): Problem => ({
  code: 'fleet-run-in-outage',
  message: `${run} was interrupted in its outage, and does not continue by itself.`,
  hint: {
    text: 'Resume or reverse the run after you have checked what is in place with',
    command: `status ${run}`,
  },
});

export const runReversing = (run: string): Problem => ({
  code: 'fleet-run-reversing',
  message: `The reversal of ${run} was interrupted.`,
  hint: {text: 'Finish the reversal', command: `reverse ${run}`},
});

export const runReversed = (run: string): Problem => ({
  code: 'fleet-run-reversed',
  message: `${run} was reversed.`,
  hint: {
    text: 'Before you start a new run with "fleet resume" or leave the unit out, read why in',
    command: `report ${run}`,
  },
});

interface EarlierRun {
  readonly unit: string;
  readonly run: string;
  readonly host: string;
  readonly isDone: boolean;
  readonly runbook: string;
  readonly inventory: string;
}

const hasRun = (
  {unit, run, host, runbook, inventory, isDone}: EarlierRun,
  state = isDone ? 'is done' : 'is not finished',
): string =>
  `${unit} has already run ${runbook} on ${host} with ${inventory} (${run}) and ${state}`;

/** PostgreSQL was restored from a backup, or made again. */
export const runAlreadyDone = (earlier: EarlierRun): Problem => ({
  code: 'fleet-run-already-done',
  message: `${hasRun(earlier)}, but PostgreSQL has no record of that run.`,
  hint: {
    text: 'PostgreSQL may have been restored from a backup. To move the unit again, reverse that run first. Otherwise, count the unit as done with',
    command: `fleet resume ${earlier.unit}`,
  },
});

export const runAlreadyReversed = (earlier: EarlierRun): Problem => ({
  code: 'fleet-run-already-reversed',
  message: `${hasRun(earlier, 'was reversed')}, but PostgreSQL has no record of that run.`,
  hint: {
    text: `PostgreSQL may have been restored from a backup. Start a new run with "fleet resume ${earlier.unit}", or leave the unit out, after you have read why it was reversed in`,
    command: `report ${earlier.run}`,
  },
});

export const runAlreadyStarted = (earlier: EarlierRun): Problem => ({
  code: 'fleet-run-already-started',
  message: `${hasRun(earlier)}, but PostgreSQL has no record of that run.`,
  hint: {
    text: `PostgreSQL may have been restored from a backup. Continue the run with "fleet resume ${earlier.unit}", or reverse it, after you have checked what is in place with`,
    command: `status ${earlier.run}`,
  },
});

/** It may be of a trial, or the names have changed since. */
export const runOfOther = (earlier: EarlierRun, names: UnitWork['names']): Problem => ({
  code: 'fleet-run-of-other',
  message: `${hasRun(earlier)}. Its wave has ${names?.runbook} with ${names?.inventory}.`,
  hint: {
    text: 'If that run has moved this service, leave the unit out. If it was of another system, let the unit begin with',
    command: `fleet resume ${earlier.unit}`,
  },
});

/** Another host may have reversed it since, and its store was not read. */
export const runDoneUnread = (unit: string, run: string, {message, hint}: Problem): Problem => ({
  code: 'fleet-run-done-unread',
  message: `${run} is done according to the journal here, but its store does not confirm that no other host has reversed it. ${message}`,
  hint:
    hint === undefined || typeof hint === 'string'
      ? {
          text: 'When the store answers, count the unit as done with',
          command: `fleet resume ${unit}`,
        }
      : hint,
});

/** Its journal is in a store, and not here. */
export const runStartedElsewhere = ({
  file,
  ...earlier
}: EarlierRun & {readonly file: string}): Problem => ({
  code: 'fleet-run-started-elsewhere',
  message: `${hasRun(earlier)}, but PostgreSQL has no record of that run.`,
  hint: {
    text: `PostgreSQL may have been restored from a backup. Finish or reverse the run on ${earlier.host}, and then use "fleet resume ${earlier.unit}". If that host is lost, take the run over first`,
    command: `take-over ${earlier.run} -i ${shellWord(file)}`,
  },
});

export const runByHand = (run: string, worker: string): Problem => ({
  code: 'fleet-run-by-hand',
  message: `${run} is continued by hand: ${worker} works on it.`,
  hint: {
    text: 'Wait until that process has ended. Follow the run on its host with',
    command: `watch ${run}`,
  },
});

export const runLeftByHand = (run: string): Problem => ({
  code: 'fleet-run-left-by-hand',
  message: `${run} was continued by hand, and is not finished.`,
  hint: {
    text: 'Resume or reverse the run after you have checked what is in place with',
    command: `status ${run}`,
  },
});
