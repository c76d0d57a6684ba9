import type {Problem} from '../model/problem.ts';
import type {ClaimStatus} from '../model/target.ts';
import type {Host} from './host.ts';
import {readableProgress} from './past-runs.ts';

interface ClaimedBy extends ClaimStatus {
  readonly host: Pick<Host, 'state'>;
  /** The file that names the system. */
  readonly inventory: string;
}

/** Another run owns a system, or a process works on it. */
export function systemsClaimed(
  target: string,
  {claim, holder, host, inventory}: ClaimedBy,
): Problem {
  if (!claim) {
    return {
      code: 'systems-claimed',
      message: `Another run works on ${target} now, through ${holder}.`,
      hint: {
        text: 'Wait until it has ended. See who it is with',
        command: `status -i ${inventory}`,
      },
    };
  }
  const {run, runbook, inventory: name, user, host: from, sinceUtc} = claim;
  const activity = holder ? `A process works on it now (${holder})` : 'No process works on it now';
  const owner = `run ${run} of ${runbook} on ${name}, of ${user}@${from}, since ${sinceUtc}`;
  if (readableProgress(host, run)) {
    return {
      code: 'systems-claimed',
      message: `${target} is claimed by ${owner}. ${activity}.`,
      hint: {text: 'Reverse that run first, or continue it with', command: `resume ${run}`},
    };
  }
  return {
    code: 'systems-claimed',
    message: `${target} is claimed by ${owner}. Its journal is in another state folder, or damaged. ${activity}.`,
    hint: {
      text: `Have that run finished or reversed by ${user} on ${from}. If nobody can, take its claim over with`,
      command: `unlock ${run} -i ${inventory}`,
    },
  };
}

export const claimLost = (target: string, why: string, run: string): Problem => ({
  code: 'claim-lost',
  message: `${target} is not claimed by this run any more: ${why}.`,
  hint: {
    text: 'Nothing more was changed. If no other run works on it, continue with',
    command: `resume ${run}`,
  },
});

export const claimNotKept = (target: string, reason: string, what: string): Problem => ({
  code: 'claim-not-kept',
  message: `${target} does not keep the claim of this run: ${reason}`,
  hint: {
    text: 'Nothing has been changed. See which grants its account lacks with',
    command: `permissions ${what}`,
  },
});
