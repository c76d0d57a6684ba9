import type {Hint, Problem} from '../../../src/index.ts';

export const writesEnabled = (server: string): Problem => ({
  code: 'aurora-writes-enabled',
  message: `${server} accepts writes, and may replicate from another server only while it refuses them.`,
  hint: {text: 'Reverse the newest entry, aurora.open-writes, first, with', command: 'reverse'},
});

export const writesWhileReadOnly = (
  server: string,
  from: string,
  to: string,
  changes: readonly string[],
): Problem => ({
  code: 'aurora-writes-while-read-only',
  message: `${server} refuses writes, but its position moved from ${from} to ${to}: ${changes.join(', ')}.`,
  hint: 'Check which session writes with SHOW PROCESSLIST (an account with CONNECTION_ADMIN, or an event), end it, then resume.',
});

export const writesOnUpstream = (
  server: string,
  at: string,
  upstream: string,
  to: string,
  changes: readonly string[],
): Problem => ({
  code: 'aurora-writes-on-upstream',
  message: `${server} stopped at ${at}, but ${upstream} has new writes up to ${to}: ${changes.join(', ')}.`,
  hint: `Check which session writes on ${upstream} with SHOW PROCESSLIST; reverse makes ${server} replicate from it again.`,
});

export const transactionsPrepared = (server: string, count: number): Problem => ({
  code: 'aurora-prepared-transactions',
  message: `${server} refuses writes, but has ${count} prepared XA transactions (XA RECOVER), which can still be committed.`,
  hint: `XA COMMIT or XA ROLLBACK each of them on ${server}, then reverse again.`,
});

export const seedAgain = (server: string): Hint => ({
  text: `Drop the copied schemas on ${server} (DROP DATABASE), then copy the data again with first-copy; this runbook continues from there. With a seed of your own, give its new position`,
  command: 'run first-copy -i INVENTORY',
});

export const alreadyReplicated = (server: string, reason: string): Problem => ({
  code: 'aurora-already-replicated',
  message: `Replication on ${server} was not set up. ${reason}`,
  hint: seedAgain(server),
});

export const sourceWritable = (source: string, aurora: string): Problem => ({
  code: 'aurora-source-writable',
  message: `${source} accepts writes again (read_only = OFF), so ${aurora} stays closed: in a ring only one side may accept them.`,
  hint: {text: 'Reverse to the checkpoint before the freeze with', command: 'reverse'},
});
