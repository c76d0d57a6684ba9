import {shellWord} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';

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
}

/** PostgreSQL was restored from a backup, or made again. */
export const runAlreadyDone = ({unit, run, host}: EarlierRun): Problem => ({
  code: 'fleet-run-already-done',
  message: `${unit} was already run on ${host}: ${run}, done. PostgreSQL did not know that run.`,
  hint: {
    text: 'PostgreSQL may be an old copy. To move the unit again, reverse that run first. Otherwise, count the unit as done with',
    command: `fleet resume ${unit}`,
  },
});

export const runAlreadyStarted = ({unit, run, host}: EarlierRun): Problem => ({
  code: 'fleet-run-already-started',
  message: `${unit} already began on ${host}: ${run}, not finished. PostgreSQL did not know that run.`,
  hint: {
    text: `PostgreSQL may be an old copy. Continue the run with "fleet resume ${unit}", or reverse it, after you have checked what is in place with`,
    command: `status ${run}`,
  },
});

/** Its journal is in a store, and not here. */
export const runStartedElsewhere = ({
  unit,
  run,
  host,
  inventory,
}: EarlierRun & {readonly inventory: string}): Problem => ({
  code: 'fleet-run-started-elsewhere',
  message: `${unit} already began on ${host}: ${run}, not finished. PostgreSQL did not know that run.`,
  hint: {
    text: `PostgreSQL may be an old copy. Finish or reverse the run on ${host}, and then use "fleet resume ${unit}". If that host is lost, take the run over first`,
    command: `take-over ${run} -i ${shellWord(inventory)}`,
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
