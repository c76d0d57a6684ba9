import type {Problem} from '../../../src/index.ts';
import type {Position} from '../contract.ts';
import type {Endpoint} from '../session/contract.ts';
import {positionText} from './position.ts';

export const multiSource = ({name}: Endpoint, count: number): Problem => ({
  code: 'mysql-multi-source',
  message: `${name} replicates from ${count} servers at once, but a cutover supports only one.`,
  hint: `Stop and reset the other channels of ${name} first: STOP SLAVE FOR CHANNEL, RESET SLAVE ALL FOR CHANNEL.`,
});

export const replicationAccountMissing = ({name}: Endpoint): Problem => ({
  code: 'mysql-replication-account-missing',
  message: `${name} is to replicate from another server, but the inventory has no account for that.`,
  hint: `Add replication: {user, password} to the inventory's entry ${name}: the account with which it logs in there.`,
});

export const replicationNotRunning = (name: string, reason: string): Problem => ({
  code: 'mysql-replication-not-running',
  message: `Replication on ${name} was started but does not run: ${reason}.`,
  hint: `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${name}, fix the cause, then resume.`,
});

export const sqlThreadNotSwitched = (
  name: string,
  state: 'Yes' | 'No',
  reason: string,
): Problem => ({
  code: 'mysql-sql-thread-not-switched',
  message: `The SQL thread of ${name} was ${state === 'Yes' ? 'started but does not run' : 'stopped but still runs'}: ${reason}.`,
  hint: `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${name}, fix the cause, then resume.`,
});

export const sourceNotFrozen = (source: string, replica: string): Problem => ({
  code: 'mysql-source-not-frozen',
  message: `${source} still accepts writes, so ${replica} may miss the last of them.`,
  hint: `Freeze writes on ${source} first (reverse its entry that opened writes), then reverse again.`,
});

export const replicationFilterMissing = (replica: string, source: string): Problem => ({
  code: 'mysql-replication-filter-missing',
  message: `${replica} would also replicate the schema mysql of ${source}, and stop at the first change of a table that only ${source} has.`,
  hint: `Set replicate-wild-ignore-table=mysql.% on ${replica} (my.cnf and a restart on 5.6; CHANGE REPLICATION FILTER from 5.7.3 on).`,
});

export const binaryLogUnreadable = ({name, address}: Endpoint, reason: string): Problem => ({
  code: 'mysql-binary-log-unreadable',
  message: `The binary log of ${name} at ${address} cannot be read: ${reason}.`,
  hint: 'Compare all data again (mysql.verify-data), and compare the changes sooner after it. Reading the log needs REPLICATION SLAVE, rows in the log, and no binlog_transaction_compression.',
});

export const binaryLogCut = (name: string, at: Position): Problem => ({
  code: 'mysql-binary-log-cut',
  message: `The binary log of ${name} ends in the middle of an event at ${positionText(at)}, and the event was not completed within 5 s.`,
  hint: `Check the disk and the error log of ${name}, and read that event with mysqlbinlog. What was written after ${positionText(at)} is unknown: compare the data.`,
});
