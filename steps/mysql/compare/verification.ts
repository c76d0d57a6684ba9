import {z} from 'zod';
import {type Blocked, blocked, done, type Json, waiting} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import {positionSchema} from '../replication/position.ts';
import {brokenReason, sourceAddress} from '../replication/replication.ts';
import type {Findings} from './comparison.ts';
import type {Both} from './sums.ts';

export const proofInput = {
  /** These schemas alone. Without it: all but the server's own. */
  schemas: z.array(z.string()).optional(),
  /** Tables that are left out: `schema.table`. */
  except: z.array(z.string()).default([]),
  /** How many tables are read at the same time; each takes a session and a core on both sides. */
  tablesAtOnce: z.coerce.number().int().min(1).max(32).default(2),
  lagMsMax: z.coerce.number().int().nonnegative().default(5_000),
  threadsRunningMax: z.coerce.number().int().positive().default(25),
};

export const proofOutput = {
  tables: z.number(),
  rows: z.number(),
  /** Rows that the source changed again at every look: a pass under the freeze can compare them. */
  changing: z.number(),
  /** Where the source's log ended when the comparison began: mysql.verify-changes goes on from there. */
  since: positionSchema,
};

/** A proof that the target has what the source has, made a few seconds at a time. */
export interface Proof {
  readonly since: Position;
  /** For whoever goes on after a crash. Without it, a proof begins anew. */
  readonly mark?: Json;
  /** Gives what was found once everything is compared, else how far it is, in words. */
  workFor(limitMs: number, signal: AbortSignal): Promise<Findings | Blocked | string>;
}

interface Looking {
  readonly servers: Both<MysqlReader>;
  readonly run: {readonly id: string; readonly entry: string; readonly mark?: unknown};
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** One look: `begin` is asked for the proof at the first one. */
export async function lookedAt(
  {servers, run, now, signal}: Looking,
  begin: (follows: boolean) => Promise<Proof>,
) {
  const {source, target} = servers;
  const replication = await target.replication(signal);
  const wrong = replication && (await whyNever(source, target, replication, signal));
  if (wrong) {
    return wrong;
  }
  const underway = proofsOf(source);
  const id = `${run.id} ${run.entry}`;
  const {proof, markedAt} = underway.get(id) ?? {
    proof: await begin(replication !== null),
    markedAt: now.getTime(),
  };
  underway.set(id, {proof, markedAt});
  const found = await proof.workFor(lookMs, signal);
  if (typeof found === 'string') {
    if (proof.mark === undefined || now.getTime() - markedAt < betweenMarksMs) {
      return waiting(found);
    }
    underway.set(id, {proof, markedAt: now.getTime()});
    return waiting(found, proof.mark);
  }
  // Whoever looks again after a verdict wants to know how it is then.
  underway.delete(id);
  return 'kind' in found ? found : verdictOn(found, proof.since, servers);
}

// Long enough to be worth opening sessions, short enough for a screen that lives.
const lookMs = 2_000;
// So much of the work is lost in a crash at most; each mark is a line in the journal.
const betweenMarksMs = 30_000;

/** Those that are under way, for as long as their source is open. */
const proofs = new WeakMap<MysqlReader, Map<string, Underway>>();

interface Underway {
  readonly proof: Proof;
  readonly markedAt: number;
}

function proofsOf(source: MysqlReader): Map<string, Underway> {
  const underway = proofs.get(source) ?? new Map<string, Underway>();
  proofs.set(source, underway);
  return underway;
}

async function whyNever(
  source: MysqlReader,
  target: MysqlReader,
  replication: NonNullable<Awaited<ReturnType<MysqlReader['replication']>>>,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const {server_id: id = '0'} = await source.settings(['server_id'], signal);
  const {sourceServerId: followed} = replication;
  if (followed !== 0 && followed !== Number(id)) {
    return blocked(
      `${target.name} follows the server with server_id ${followed}, and ${source.name} has server_id ${id}, so nobody can tell when a change of ${source.name} has arrived.`,
      `Compare hop by hop: ${source.name} with the server that follows it, and that one with ${target.name}.`,
    );
  }
  const broken = brokenReason(replication);
  return broken === null
    ? null
    : blocked(
        `${target.name} does not replicate from ${sourceAddress(replication)}: ${broken}.`,
        `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${target.name}, and remove the cause.`,
      );
}

function verdictOn(
  {tables, rows, differences, changing}: Findings,
  since: Position,
  {source, target}: Both<MysqlReader>,
) {
  if (differences.length === 0) {
    return done({tables, rows, changing, since});
  }
  const shown = differences.slice(0, shownAtMost).join('; ');
  const more = differences.length - shownAtMost;
  return blocked(
    `${target.name} has other data than ${source.name}, in ${differences.length} places: ${shown}${more > 0 ? `; and ${more} more` : ''}.`,
    `Find out who wrote on ${target.name}, or what its replication skipped. Mend the rows or seed ${target.name} again, then look again.`,
  );
}

const shownAtMost = 10;
