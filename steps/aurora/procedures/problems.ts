import type {Problem} from '../../../src/index.ts';

export const procedureMissing = (name: string, wanted: string): Problem => ({
  code: 'aurora-procedure-missing',
  message: `${name} has no procedure mysql.${wanted}.`,
  hint: 'rds_set_read_only needs Aurora MySQL 3.06 or later; upgrade the cluster, or look whether the endpoint belongs to Aurora.',
});

export const procedureDiffers = (
  name: string,
  wanted: string,
  has: number,
  needs: number,
): Problem => ({
  code: 'aurora-procedure-differs',
  message: `mysql.${wanted} on ${name} takes ${has} arguments, not ${needs}.`,
  hint: 'This engine version is not known here: look the procedure up in its manual, and tell the maintainers of switcharoo.',
});

export const fenceNotTaken = (name: string, wanted: 0 | 1): Problem => ({
  code: 'aurora-fence-not-taken',
  message: `mysql.rds_set_read_only(${wanted}) returned on ${name}, and read_only is ${wanted === 1 ? 'OFF' : 'ON'} all the same.`,
  hint: 'Look who else sets it (a parameter group, another operator), then resume.',
});

export const notFenced = (name: string): Problem => ({
  code: 'aurora-not-fenced',
  message: `${name} accepts writes, and may follow another server only while it refuses them.`,
  hint: 'Reverse aurora.open-writes first: switcharoo reverse does that by itself, newest first.',
});

export const stillWritten = (name: string, from: string, to: string): Problem => ({
  code: 'aurora-still-written',
  message: `${name} refuses writes, and its position still moved from ${from} to ${to}.`,
  hint: 'An account with CONNECTION_ADMIN or an event writes: end it, then resume.',
});

export const upstreamMoved = (name: string, at: string, upstream: string, to: string): Problem => ({
  code: 'aurora-upstream-moved',
  message: `${name} stopped at ${at}, and ${upstream} has written on until ${to}.`,
  hint: `Find out who writes on ${upstream} although writes are frozen; reverse puts ${name} back to following it.`,
});

export const notStopped = (name: string, io: string, sql: string): Problem => ({
  code: 'aurora-replication-not-stopped',
  message: `mysql.rds_stop_replication returned on ${name}, and its threads still say IO ${io} and SQL ${sql}.`,
  hint: `Look at ${name} with SHOW REPLICA STATUS, call mysql.rds_stop_replication by hand, then resume.`,
});

export const preparedRemain = (name: string, count: number): Problem => ({
  code: 'aurora-prepared-transactions',
  message: `${name} refuses writes, but holds ${count} prepared XA transactions (XA RECOVER), which can still be committed.`,
  hint: `Decide about each with XA COMMIT or XA ROLLBACK on ${name}, then reverse again.`,
});

export const seedTargetNotEmpty = (name: string, has: string): Problem => ({
  code: 'seed-target-not-empty',
  message: `${name} has ${has} by now, and a copy is made on an empty cluster only.`,
  hint: 'Find out who put it there, then resume.',
});

export const seedGone = (name: string, run: string): Problem => ({
  code: 'seed-mark-gone',
  message: `switcharoo.seed on ${name} no longer says that run ${run} makes a copy there, so nothing is loaded or dropped.`,
  hint: `Find out who changed it. What is on ${name} is not touched until it is empty, or says so again.`,
});

export const seedNoClient = (name: string): Problem => ({
  code: 'seed-client-missing',
  message: `No dump client on this machine suits ${name} any more.`,
  hint: "Install MySQL's own mysqldump and mysql again, then resume.",
});

export const seedNotStill = (name: string, sql: string): Problem => ({
  code: 'seed-replica-executes',
  message: `The SQL thread of ${name} was stopped for the copy, and says ${sql}.`,
  hint: `Find out who started it, then resume: it is stopped again, and the copy begins anew.`,
});

export const seedMoved = (name: string, at: string, now: string): Problem => ({
  code: 'seed-replica-written',
  message: `Somebody wrote on ${name} while it was copied: it stood at ${at}, and stands at ${now}.`,
  hint: `Set read_only = ON on ${name} and stop whoever writes there, then resume: the copy begins anew.`,
});

export const seedObjectsDiffer = ({
  schema,
  what,
  count,
  has,
  from,
  to,
}: {
  readonly schema: string;
  readonly what: string;
  readonly count: number;
  readonly has: number;
  readonly from: string;
  readonly to: string;
}): Problem => ({
  code: 'seed-objects-missing',
  message: `The copy of schema ${schema} on ${to} has ${has} of ${count} objects of type ${what}.`,
  hint: `Look whether the account of ${from} may see them all (SELECT, SHOW VIEW, EVENT, TRIGGER ON *.*), then resume: the copy begins anew.`,
});

export const seedInUse = (name: string, why: string): Problem => ({
  code: 'seed-in-use',
  message: `${name} is in use, so nothing is dropped there: ${why}.`,
  hint: 'Reverse first what came after the copy, then reverse again.',
});

export const restoreRefused = (cluster: string, said: string): Problem => ({
  code: 'aurora-restore-refused',
  message: `RDS refuses the request for cluster ${cluster}: ${said}`,
  hint: 'Correct the input of the entry, the bucket or the role, then resume.',
});

export const restoreFailed = (cluster: string, status: string, said: string | null): Problem => ({
  code: 'aurora-restore-failed',
  message: `Cluster ${cluster} is ${status}${said === null ? '' : `; RDS said last: ${said}`}.`,
  hint: 'Look at its events and its error log; reverse deletes it, then correct the backup or the input, and run again.',
});

export const clusterNotOurs = (cluster: string, run: string): Problem => ({
  code: 'aurora-cluster-not-ours',
  message: `RDS has a cluster ${cluster} that run ${run} did not make, so nothing is made or deleted there.`,
  hint: 'Find out who made it; name another clusterIdentifier in the inventory, or leave the entry out.',
});

export const clusterGone = (cluster: string): Problem => ({
  code: 'aurora-cluster-gone',
  message: `RDS has no cluster ${cluster} any more, though this run has made it.`,
  hint: 'Find out who deleted it, then resume: it is made again.',
});

export const clusterKept = (cluster: string, why: string): Problem => ({
  code: 'aurora-cluster-kept',
  message: `Cluster ${cluster} is not deleted: ${why}.`,
  hint: 'Reverse first what came after it, then reverse again.',
});
