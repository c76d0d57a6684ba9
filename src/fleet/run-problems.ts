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
