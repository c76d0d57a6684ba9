import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, settling} from '../../src/index.ts';
import {Comparison, type Findings} from './comparison.ts';
import {brokenBecause, followedAt} from './replication.ts';
import {type MysqlReader, mysqlServer} from './server.ts';

/**
 * The target has the source's data: every row, every value. It reads, and writes nothing on either side. Rows that are
 * being changed while it reads are looked at again once replication has passed them.
 */
export const verifyData = defineGate({
  name: 'mysql.verify-data',
  summary: 'Compare all data of the target with that of the source, row by row.',
  targets: {source: mysqlServer, target: mysqlServer},
  input: z.object({
    /** These schemas alone. Without it: all but the server's own. */
    schemas: z.array(z.string()).optional(),
    /** Tables that are left out: `schema.table`. */
    except: z.array(z.string()).default([]),
    /** How many tables are read at the same time; each takes a session and a core on both sides. */
    tablesAtOnce: z.coerce.number().int().min(1).max(32).default(2),
    lagMsMax: z.coerce.number().int().nonnegative().default(5_000),
    threadsRunningMax: z.coerce.number().int().positive().default(25),
  }),
  output: z.object({
    tables: z.number(),
    rows: z.number(),
    /** Rows that the source changed again at every look: a pass under the freeze can compare them. */
    changing: z.number(),
    /** Where the source's log ended when the comparison began: a later pass compares what changed since. */
    since: z.object({file: z.string(), position: z.number()}),
  }),
  needs: {
    source: ['SELECT ON *.*', 'REPLICATION CLIENT'],
    target: ['SELECT ON *.*', 'REPLICATION CLIENT'],
  },
  dear: true,
  timeoutMs: 24 * 3_600_000,
  poll: {firstMs: 10, mostMs: 10},

  async check({targets: {source, target}, input, run, signal}) {
    const replication = await target.replication(signal);
    const wrong = replication && (await whyNever(source, target, replication, signal));
    if (wrong) {
      return wrong;
    }
    const underway = comparisonsOf(source);
    const id = `${run.id} ${run.entry}`;
    const wanted = {schemas: input.schemas, except: input.except};
    const comparison =
      underway.get(id) ??
      (await Comparison.begin(
        {source, target},
        {...input, wanted, follows: replication !== null},
        signal,
      ));
    underway.set(id, comparison);
    const found = await comparison.workFor(lookMs, signal);
    if (typeof found === 'string') {
      return settling(found);
    }
    // Whoever looks again after a verdict wants to know how it is then.
    underway.delete(id);
    return verdictOn(found, comparison, {source, target});
  },
});

// Long enough to be worth opening sessions, short enough for a screen that lives.
const lookMs = 2_000;

/** Comparisons that are under way, for as long as their source is open. */
const comparisons = new WeakMap<MysqlReader, Map<string, Comparison>>();

function comparisonsOf(source: MysqlReader): Map<string, Comparison> {
  const underway = comparisons.get(source) ?? new Map<string, Comparison>();
  comparisons.set(source, underway);
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
  const broken = brokenBecause(replication);
  return broken === null
    ? null
    : blocked(
        `${target.name} does not replicate from ${followedAt(replication)}: ${broken}.`,
        `Read SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${target.name}, and remove the cause.`,
      );
}

function verdictOn(
  {tables, rows, differences, changing}: Findings,
  {since}: Comparison,
  {source, target}: {source: MysqlReader; target: MysqlReader},
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
