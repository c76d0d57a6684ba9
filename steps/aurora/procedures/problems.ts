import type {Problem} from '../../../src/index.ts';

export const procedureMissing = (server: string, procedure: string): Problem => ({
  code: 'aurora-procedure-missing',
  message: `${server} has no procedure mysql.${procedure}.`,
  hint: 'Upgrade the cluster (rds_set_read_only needs Aurora MySQL 3.06 or later), or correct the endpoint if it is not Aurora.',
});

export const procedureDiffers = (
  server: string,
  procedure: string,
  actual: number,
  expected: number,
): Problem => ({
  code: 'aurora-procedure-signature-unknown',
  message: `mysql.${procedure} on ${server} takes ${actual} arguments, not ${expected}.`,
  hint: 'This engine version is not supported yet: report its version to the maintainers of switcharoo.',
});

export const readOnlyUnchanged = (server: string, flag: 0 | 1, actual: 'ON' | 'OFF'): Problem => ({
  code: 'aurora-read-only-unchanged',
  message: `mysql.rds_set_read_only(${flag}) returned on ${server}, but read_only is still ${actual}.`,
  hint: 'Check read_only in the parameter group and the sessions in SHOW PROCESSLIST, then resume.',
});

export const replicationNotStopped = (server: string, io: string, sql: string): Problem => ({
  code: 'aurora-replication-not-stopped',
  message: `mysql.rds_stop_replication returned on ${server}, but its threads are still IO ${io} and SQL ${sql}.`,
  hint: `On ${server}: SHOW REPLICA STATUS, CALL mysql.rds_stop_replication; then resume.`,
});
