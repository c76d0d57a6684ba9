import type {Problem} from '../../../src/index.ts';
import type {Position} from '../contract.ts';
import {positionText} from '../replication/position.ts';
import type {OwnWrites, Writes} from './own-writes.ts';

/** "aurora was written to 3 times after mysql-bin-changelog.000002:120: shop.orders at …". */
export function writesText(aurora: string, {count, first}: Writes, since: Position): string {
  const more = count > first.length ? ', …' : '';
  return `${aurora} was written to ${count === 1 ? 'once' : `${count} times`} after ${positionText(since)}, outside replication: ${first.join(', ')}${more}`;
}

export const afterWrites = (aurora: string, source: string): string =>
  `Find the session that writes on ${aurora} (SHOW PROCESSLIST) and end it. Compare the data (mysql.verify-data): what is missing on ${source} must be written there, or ${aurora} seeded again. Then reverse to the checkpoint before mysql.arm-ring, and resume.`;

export const ringWrites = (
  aurora: string,
  source: string,
  writes: OwnWrites,
  since: Position,
): Problem => ({
  code: 'mysql-ring-writes-on-aurora',
  message: `${writesText(aurora, writes, since)}.`,
  hint: afterWrites(aurora, source),
});

export const ringOriginLost = (aurora: string, source: string): Problem => ({
  code: 'mysql-ring-origin-lost',
  message: `${aurora} logs what it replicates under its own server_id, so ${source} would execute its own writes a second time.`,
  hint: `A ring is not possible with ${aurora}: use a runbook with mysql.replicate-back, which starts reverse replication after the freeze.`,
});

export const ringTestRowMissing = (server: string, origin: string, waitedMs: number): Problem => ({
  code: 'mysql-ring-test-row-missing',
  message: `The test row that was written on ${origin} has not arrived on ${server} within ${waitedMs / 1_000} s.`,
  hint: `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${server} and on the replica before it, fix the cause, then resume.`,
});

export const ringStartMissing = (source: string): Problem => ({
  code: 'mysql-ring-start-missing',
  message: `The test row of this run is missing on ${source}, and with it the position in Aurora's log from which the ring began.`,
  hint: `Check who removed rows from switcharoo.sentinel on ${source}. Reverse to the checkpoint before mysql.arm-ring, and resume.`,
});

export const ringFiltered = (server: string, filters: readonly string[]): Problem => ({
  code: 'mysql-ring-filtered',
  message: `${server} filters what it replicates: ${filters.join('; ')}.`,
  hint: `Remove the replicate-* filters of ${server} from my.cnf and restart it; only the schema mysql may be ignored. Then resume.`,
});

export const ringWritable = (aurora: string): Problem => ({
  code: 'mysql-ring-aurora-writable',
  message: `${aurora} accepts writes, and in a ring only one side may accept them.`,
  hint: `Check for writes on ${aurora}, then CALL mysql.rds_set_read_only(1) there, and resume.`,
});

export const ringOtherSideWritable = (source: string, aurora: string): Problem => ({
  code: 'mysql-ring-other-side-writable',
  message: `${aurora} accepts writes, so ${source} stays read_only: in a ring only one side may accept them.`,
  hint: {
    text: 'Reverse the newer entry, aurora.open-writes-in-ring, first, with',
    command: 'reverse',
  },
});

export const ringLogUnread = (aurora: string, since: Position): Problem => ({
  code: 'mysql-ring-log-unread',
  message: `The binary log of ${aurora} after ${positionText(since)} is purged or too long to be read in time, so it is not known who wrote there.`,
  hint: 'Set its binlog retention hours to a week, reverse to the checkpoint before mysql.arm-ring, and resume.',
});
