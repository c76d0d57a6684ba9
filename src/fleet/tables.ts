import type {PoolClient} from 'pg';
import {SwitcharooError} from '../model/problem.ts';
import type {FleetDatabase} from './database.ts';
import {tablesNewer} from './engine-problems.ts';

/** Of the tables of DBOS. */
export const engineSchema = 'switcharoo_dbos';

const version = 1;
/** Two commands that make the tables at once. */
const makingLock = 7_142_002;

/** Makes the tables where they are missing. It needs the right to create a schema only then. */
export async function makeTables({transaction}: FleetDatabase): Promise<void> {
  await transaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [makingLock]);
    const made = await versionIn(client);
    if (made === undefined) {
      await client.query(tables);
      await client.query('INSERT INTO switcharoo_fleet.version VALUES ($1)', [version]);
    } else if (made > version) {
      throw new SwitcharooError(tablesNewer(made, version));
    }
  });
}

export async function hasTables({
  transaction,
}: Pick<FleetDatabase, 'transaction'>): Promise<boolean> {
  return transaction(async (client) => (await versionIn(client)) !== undefined);
}

async function versionIn(client: PoolClient): Promise<number | undefined> {
  const {rows} = await client.query('SELECT to_regclass($1) AS made', ['switcharoo_fleet.version']);
  if (rows[0]?.made === null) {
    return undefined;
  }
  const {rows: versions} = await client.query('SELECT version FROM switcharoo_fleet.version');
  return versions[0]?.version;
}

// Who approved or ordered what is PostgreSQL's own session_user: the grants of a role leave these columns out.
const tables = `
CREATE SCHEMA switcharoo_fleet;
CREATE TABLE switcharoo_fleet.version (version int NOT NULL);

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
