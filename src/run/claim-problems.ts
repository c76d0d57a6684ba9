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
        text: 'Wait until it has ended. Show who is connected with',
        command: `status -i ${inventory}`,
      },
    };
  }
  const {run, runbook, inventory: name, user, host: from, sinceUtc} = claim;
  const activity = holder ? `A process works on it now (${holder})` : 'No process works on it now';
  const owner = `run ${run} of ${runbook} on ${name}, by ${user}@${from}, since ${sinceUtc}`;
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
      text: `Ask ${user} on ${from} to finish or reverse that run. If nobody can, take over its claim with`,
      command: `unlock ${run} -i ${inventory}`,
    },
  };
}

export const claimLost = (target: string, why: string, run: string): Problem => ({
  code: 'claim-lost',
  message: `This run has no claim on ${target}: ${why}.`,
  hint: {
    text: 'Nothing was changed after that. If no other run works on it, continue with',
    command: `resume ${run}`,
  },
});

export const claimNotKept = (target: string, reason: string, what: string): Problem => ({
  code: 'claim-not-kept',
  message: `The claim of this run could not be written to ${target}: ${reason}`,
  hint: {
    text: 'Nothing has been changed. Show the missing grants of its account with',
    command: `permissions ${what}`,
  },
});
