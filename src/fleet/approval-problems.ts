import {shellWord} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';

export const approverGiven = (role: string): Problem => ({
  code: 'fleet-approver-given',
  message: `You cannot approve as ${role} with --as: DATABASE_URL is set, and its PostgreSQL knows your role.`,
  hint: `Omit --as to approve as the role in DATABASE_URL. To approve as ${role}, log in to PostgreSQL as ${role}.`,
});

export const approverNeeded = (wave: string, by: readonly string[]): Problem => ({
  code: 'fleet-approver-needed',
  message:
    by.length === 0
      ? `${wave} needs no approval.`
      : `${wave} needs approval by ${by.join(' or ')}, and the PostgreSQL of this state folder cannot tell who you are.`,
  hint:
    by.length === 0
      ? 'Its units begin without one.'
      : {
          text: 'For a trial, name the approver',
          command: `fleet approve ${wave} --as ${firstOf(by)}`,
        },
});

/** `which`: why they are not for a trial. */
export const approvalUnproven = (
  wave: string,
  units: readonly string[],
  which = 'with a protected inventory',
): Problem => ({
  code: 'fleet-approval-unproven',
  message: `${wave} needs approval, and it has units ${which}: ${units.slice(0, 10).join(', ')}${units.length > 10 ? ', …' : ''}. The PostgreSQL of this state folder cannot tell who approves: anybody who uses the folder can approve as somebody else.`,
  hint: 'Set DATABASE_URL to a PostgreSQL in which each approver has a role. "fleet permissions" prints the SQL.',
});

export const waveDiffers = (
  wave: string,
  {approved, started}: {readonly approved: string; readonly started: string},
): Problem => ({
  code: 'fleet-wave-differs',
  message: `${wave} was started with the digest ${started}, but you passed ${approved}. Nothing was approved.`,
  hint: {
    text: 'The wave was started from other files than yours, or with another release of switcharoo. Get those files or that release, read the files, and print their digest with',
    command: 'fleet plan',
  },
});

export const notAnApprover = (
  wave: string,
  role: string,
  {by, isOwn}: {readonly by: readonly string[]; readonly isOwn: boolean},
): Problem => ({
  code: 'fleet-approver-unknown',
  message:
    by.length === 0
      ? `${wave} needs no approval.`
      : `Only ${by.join(' or ')} may approve ${wave}, and ${isOwn ? `${role} is not one of them` : `PostgreSQL knows you as ${role}`}.`,
  hint:
    by.length === 0
      ? 'Its units begin without one.'
      : isOwn
        ? {
            text: 'For a trial, name the approver',
            command: `fleet approve ${wave} --as ${firstOf(by)}`,
          }
        : 'Ask one of them to run this command with their own DATABASE_URL.',
});

const firstOf = (names: readonly string[]): string => shellWord(names[0] ?? 'NAME');

/** `others`: who else may approve it. */
export const starterApproves = (
  wave: string,
  role: string,
  {others, isOwn}: {readonly others: readonly string[]; readonly isOwn: boolean},
): Problem => ({
  code: 'fleet-approver-started',
  message: `${role} started ${wave} and cannot approve it.`,
  hint: isOwn
    ? {
        text: 'For a trial, name the approver',
        command: `fleet approve ${wave} --as ${firstOf(others)}`,
      }
    : 'Ask somebody else to approve it with their own DATABASE_URL.',
});
