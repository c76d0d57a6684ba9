import type {Problem} from '../../src/index.ts';

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
