import type {Pool, PoolClient} from 'pg';
import type {ClosedTime} from '../inventory/window.ts';
import type {PlacedUnit} from '../model/fleet.ts';
import type {Problem} from '../model/problem.ts';
import type {UnitStatus} from '../model/unit-status.ts';
import {problemInFleet} from './unit-hints.ts';

/** A connection, or the pool: what reads needs no transaction. */
export type Asked = Pick<PoolClient | Pool, 'query'>;

/** A runner of another machine that was silent for so long, while PostgreSQL answered, may be dead. */
export const silentSeconds = 15;

/** SQL: the networks of the runners that are heard; NULL for one without a network. */
export const networksHeard = `SELECT DISTINCT network FROM switcharoo_fleet.runner
  LEFT JOIN LATERAL unnest(networks) AS network ON true
  WHERE beat > clock_timestamp() - interval '${silentSeconds} seconds'`;

/** What a runner needs of a unit, beside where it is. */
export interface UnitWork
  extends Pick<PlacedUnit, 'runbook' | 'inventory' | 'params' | 'targets' | 'answers' | 'network'> {
  /** Of what was read when the wave started, and approved: a runner whose files differ does not run it. */
  readonly digests: {readonly runbook: string; readonly inventory: string};
  /** Of its runbook and its inventory: a run with other names may have been of another service. */
  readonly names?: {readonly runbook: string; readonly inventory: string};
  /** Its inventory is that of a lab. */
  readonly isLab?: boolean;
  /** When the window of its inventory was closed when the wave started, or was read last. */
  readonly closed?: readonly ClosedTime[];
}

export interface FleetRow {
  readonly fleet: string;
  readonly atOnce: Readonly<Record<string, number>>;
  /** Those of the runners that are heard; `null`: one without a network. */
  readonly networks: ReadonlySet<string | null>;
  readonly held?: {readonly by: string; readonly at: Date; readonly because: string | null};
}

export interface WaveRow {
  readonly wave: string;
  readonly place: number;
  readonly digest: string;
  readonly approveBy: readonly string[];
  readonly approveOf: number;
  readonly startedBy: string;
  readonly startedRole: string;
  readonly startedAt: Date;
  readonly approvals: readonly {readonly role: string; readonly at: Date}[];
}

export interface UnitRow {
  readonly unit: string;
  readonly wave: string;
  readonly place: number;
  readonly work: UnitWork;
  /** `databaseHost:db1`, `team:shops`: what it uses, with the kind of the limit. */
  readonly resources: readonly string[];
  readonly after: readonly string[];
  readonly status: UnitStatus;
  readonly attempt: number;
  /** A person ordered that it continues, whatever its journal says. */
  readonly byPerson: boolean;
  readonly run: string | null;
  /** The host and the state folder in which its journal is. */
  readonly home: string | null;
  readonly runner: string | null;
  readonly phase: string | null;
  readonly inOutage: boolean;
  /** Since when visitors wait, as far as its runner has said. */
  readonly outageSince: Date | null;
  readonly changes: number;
  readonly problem: Problem | null;
  readonly changedAt: Date;
  /** Since then, by the clock of PostgreSQL. */
  readonly unchangedSeconds: number;
}

export async function fleetsIn(asked: Asked): Promise<readonly FleetRow[]> {
  const {rows} = await asked.query(`${fleetColumns} ORDER BY fleet`);
  return rows.map(fleetOf);
}

/** `lock`: until the transaction ends, no other one does what needs a lock that this one excludes. */
export async function fleetIn(
  asked: Asked,
  fleet: string,
  lock: 'FOR SHARE' | 'FOR UPDATE' | '' = '',
): Promise<FleetRow | undefined> {
  const {rows} = await asked.query(`${fleetColumns} WHERE fleet = $1 ${lock}`, [fleet]);
  return rows.map(fleetOf)[0];
}

const fleetColumns = `SELECT fleet, at_once, held_by, held_at, held_because,
  ARRAY(${networksHeard}) AS networks FROM switcharoo_fleet.fleet`;

const fleetOf = ({fleet, at_once, networks, held_by, held_at, held_because}: Row): FleetRow => ({
  fleet,
  atOnce: at_once,
  networks: new Set(networks),
  ...(held_at ? {held: {by: held_by, at: held_at, because: held_because}} : {}),
});

// biome-ignore lint/suspicious/noExplicitAny: what PostgreSQL answers has the types of the columns.
type Row = any;

/** In the order of the file. */
export async function wavesIn(asked: Asked, fleet: string): Promise<readonly WaveRow[]> {
  const {rows} = await asked.query(
    `SELECT w.*, coalesce(jsonb_agg(jsonb_build_object('role', a.role, 'at', a.at) ORDER BY a.at)
       FILTER (WHERE a.role IS NOT NULL), '[]') AS approvals
     FROM switcharoo_fleet.wave w
     LEFT JOIN switcharoo_fleet.approval a
       ON a.fleet = w.fleet AND a.wave = w.wave AND a.digest = w.digest
         AND a.role = ANY (w.approve_by) AND a.role <> w.started_role
     WHERE w.fleet = $1 GROUP BY w.fleet, w.wave ORDER BY w.place`,
    [fleet],
  );
  return rows.map((row: Row) => ({
    wave: row.wave,
    place: row.place,
    digest: row.digest,
    approveBy: row.approve_by,
    approveOf: row.approve_of,
    startedBy: row.started_by,
    startedRole: row.started_role,
    startedAt: row.started_at,
    approvals: row.approvals.map(({role, at}: Row) => ({role, at: new Date(at)})),
  }));
}

export const isApproved = ({approveOf, approvals}: WaveRow): boolean =>
  approvals.length >= approveOf;

export async function unitsIn(asked: Asked, fleet: string): Promise<readonly UnitRow[]> {
  const {rows} = await asked.query(
    `SELECT ${unitColumns} FROM switcharoo_fleet.unit WHERE fleet = $1 ORDER BY place`,
    [fleet],
  );
  return rows.map(unitOf);
}

/** What `unitOf` takes, of a table that is called `unit`. */
export const unitColumns =
  'unit.*, extract(epoch FROM clock_timestamp() - unit.changed_at) AS unchanged_seconds';

export const unitOf = (row: Row): UnitRow => ({
  unit: row.unit,
  wave: row.wave,
  place: row.place,
  work: row.work,
  resources: row.resources,
  after: row.after,
  status: row.status,
  attempt: row.attempt,
  byPerson: row.by_person,
  run: row.run,
  home: row.home,
  runner: row.runner,
  phase: row.phase,
  inOutage: row.outage_since !== null,
  outageSince: row.outage_since,
  changes: row.changes,
  problem: problemInFleet(row.problem, row.unit),
  changedAt: row.changed_at,
  unchangedSeconds: Number(row.unchanged_seconds),
});

/** A problem may quote any bytes of a server; jsonb takes neither the character 0 nor half of a surrogate pair. */
export const jsonOf = (problem: Problem | null): string | null =>
  problem &&
  JSON.stringify(problem, (_, value: unknown) =>
    typeof value === 'string' ? Buffer.from(value.replaceAll('\0', '')).toString() : value,
  );

/** Who did what, for the report: the role is PostgreSQL's, the operator is the user and the host. */
export async function addEvent(
  asked: Asked,
  event: {
    readonly fleet: string;
    readonly wave?: string;
    readonly unit?: string;
    readonly operator: string;
    readonly what: string;
    readonly note?: string | undefined;
  },
): Promise<void> {
  const {fleet, wave = null, unit = null, operator, what, note = null} = event;
  await asked.query(
    `INSERT INTO switcharoo_fleet.event (fleet, wave, unit, operator, what, note)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [fleet, wave, unit, operator, what, note],
  );
}
