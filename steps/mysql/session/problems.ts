import type {Problem} from '../../../src/index.ts';
import type {Endpoint} from './contract.ts';

export const unreachable = ({name, address}: Endpoint, why: string): Problem => ({
  code: 'mysql-server-unreachable',
  message: `${name} at ${address} cannot be reached: ${why}.`,
  hint: `Look whether the server runs and whether a firewall stands between, then try: mysql --host --port as in the inventory.`,
});

export const unknownHost = ({name, address}: Endpoint): Problem => ({
  code: 'mysql-unknown-host',
  message: `The host of ${name}, ${address}, has no address in DNS.`,
  hint: `Correct host in the inventory's entry ${name}, or the resolver of this machine.`,
});

export const accessDenied = ({name, address}: Endpoint, user: string): Problem => ({
  code: 'mysql-access-denied',
  message: `${name} at ${address} does not let the account ${user} in.`,
  hint: `Check the account's host part and the password that the inventory's entry ${name} refers to.`,
});

export const tooManyConnections = ({name, address}: Endpoint): Problem => ({
  code: 'mysql-too-many-connections',
  message: `${name} at ${address} has no connection left.`,
  hint: 'Raise max_connections, or end sessions that nobody needs, then resume.',
});

export const statementTimeout = (
  {name, address}: Endpoint,
  limitMs: number,
  sql: string,
): Problem => ({
  code: 'mysql-statement-timeout',
  message: `${name} at ${address} has not answered "${brief(sql)}" within ${limitMs} ms.`,
  hint: 'Look with SHOW PROCESSLIST what the server is waiting for, then resume.',
});

export const answerLost = ({name, address}: Endpoint, sql: string): Problem => ({
  code: 'mysql-answer-lost',
  message: `The connection to ${name} at ${address} ended before the answer to "${brief(sql)}", which may or may not have taken effect.`,
  hint: 'Resume: the next look tells whether it has.',
});

export const connectionLost = ({name, address}: Endpoint): Problem => ({
  code: 'mysql-connection-lost',
  message: `${name} at ${address} ended the connection twice in a row.`,
  hint: 'Look whether the server restarts or somebody ends its sessions, then resume.',
});

export const privilegeMissing = ({name}: Endpoint, sql: string, server: string): Problem => ({
  code: 'mysql-privilege-missing',
  message: `${name} does not allow "${brief(sql)}": ${server}.`,
  hint: `Grant the account what the step needs; switcharoo steps lists it.`,
});

export const statementRefused = ({name}: Endpoint, sql: string, server: string): Problem => ({
  code: 'mysql-statement-refused',
  message: `${name} refuses "${brief(sql)}": ${server}.`,
  hint: 'Look at the server with SHOW SLAVE STATUS (SHOW REPLICA STATUS) and its error log, then resume.',
});

export const multiSource = ({name}: Endpoint, count: number): Problem => ({
  code: 'mysql-multi-source',
  message: `${name} follows ${count} servers at once, and a cutover knows one.`,
  hint: `Stop and reset the other channels of ${name} first.`,
});

export const replicationAccountMissing = ({name}: Endpoint): Problem => ({
  code: 'mysql-replication-account-missing',
  message: `${name} is to follow another server, and the inventory names no account for that.`,
  hint: `Add replication: {user, password} to the inventory's entry ${name}: the account with which it logs in there.`,
});

export const replicationNotRunning = (name: string, why: string): Problem => ({
  code: 'mysql-replication-not-running',
  message: `Replication on ${name} was started and does not run: ${why}.`,
  hint: `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${name}, remove the cause, then resume.`,
});

export const sqlThreadNotSwitched = (name: string, wanted: 'Yes' | 'No', why: string): Problem => ({
  code: 'mysql-sql-thread-not-switched',
  message: `The SQL thread of ${name} was ${wanted === 'Yes' ? 'started and does not run' : 'stopped and still runs'}: ${why}.`,
  hint: `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${name}, remove the cause, then resume.`,
});

export const sessionsNotKilled = (name: string, sessions: readonly string[]): Problem => ({
  code: 'mysql-sessions-not-killed',
  message: `${sessions.length} sessions on ${name} were ended and are still there: ${sessions.slice(0, 5).join(', ')}.`,
  hint: 'A session that rolls back a large transaction takes its time: wait until SHOW PROCESSLIST is clear, then resume.',
});

/** One line, and short. Values are never part of it: they travel as placeholders. */
function brief(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

export const freezeLockTimeout = (
  name: string,
  seconds: number,
  suspects: readonly string[],
): Problem => ({
  code: 'mysql-freeze-lock-timeout',
  message: `${name} did not get its lock for read_only within ${seconds} s, and accepts writes as before${suspects.length > 0 ? `: ${suspects.join('; ')}` : ''}.`,
  hint: 'End what holds the lock (LOCK TABLES, a long UPDATE, a running DDL), or raise lockWaitSeconds, then try again.',
});

export const freezeNotInEffect = (name: string): Problem => ({
  code: 'mysql-freeze-not-in-effect',
  message: `${name} was told to refuse writes, and read_only is OFF all the same.`,
  hint: `Find out who sets read_only on ${name} (a watchdog, another operator), then try again.`,
});

export const reverseReplicationActive = (name: string, leader: string): Problem => ({
  code: 'mysql-reverse-replication-active',
  message: `${name} follows ${leader}; writes on both would be two histories, so it keeps refusing them.`,
  hint: 'Reverse mysql.replicate-back first: switcharoo reverse does that by itself, newest first.',
});

export const writesAfterFreeze = (name: string, frozenAt: string, now: string): Problem => ({
  code: 'mysql-writes-after-freeze',
  message: `${name} stands at ${now}, and was frozen at ${frozenAt}: something was written there since, and the other side does not have it.`,
  hint: `Look with SHOW BINLOG EVENTS on ${name} what it was. Unless it was no data, reverse to the checkpoint before the freeze.`,
});

export const sourceNotFrozen = (leader: string, follower: string): Problem => ({
  code: 'mysql-source-not-frozen',
  message: `${leader} still accepts writes, so ${follower} can never have executed the last of them.`,
  hint: `Fence ${leader} first (reverse its entry that opened writes), then reverse again.`,
});

export const replicationFilterMissing = (follower: string, leader: string): Problem => ({
  code: 'mysql-replication-filter-missing',
  message: `${follower} would also replicate the schema mysql of ${leader}, and stop at the first change of a table that only ${leader} has.`,
  hint: `Set replicate-wild-ignore-table=mysql.% on ${follower} (my.cnf and a restart on 5.6; CHANGE REPLICATION FILTER from 5.7.3 on).`,
});

export const binaryLogUnreadable = ({name, address}: Endpoint, why: string): Problem => ({
  code: 'mysql-binary-log-unreadable',
  message: `The binary log of ${name} at ${address} cannot be read: ${why}.`,
  hint: 'Compare everything anew (mysql.verify-data), and leave less time until the changes since are compared. It needs REPLICATION SLAVE, rows in the log, and no binlog_transaction_compression.',
});
