import type {Problem} from '../../../src/index.ts';

export const sessionsNotKilled = (name: string, sessions: readonly string[]): Problem => ({
  code: 'mysql-sessions-not-killed',
  message: `${sessions.length} sessions on ${name} were killed but are still there: ${sessions.slice(0, 5).join(', ')}.`,
  hint: 'A session that rolls back a large transaction takes time: wait until SHOW PROCESSLIST is clear, then resume.',
});

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
  message: `${name} was set to read_only, but read_only is OFF again.`,
  hint: `Check which session sets read_only on ${name} with SHOW PROCESSLIST (a watchdog, another operator), then try again.`,
});

export const reverseReplicationActive = (name: string, source: string): Problem => ({
  code: 'mysql-reverse-replication-active',
  message: `${name} replicates from ${source}. Writes on both would diverge, so ${name} stays read_only.`,
  hint: {text: 'Reverse the newer entry, mysql.replicate-back, first, with', command: 'reverse'},
});

export const writesAfterFreeze = (
  name: string,
  frozenAt: string,
  position: string,
  changes: readonly string[],
): Problem => ({
  code: 'mysql-writes-after-freeze',
  message: `${name} is at ${position}, and was frozen at ${frozenAt}: it has writes that the other side does not have (${changes.join(', ')}).`,
  hint: `Read them with SHOW BINLOG EVENTS on ${name}. Unless they changed no data, reverse to the checkpoint before the freeze.`,
});
