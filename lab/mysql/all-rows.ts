import {setTimeout as sleep} from 'node:timers/promises';
import {userSchemas} from './seed.ts';
import type {LabDatabase} from './server.ts';
import {statementsOf} from './statements.ts';

/** All rows of the database that is not in charge, held against those of the one that is. */
export interface RowCount {
  readonly compared: number;
  /** Rows that only one of the two has, or that differ. */
  readonly different: number;
  /** The first of them: "shop.orders id = 7 is only on source". */
  readonly first: readonly string[];
}

/** A database did not answer, so that nothing is known of its rows. */
export interface RowsUnknown {
  readonly database: string;
  /** What became of the statement: "connect ECONNREFUSED …". */
  readonly because: string;
}

interface Sides {
  readonly inCharge: Side;
  readonly other: Side;
}

interface Side {
  readonly name: string;
  readonly database: Pick<LabDatabase, 'brand' | 'query'>;
}

/**
 * Whatever the other side has, the side in charge has too: seed data as well as what clients wrote. While the other
 * side replicates, it also has everything of the side in charge.
 */
export async function compareAllRows({inCharge, other}: Sides): Promise<RowCount | RowsUnknown> {
  const sides = {inCharge: named(inCharge), other: named(other)};
  try {
    const follows = await replicates(sides.other.database);
    for (let looks = 1; ; looks += 1) {
      const count = await compareOnce(sides, follows);
      // A cron job goes on writing, and what it wrote is under way.
      if (count.different === 0 || !follows || looks === mostLooks) {
        return count;
      }
      await sleep(betweenLooksMs);
    }
  } catch (cause) {
    if (cause instanceof Unanswered) {
      return {database: cause.database, because: cause.message};
    }
    throw cause;
  }
}

/** The same, whose errors say which side did not answer. */
const named = ({name, database: {brand, query}}: Side): Side => ({
  name,
  database: {
    brand,
    query: async (sql, values) => {
      try {
        return await query(sql, values);
      } catch (cause) {
        throw new Unanswered(name, cause);
      }
    },
  },
});

class Unanswered extends Error {
  readonly database: string;

  constructor(database: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), {cause});
    this.database = database;
  }
}

const mostLooks = 4;
const betweenLooksMs = 150;

async function compareOnce({inCharge, other}: Sides, follows: boolean): Promise<RowCount> {
  const here = await tablesOf(inCharge.database);
  const there = await tablesOf(other.database);
  const tables = [...new Set([...there, ...(follows ? here : [])])];
  const differences: string[] = [];
  let compared = 0;
  for (const table of tables) {
    const [rows, others] = await Promise.all([
      here.includes(table) ? rowsOf(inCharge.database, table) : new Map<string, Rows>(),
      there.includes(table) ? rowsOf(other.database, table) : new Map<string, Rows>(),
    ]);
    compared += total(others);
    differences.push(
      ...surplus(others, rows).map((row) => `${table} ${row} is only on ${other.name}`),
      ...(follows
        ? surplus(rows, others).map((row) => `${table} ${row} is only on ${inCharge.name}`)
        : []),
    );
  }
  return {compared, different: differences.length, first: differences.slice(0, mostNamed)};
}

const mostNamed = 3;

/** Equal rows: how often they are there, and their first column. */
interface Rows {
  readonly count: number;
  readonly name: string;
}

async function tablesOf(database: Side['database']): Promise<readonly string[]> {
  const schemas = (await userSchemas(database)).filter((schema) => schema !== 'switcharoo');
  if (schemas.length === 0) {
    return [];
  }
  const rows = await database.query(
    `SELECT CONCAT(table_schema, '.', table_name) AS name FROM information_schema.tables
      WHERE table_schema IN (?) AND table_type <> 'VIEW' ORDER BY table_schema, table_name`,
    [schemas],
  );
  return rows.map(({name}) => String(name));
}

async function rowsOf(
  database: Side['database'],
  table: string,
): Promise<ReadonlyMap<string, Rows>> {
  const rows = new Map<string, Rows>();
  for (const row of await database.query('SELECT * FROM ??', [table])) {
    const [[column, value] = []] = Object.entries(row);
    const key = JSON.stringify(Object.values(row));
    rows.set(key, {count: (rows.get(key)?.count ?? 0) + 1, name: `${column} = ${value}`});
  }
  return rows;
}

function surplus(
  rows: ReadonlyMap<string, Rows>,
  others: ReadonlyMap<string, Rows>,
): readonly string[] {
  return [...rows].flatMap(([key, {count, name}]) =>
    Array.from({length: Math.max(0, count - (others.get(key)?.count ?? 0))}, () => name),
  );
}

const total = (rows: ReadonlyMap<string, Rows>): number =>
  [...rows.values()].reduce((sum, {count}) => sum + count, 0);

/** Whether a thread of its replication runs: what is only configured executes nothing. */
export async function replicates(database: Side['database']): Promise<boolean> {
  const {replicationStatus, replica} = statementsOf(database.brand);
  const [row] = await database.query(replicationStatus);
  return row !== undefined && row[`${replica}_SQL_Running`] === 'Yes';
}
