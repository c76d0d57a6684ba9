import {z} from 'zod';
import {type Blocked, blocked, done, elapsedMs, type Json, waiting} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import {positionSchema} from '../replication/position.ts';
import {repairOf} from '../replication/repair.ts';
import {brokenReason, sourceAddress} from '../replication/replication.ts';
import type {Findings} from './comparison.ts';
import {hiddenTables} from './hidden-tables.ts';
import type {Both} from './sums.ts';

export const verificationInput = {
  /** Only these schemas. Without it: all except the server's own. */
  schemas: z.array(z.string()).optional(),
  /** Tables to exclude: `schema.table`. */
  except: z.array(z.string()).default([]),
  /** How many tables are read at the same time; each takes a session and a core on both sides. */
  tablesAtOnce: z.coerce.number().int().min(1).max(32).default(2),
  lagMsMax: z.coerce.number().int().nonnegative().default(5_000),
  threadsRunningMax: z.coerce.number().int().positive().default(25),
};

export const verificationOutput = {
  tables: z.number(),
  rows: z.number(),
  /** Rows that the source changed again each time they were compared: they can be compared under the freeze. */
  changing: z.number(),
  /** The end of the source's log at the start of the comparison: mysql.verify-changes continues from there. */
  since: positionSchema,
  /** The same of the target's own log: a later comparison in the other direction continues from there. */
  targetSince: positionSchema,
  /** And of the server between the two; `null` where there is none. */
  replicaSince: positionSchema.nullable(),
};

/** A comparison of the target with the source, made a few seconds at a time. */
export interface Verification {
  readonly since: Position;
  /** A resumed run continues from it. Without it, the comparison starts from the beginning. */
  readonly bookmark?: Json;
  /** Gives the findings once everything is compared, else its progress as text. */
  workFor(limitMs: number, signal: AbortSignal): Promise<Findings | Blocked | string>;
}

interface VerificationLook {
  /** Only these; without it, all. */
  readonly schemas: readonly string[] | undefined;
  readonly servers: Both<MysqlReader>;
  readonly run: {readonly id: string; readonly entry: string; readonly bookmark?: unknown};
  readonly now: Date;
  /** The server between the two, where the target does not replicate from the source itself. */
  readonly over?: MysqlReader;
  readonly signal: AbortSignal;
}

/** One look; the first one calls `begin`. */
export async function verify(
  {servers, schemas, run, now, over, signal}: VerificationLook,
  begin: (replicates: boolean) => Promise<Verification>,
) {
  const {source, target} = servers;
  const replication = await target.replication(signal);
  const obstacle = over
    ? ((await obstacleIn(source, over, await over.replication(signal), signal)) ??
      (await obstacleIn(over, target, replication, signal)))
    : await obstacleIn(source, target, replication, signal);
  if (obstacle) {
    return obstacle;
  }
  const underway = verificationsOf(source);
  const id = `${run.id} ${run.entry}`;
  const hidden = underway.has(id) ? null : await hiddenOn(servers, schemas, signal);
  if (hidden) {
    return hidden;
  }
  const {verification, beganAt, bookmarkedAt, logs} = underway.get(id) ?? {
    // Read first: what arrives between the two is compared twice, and not never.
    logs: {
      targetSince: await target.position(signal),
      replicaSince: over ? await over.position(signal) : null,
    },
    verification: await begin(replication !== null),
    beganAt: now,
    bookmarkedAt: now,
  };
  underway.set(id, {verification, beganAt, bookmarkedAt, logs});
  const result = await verification.workFor(lookMs, signal);
  if (typeof result === 'string') {
    if (elapsedMs(bookmarkedAt, now) < untilBookmarkMs(elapsedMs(beganAt, bookmarkedAt))) {
      return waiting(result);
    }
    underway.set(id, {verification, beganAt, bookmarkedAt: now, logs});
    return waiting(result, verification.bookmark);
  }
  // A look after a verdict compares again from the start.
  underway.delete(id);
  return 'kind' in result
    ? result
    : verdictOn(result, {since: verification.since, ...logs}, servers);
}

// Long enough to be worth opening sessions, short enough for a screen that shows progress.
const lookMs = 2_000;

/**
 * How long after its last bookmark a comparison of so many ms has the next one. A crash loses half a minute of work, or
 * a twentieth of a longer one: a bookmark names every table, and each is a line of the journal, which stays in memory.
 */
const untilBookmarkMs = (workedMs: number): number => Math.max(30_000, workedMs / 20);

/** The comparisons that are running, for as long as their source is open. */
const verifications = new WeakMap<MysqlReader, Map<string, Underway>>();

interface Underway {
  readonly verification: Verification;
  readonly beganAt: Date;
  readonly bookmarkedAt: Date;
  readonly logs: OtherLogs;
}

interface OtherLogs {
  readonly targetSince: Position;
  readonly replicaSince: Position | null;
}

function verificationsOf(source: MysqlReader): Map<string, Underway> {
  const underway = verifications.get(source) ?? new Map<string, Underway>();
  verifications.set(source, underway);
  return underway;
}

async function hiddenOn(
  {source, target}: Both<MysqlReader>,
  schemas: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const hidden = await Promise.all(
    [source, target].map((server) => hiddenTables(server, schemas, signal)),
  );
  return hidden.find((obstacle) => obstacle !== null) ?? null;
}

async function obstacleIn(
  source: MysqlReader,
  target: MysqlReader,
  replication: Awaited<ReturnType<MysqlReader['replication']>>,
  signal: AbortSignal,
): Promise<Blocked | null> {
  if (!replication) {
    return null;
  }
  const {server_id: id = '0'} = await source.settings(['server_id'], signal);
  const {sourceServerId} = replication;
  if (sourceServerId !== 0 && sourceServerId !== Number(id)) {
    return blocked(
      `${target.name} replicates from the server with server_id ${sourceServerId}, and ${source.name} has server_id ${id}, so the comparison cannot wait for a change of ${source.name} to arrive.`,
      `Compare each hop: ${source.name} with the server that replicates from it, and that server with ${target.name}.`,
    );
  }
  const broken = brokenReason(replication);
  return broken === null
    ? null
    : blocked(
        `${target.name} does not replicate from ${sourceAddress(replication)}: ${broken}.`,
        repairOf(target.name, replication),
      );
}

function verdictOn(
  {tables, rows, differences, changing}: Findings,
  begin: OtherLogs & {readonly since: Position},
  {source, target}: Both<MysqlReader>,
) {
  if (differences.length === 0) {
    return done({tables, rows, changing, ...begin});
  }
  const shown = differences.slice(0, shownAtMost).join('; ');
  const more = differences.length - shownAtMost;
  return blocked(
    `${target.name} differs from ${source.name} (${differences.length} ${differences.length === 1 ? 'difference' : 'differences'}): ${shown}${more > 0 ? `; and ${more} more` : ''}.`,
    adviceOn(differences, target.name),
  );
}

const shownAtMost = 10;

function adviceOn(differences: readonly string[], target: string): string {
  const hasHiddenKey = differences.some((text) => /\.my_row_id is missing on /.test(text));
  return hasHiddenKey
    ? `${target} added a hidden primary key to tables without one (sql_generate_invisible_primary_key = ON). Give each of those tables a primary key on the source. Or set that parameter to OFF, and on ${target}: ALTER TABLE … DROP COLUMN my_row_id. Then resume.`
    : `Check the binary log of ${target} for writes of its own, and SHOW SLAVE STATUS (SHOW REPLICA STATUS) for skipped events. Fix the rows or seed ${target} again, then resume.`;
}
