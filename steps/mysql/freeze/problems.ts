import type {Problem} from '../../../src/index.ts';

export const sessionsNotKilled = (name: string, sessions: readonly string[]): Problem => ({
  code: 'mysql-sessions-not-killed',
  message: `${sessions.length} sessions on ${name} were killed but are still there: ${sessions.slice(0, 5).join(', ')}.`,
  hint: 'A session that rolls back a large transaction takes time: wait until SHOW PROCESSLIST is clear, then resume.',
});

export const sessionKillRefused = (name: string, sessions: readonly string[]): Problem => ({
  code: 'mysql-session-kill-refused',
  message: `${name} refused to end sessions that are still connected: ${sessions.slice(0, 5).join(', ')}.`,
  hint: `Close them where they were opened, or end them with an account that may (CONNECTION_ADMIN, and SYSTEM_USER for sessions that have it). Then check SHOW PROCESSLIST on ${name}, and resume.`,
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

export const thawNotArmed = (name: string): Problem => ({
  code: 'mysql-thaw-not-armed',
  message: `${name} does not have the event mysql.switcharoo_thaw, which was to end the freeze by itself. Writes were not frozen.`,
  hint: `Check on ${name} that event_scheduler is ON and that the account has EVENT ON mysql.*, or leave out endsItselfAfterSeconds.`,
});

export const freezeEndedItself = (name: string): Problem => ({
  code: 'mysql-freeze-ended-itself',
  message: `The freeze of ${name} took too long: its event mysql.switcharoo_thaw has ended it, and ${name} accepts writes. Aurora stays closed.`,
  hint: 'Reverse to the checkpoint before the freeze, raise endsItselfAfterSeconds or find out what took long, then try again.',
});

export const thawNotDisarmed = (name: string): Problem => ({
  code: 'mysql-thaw-not-disarmed',
  message: `${name} did not confirm that the event mysql.switcharoo_thaw can no longer end the freeze.`,
  hint: `Check that the connection to ${name} is stable, then resume.`,
});
