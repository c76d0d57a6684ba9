import {setTimeout as sleep} from 'node:timers/promises';
import type {PoolClient} from 'pg';
import {SwitcharooError} from '../model/problem.ts';
import type {FleetDatabase} from './database.ts';
import {engineVersion, makeEngineTables} from './engine.ts';
import {engineTablesOther, tablesNewer, tablesOlder} from './engine-problems.ts';
import {refuseSharedSessions} from './pooling.ts';

/** Two commands that make the tables at once, ours or those of DBOS. */
const tablesLock = 7_142_002;
const makingLock = 7_142_003;

/**
 * Makes the tables where they are missing, and brings those of an earlier release up to date. It needs the rights of
 * their owner only then. Running runners of the earlier release continue, but cannot be started again.
 */
export async function makeTables(
  {transaction}: Pick<FleetDatabase, 'transaction'>,
  versions = tableVersions,
): Promise<void> {
  await transaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [tablesLock]);
    const made = (await versionIn(client)) ?? 0;
    if (made > versions.length) {
      throw new SwitcharooError(tablesNewer(made, versions.length));
    }
    for (const change of versions.slice(made)) {
      await client.query(change).catch((error) => {
        throw made > 0 && isNotAllowed(error)
          ? new SwitcharooError(tablesOlder(made, versions.length), {cause: error})
          : error;
      });
    }
    if (made === 0) {
      await client.query('INSERT INTO switcharoo_fleet.version VALUES ($1)', [versions.length]);
    } else if (made < versions.length) {
      await client.query('UPDATE switcharoo_fleet.version SET version = $1', [versions.length]);
    }
  });
}

const isNotAllowed = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '42501';

/** As their owner: nobody else needs the right to make any. */
export async function makeAllTables(database: FleetDatabase): Promise<void> {
  await makeTables(database);
  await withEngineTables(database, async (makes) => {
    if (makes) {
      await makeEngineTables(database.url);
    }
  });
}

/**
 * Does what may need the tables of DBOS to be made, one process at a time. `makes`: they are missing, or of another
 * release of DBOS. Runners of the release before go on meanwhile. DBOS makes indexes concurrently, and those wait for
 * every transaction that is open: nobody waits for the lock in one.
 */
export async function withEngineTables<Result>(
  {pool, place}: Pick<FleetDatabase, 'pool' | 'place'>,
  work: (makes: boolean) => Promise<Result>,
): Promise<Result> {
  await refuseSharedSessions(pool, place);
  const client = await pool.connect();
  try {
    while (!(await hasLock(client))) {
      await sleep(100);
    }
    const {rows} = await client.query(
      `SELECT engine, has_table_privilege('switcharoo_fleet.version', 'UPDATE') AS "mayMake"
       FROM switcharoo_fleet.version`,
    );
    const {engine, mayMake} = rows[0];
    const current = engineVersion();
    const makes = engine !== current;
    if (makes && !mayMake) {
      throw new SwitcharooError(engineTablesOther(engine, current));
    }
    const result = await work(makes);
    if (makes) {
      await client.query('UPDATE switcharoo_fleet.version SET engine = $1', [current]);
    }
    return result;
  } finally {
    // The lock ends with its connection.
    client.release(true);
  }
}

async function hasLock(client: PoolClient): Promise<boolean> {
  const {rows} = await client.query('SELECT pg_try_advisory_lock($1) AS mine', [makingLock]);
  return rows[0]?.mine === true;
}

/** @throws SwitcharooError when a later release made them: what they say then, this one may not understand. */
export async function hasTables({
  transaction,
}: Pick<FleetDatabase, 'transaction'>): Promise<boolean> {
  const made = await transaction(versionIn);
  if (made !== undefined && made > tableVersions.length) {
    throw new SwitcharooError(tablesNewer(made, tableVersions.length));
  }
  return made !== undefined;
}

/**
 * Read from the catalog itself: a session keeps the names that it did not find (`to_regclass`), also while it waits for
 * the lock under which another one makes them.
 */
async function versionIn(client: PoolClient): Promise<number | undefined> {
  const {rowCount} = await client.query(
    `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'switcharoo_fleet' AND c.relname = 'version'`,
  );
  if (rowCount === 0) {
    return undefined;
  }
  const {rows: versions} = await client.query('SELECT version FROM switcharoo_fleet.version');
  return versions[0]?.version;
}

// Who approved or ordered what is PostgreSQL's own session_user: the grants of a role leave these columns out.
const tables = `
CREATE SCHEMA switcharoo_fleet;
CREATE TABLE switcharoo_fleet.version (version int NOT NULL, engine text);

CREATE TABLE switcharoo_fleet.fleet (
  fleet text PRIMARY KEY,
  at_once jsonb NOT NULL,
  held_by text,
  held_at timestamptz,
  held_because text
);

CREATE TABLE switcharoo_fleet.wave (
  fleet text NOT NULL REFERENCES switcharoo_fleet.fleet,
  wave text NOT NULL,
  place int NOT NULL,
  digest text NOT NULL,
  approve_by text[] NOT NULL,
  approve_of int NOT NULL,
  started_by text NOT NULL,
  started_role text NOT NULL DEFAULT session_user,
  started_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (fleet, wave)
);

CREATE TABLE switcharoo_fleet.approval (
  fleet text NOT NULL,
  wave text NOT NULL,
  digest text NOT NULL,
  role text NOT NULL DEFAULT session_user,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (fleet, wave, digest, role),
  FOREIGN KEY (fleet, wave) REFERENCES switcharoo_fleet.wave
);

CREATE TABLE switcharoo_fleet.runner (
  runner text PRIMARY KEY,
  home text NOT NULL,
  host text NOT NULL,
  folder text NOT NULL,
  machine text NOT NULL,
  pid int NOT NULL,
  start_ticks bigint,
  version text NOT NULL,
  networks text[] NOT NULL DEFAULT '{}',
  beat timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE switcharoo_fleet.unit (
  fleet text NOT NULL,
  wave text NOT NULL,
  unit text NOT NULL,
  place int NOT NULL,
  work jsonb NOT NULL,
  resources text[] NOT NULL,
  after text[] NOT NULL,
  status text NOT NULL DEFAULT 'waiting' CHECK
    (status IN ('waiting', 'admitted', 'running', 'done', 'failed', 'offered', 'left-out')),
  attempt int NOT NULL DEFAULT 0,
  by_person boolean NOT NULL DEFAULT false,
  run text,
  home text,
  runner text REFERENCES switcharoo_fleet.runner,
  phase text,
  outage_since timestamptz,
  changes int NOT NULL DEFAULT 0,
  problem jsonb,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (fleet, unit),
  FOREIGN KEY (fleet, wave) REFERENCES switcharoo_fleet.wave
);

CREATE TABLE switcharoo_fleet.event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fleet text NOT NULL,
  wave text,
  unit text,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  role text NOT NULL DEFAULT session_user,
  operator text NOT NULL,
  what text NOT NULL,
  note text
);
`;

/**
 * The SQL that makes each version of the tables from the one before. Runners of the earlier release use the tables
 * meanwhile: a version may only add what they can omit, and removes nothing.
 */
export const tableVersions: readonly string[] = [tables];
