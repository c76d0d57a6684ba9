import type {Problem} from '../../../src/index.ts';

export const seedTargetNotEmpty = (server: string, content: string): Problem => ({
  code: 'seed-target-not-empty',
  message: `${server} now has ${content}, but a copy needs an empty cluster.`,
  hint: `Drop it on ${server} if it is not needed, then resume.`,
});

export const seedMarkerMissing = (server: string, run: string): Problem => ({
  code: 'seed-marker-missing',
  message: `switcharoo.seed on ${server} no longer records that run ${run} makes a copy there, so nothing is loaded or dropped.`,
  hint: `Restore the row in switcharoo.seed, or empty ${server} by hand; then resume.`,
});

export const seedClientMissing = (server: string): Problem => ({
  code: 'seed-client-missing',
  message: `This machine no longer has a dump client for ${server}.`,
  hint: "Install MySQL's own mysqldump and mysql again, then resume.",
});

export const seedReplicaExecuting = (server: string, sql: string): Problem => ({
  code: 'seed-replica-executing',
  message: `The SQL thread of ${server} was stopped for the copy, but is now ${sql}.`,
  hint: 'Resume: the thread is stopped again, and the copy restarts.',
});

export const seedWritesOnReplica = (server: string, at: string, now: string): Problem => ({
  code: 'seed-writes-on-replica',
  message: `${server} received writes while it was copied: its position was ${at}, and is now ${now}.`,
  hint: `SET GLOBAL read_only = ON on ${server}, then resume: the copy restarts.`,
});

export const seedObjectsMissing = ({
  schema,
  what,
  expected,
  actual,
  from,
  to,
}: {
  readonly schema: string;
  readonly what: string;
  readonly expected: number;
  readonly actual: number;
  readonly from: string;
  readonly to: string;
}): Problem => ({
  code: 'seed-objects-missing',
  message: `The copy of schema ${schema} on ${to} has ${actual} of ${expected} objects of type ${what}.`,
  hint: `Grant switcharoo's account on ${from} SELECT, SHOW VIEW, EVENT, TRIGGER ON *.*, then resume: the copy restarts.`,
});

export const seedTargetInUse = (server: string, reason: string): Problem => ({
  code: 'seed-target-in-use',
  message: `${server} is in use, so nothing is dropped there: ${reason}.`,
  hint: 'Reverse the later entries first, then reverse again.',
});
