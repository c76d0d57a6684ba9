import {shellWord} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';
import {appliedEntries} from '../model/progress.ts';
import type {Claim, ClaimStatus} from '../model/target.ts';
import {type Claimant, isMadeHere, relationTo} from './claim-owner.ts';
import type {ClaimableSystem} from './claimable-systems.ts';
import {readableProgress} from './past-runs.ts';

interface ClaimedBy extends Claimant {
  readonly opened: {readonly inventory: {readonly file: string; readonly name: string}};
}

/** Another run owns a system, or a process works on it. */
export function systemsClaimed(
  claimant: ClaimedBy,
  {target, isGuard}: Pick<ClaimableSystem, 'target' | 'isGuard'>,
  {claim, holder}: ClaimStatus,
): Problem {
  const {file, name} = claimant.opened.inventory;
  const relation = relationTo(claimant, claim);
  if (!claim || relation === 'own' || relation === 'ended') {
    return inUse(target, holder ?? 'another session', file);
  }
  const activity = holder ? `A process works on it now (${holder})` : 'No process works on it now';
  const facts = {target, activity, file, ...claim, owner: ownerOf(claim)};
  if (relation === 'copied') {
    return runCopied(facts);
  }
  if (isGuard) {
    return guardClaimed({...facts, environment: name});
  }
  const isHere = isMadeHere(claimant.host, claim);
  const progress = isHere ? readableProgress(claimant.host, claim.run) : undefined;
  if (progress) {
    return appliedEntries(progress).length === 0 ? claimedUnchanged(facts) : claimedHere(facts);
  }
  return claimedElsewhere({...facts, journal: journalText(claimant, claim)});
}

const journalText = ({host}: ClaimedBy, claim: Claim): string => {
  if (isMadeHere(host, claim)) {
    return 'Its journal is damaged';
  }
  return host.state.journalIdentity(claim.run) === null
    ? 'Its journal is not in this state folder'
    : 'The journal of that run in this state folder is only a copy, and may be old';
};

interface ClaimFacts extends Claim {
  readonly target: string;
  readonly owner: string;
  readonly activity: string;
  /** The inventory, as it is given on the command line. */
  readonly file: string;
}

const inUse = (target: string, holder: string, file: string): Problem => ({
  code: 'systems-claimed',
  message: `Another run works on ${target} now, through ${holder}.`,
  hint: {
    text: 'Wait until it has ended. Show who is connected with',
    command: `status -i ${shellWord(file)}`,
  },
});

const claimedHere = ({target, owner, activity, run}: ClaimFacts): Problem => ({
  code: 'systems-claimed',
  message: `${target} is claimed by ${owner}. ${activity}.`,
  hint: {text: 'Reverse that run first, or continue it with', command: `resume ${run}`},
});

const claimedUnchanged = ({target, owner, activity, run, file}: ClaimFacts): Problem => ({
  code: 'systems-claimed',
  message: `${target} is claimed by ${owner}. ${activity}, and the run has no changes in place.`,
  hint: {
    text: `Continue that run with "resume ${run}", or take over its claim with`,
    command: `unlock ${run} -i ${shellWord(file)}`,
  },
});

const claimedElsewhere = (facts: ClaimFacts & {readonly journal: string}): Problem => {
  const {target, owner, activity, journal, user, host, run, file} = facts;
  return {
    code: 'systems-claimed',
    message: `${target} is claimed by ${owner}. ${activity}. ${journal}.`,
    hint: {
      text: `Ask ${user} on ${host} to finish or reverse that run. If nobody can, take over its claim with`,
      command: `unlock ${run} -i ${shellWord(file)}`,
    },
  };
};

const guardClaimed = (facts: ClaimFacts & {readonly environment: string}): Problem => {
  const {target, owner, activity, environment, run, file} = facts;
  return {
    code: 'systems-claimed',
    message: `${target} is claimed by ${owner}. ${activity}. A claim on it keeps every other run out of ${environment}.`,
    hint: {
      text: `Wait until that run is over. If you are sure that the two runs change different systems, repeat the command with --besides ${run}. If nobody can finish or reverse that run, take over its claim with`,
      command: `unlock ${run} -i ${shellWord(file)}`,
    },
  };
};

/** Whose claim it is, and where its journal lies. */
export const ownerOf = ({run, runbook, inventory, user, host, folder, sinceUtc}: Claim): string =>
  `run ${run} of ${runbook} on ${inventory}, by ${user}@${host} in ${folder}, since ${sinceUtc.slice(0, 16).replace('T', ' ')} UTC`;

const runCopied = ({target, activity, user, host, folder, run, file}: ClaimFacts): Problem => ({
  code: 'run-copied',
  message: `${target} is claimed by run ${run} with another copy of its journal: that of ${user}@${host} in ${folder}. ${activity}. The journal here may be old.`,
  hint: {
    text: 'Continue or reverse the run there. If that folder is lost, take over its claim, and compare the next plan closely with what you expect',
    command: `unlock ${run} -i ${shellWord(file)}`,
  },
});

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
