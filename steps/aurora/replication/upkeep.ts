import {z} from 'zod';
import {
  type Blocked,
  blocked,
  elapsedMs,
  holds,
  lapsed,
  shifted,
  type UpkeepVerdict,
} from '../../../src/index.ts';
import {
  boundByReadOnly,
  hasSearched,
  type MysqlReader,
  positionSchema,
  positionText,
  searchOwnWrites,
  writesText,
} from '../../mysql/index.ts';

/** What is known of Aurora at the moment from which on nobody but replication may write there. */
export const refusingSince = z.object({
  /** Where its own log ended: what it logs later under its own server_id was written by others. */
  own: positionSchema,
  /** Which instance was the writer; `null` where the server does not tell. */
  instance: z.string().nullable(),
});

type RefusingSince = z.output<typeof refusingSince>;

/** Read last of all that makes a step done. */
export async function refusingFromNow(
  aurora: MysqlReader,
  signal: AbortSignal,
): Promise<RefusingSince> {
  const [own, instance] = await Promise.all([aurora.position(signal), instanceOf(aurora, signal)]);
  return {own, instance};
}

async function instanceOf(aurora: MysqlReader, signal: AbortSignal): Promise<string | null> {
  const names = ['aurora_server_id', 'server_uuid'];
  const {aurora_server_id: id, server_uuid: uuid} = await aurora.settings(names, signal);
  return id ?? uuid ?? null;
}

interface Done {
  readonly output: RefusingSince;
  readonly at: Date;
}

/**
 * `read_only` is a setting of one running instance: a reboot and a failover clear it. Before it is set again, the log
 * is searched for what was written meanwhile.
 */
export async function refusesWrites(
  aurora: MysqlReader,
  {output, at}: Done,
  {now, signal}: {readonly now: Date; readonly signal: AbortSignal},
): Promise<UpkeepVerdict> {
  const {instance} = output;
  const [{readOnly}, bound, restart] = await Promise.all([
    aurora.fence(signal),
    boundByReadOnly(aurora, signal),
    restartOf(aurora, {instance, at}, {now, signal}),
  ]);
  if (bound !== null) {
    return blocked(
      `${aurora.name} may no longer be written to by the account ${aurora.user} while it is read_only: ${bound}.`,
      `GRANT it to the account on ${aurora.name}, or SET DEFAULT ROLE to a role that has it. Then try again: the test row of reverse replication would be refused after the freeze.`,
    );
  }
  if (readOnly && restart === null && !hasSearched(aurora)) {
    return holds();
  }
  const obstacle = await writesMeanwhile(aurora, output, {readOnly, restart}, signal);
  if (obstacle) {
    return obstacle;
  }
  return readOnly
    ? holds()
    : lapsed(
        `${restart ?? `since an unknown moment after ${momentText(at)}`}; nobody wrote there meanwhile (log searched from ${positionText(output.own)})`,
        {what: `${aurora.name} read_only`, is: 'OFF', shouldBe: 'ON'},
      );
}

/**
 * A restart with `read_only` in the cluster parameter group refuses the application's writes. A failover restarts the
 * new writer (Aurora user guide, its event "A new writer was promoted. Restarting database as a writer."). Writes are
 * opened again only then: who else refuses them may have a reason. `other`: the side that must refuse them meanwhile.
 */
export async function acceptsWrites(
  {aurora, other}: {readonly aurora: MysqlReader; readonly other?: MysqlReader},
  at: Date,
  {now, signal}: {readonly now: Date; readonly signal: AbortSignal},
): Promise<UpkeepVerdict> {
  const [{readOnly}, restart, otherFence] = await Promise.all([
    aurora.fence(signal),
    restartOf(aurora, {instance: null, at}, {now, signal}),
    other?.fence(signal),
  ]);
  if (!readOnly) {
    return holds();
  }
  const state = `${aurora.name} refuses the writes of the application (read_only = ON)`;
  if (other && otherFence?.readOnly === false) {
    return blocked(
      `${state}, and ${other.name} accepts writes.`,
      `Check which session writes on ${other.name} with SHOW PROCESSLIST. SET GLOBAL read_only = ON there, then try again.`,
    );
  }
  return restart === null
    ? blocked(
        `${state}, and has not been restarted since this run enabled writes.`,
        `Ask the team who set read_only, and why. If it was a mistake, CALL mysql.rds_set_read_only(0) on ${aurora.name}, then resume. Otherwise reverse.`,
      )
    : lapsed(
        `${restart}; reset read_only in the cluster parameter group, or the next restart refuses them too`,
        {
          what: `${aurora.name} read_only`,
          is: 'ON',
          shouldBe: 'OFF',
        },
      );
}

/** Since when it is another process or another instance; `null` while it is the same. */
async function restartOf(
  aurora: MysqlReader,
  {instance: former, at}: {readonly instance: string | null; readonly at: Date},
  {now, signal}: {readonly now: Date; readonly signal: AbortSignal},
): Promise<string | null> {
  const [[row], instance] = await Promise.all([
    aurora.query("SHOW GLOBAL STATUS LIKE 'Uptime'", [], signal),
    instanceOf(aurora, signal),
  ]);
  if (former !== null && instance !== former) {
    return `since a failover: the writer is ${instance} now, and was ${former}`;
  }
  if (row === undefined) {
    return null;
  }
  // Whole seconds, rounded down.
  const started = shifted(now, -(Number(row['Value']) + 1) * 1_000);
  return elapsedMs(at, started) > 0 ? `since its restart at ${momentText(started)}` : null;
}

const momentText = (at: Date): string =>
  `${at.toISOString().slice(0, 10)} ${at.toISOString().slice(11, 19)} UTC`;

async function writesMeanwhile(
  aurora: MysqlReader,
  {own}: RefusingSince,
  {readOnly, restart}: {readonly readOnly: boolean; readonly restart: string | null},
  signal: AbortSignal,
): Promise<Blocked | null> {
  const writes = await searchOwnWrites(aurora, {from: own, limitMs: searchLimitMs}, signal);
  const state = readOnly ? 'accepted writes for a while' : 'accepts writes';
  const since = restart === null ? '' : `, ${restart}`;
  if (writes.count > 0) {
    return blocked(
      `${aurora.name} ${state} (read_only = OFF)${since}, and ${writesText(aurora.name, writes, own)}.`,
      `Check which session writes there (SHOW PROCESSLIST), and end it. CALL mysql.rds_set_read_only(1) on ${aurora.name}. The source does not have these writes: take them back on ${aurora.name}, or seed it again; then reverse to the start and run again, which compares the data.`,
    );
  }
  if (writes.isWhole) {
    return null;
  }
  return writes.until === own
    ? blocked(
        `${aurora.name} ${state} (read_only = OFF)${since}, and its log from ${positionText(own)} is purged, so it is not known who wrote there meanwhile.`,
        'Compare the data (mysql.verify-data), reverse to the start, and run again.',
      )
    : blocked(
        `${aurora.name} ${state} (read_only = OFF)${since}, and its log was searched for writes from ${positionText(own)} to ${positionText(writes.until)} so far.`,
        'Try again: the search goes on from there.',
      );
}

const searchLimitMs = 15_000;
