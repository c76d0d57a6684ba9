import {type Blocked, blocked} from '../../../src/index.ts';
import {
  accountNameOf,
  accountsSql,
  brokenReason,
  definedObjectText,
  existingContent,
  hasEverywhere,
  type MysqlReader,
  ownGrants,
  type Replication,
  type Row,
  type Waiter,
} from '../../mysql/index.ts';
import type {AuroraReader} from '../contract.ts';
import type {Ends} from './schemas.ts';

interface CopyPlan {
  readonly schemas: readonly string[];
  readonly replication: Replication | null;
}

/** The first reason why the copy cannot be made, or would be incomplete; `null` when there is none. */
export async function seedObstacle(
  ends: Ends,
  {schemas, replication}: CopyPlan,
  waiter: Waiter,
): Promise<Blocked | null> {
  const {signal} = waiter;
  const catalogue = ends.replica.catalogue(performance.now());
  const objects = () => catalogue.objects(waiter);
  return (
    replicaNotReplicating(ends.replica, replication) ??
    (await replicaWithoutLog(ends.replica, signal)) ??
    (await nothingToCopy(ends, schemas, waiter)) ??
    (await dumpClientMissing(ends.replica, signal)) ??
    (await creatorsNotTrusted(ends, ofSchemas((await objects()).defined, schemas), signal)) ??
    (await definersMissing(ends, ofSchemas((await objects()).defined, schemas), signal)) ??
    eventsEnabled(ends, ofSchemas((await objects()).events, schemas))
  );
}

function replicaNotReplicating(
  replica: MysqlReader,
  replication: Replication | null,
): Blocked | null {
  if (!replication) {
    return blocked(
      `${replica.name} does not replicate, and a copy is made of a replica, whose SQL thread is stopped meanwhile.`,
      'Set up a dedicated replica of the source, and name it here.',
    );
  }
  const broken = replication.error ? brokenReason(replication) : null;
  return broken === null
    ? null
    : blocked(
        `${replica.name} does not replicate: ${broken}.`,
        'Fix its replication first: the copy would lack the same data.',
      );
}

/** Aurora can only replicate from the copy on if the replica logs all that it executes. */
async function replicaWithoutLog(
  replica: MysqlReader,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const names = ['log_slave_updates', 'log_replica_updates'];
  const logsUpdates = Object.values(await replica.settings(names, signal)).includes('ON');
  const {file} = await replica.position(signal);
  return file !== '' && logsUpdates
    ? null
    : blocked(
        `${replica.name} ${file === '' ? 'writes no binary log' : 'does not log what it executes from its source'}, so Aurora cannot replicate from it after the copy.`,
        'Set log-bin and log-slave-updates (log-replica-updates) in my.cnf there, and restart it.',
      );
}

async function nothingToCopy(
  {aurora, replica}: Ends,
  schemas: readonly string[],
  waiter: Waiter,
): Promise<Blocked | null> {
  if (schemas.length === 0) {
    return blocked(
      `${replica.name} has no schema to copy.`,
      'Compare SHOW DATABASES there with the schemas in the runbook.',
    );
  }
  const content = await existingContent(aurora, schemas, waiter);
  return content === null
    ? null
    : blocked(
        `${aurora.name} is not empty: it has ${content}, and this run did not create that.`,
        'A copy is made on an empty cluster only: drop the content. If it is an earlier copy, leave this entry out and continue from its position.',
      );
}

async function dumpClientMissing(
  replica: MysqlReader,
  signal: AbortSignal,
): Promise<Blocked | null> {
  const {suitable, available: clients} = await replica.copies.programs(signal);
  const {version = 'of an unknown version'} = await replica.settings(['version'], signal);
  return suitable
    ? null
    : blocked(
        `No dump client on this machine suits ${replica.name} (${version}): ${clients.length > 0 ? `there is ${clients.join(' and ')}` : 'neither mysqldump nor mariadb-dump is installed, with its mysql or mariadb'}.`,
        `Install MySQL's own client, as new as the server or newer (mysqldump and mysql; for MariaDB mariadb-dump and mariadb), or set clientFolder of ${replica.name} in the inventory.`,
      );
}

async function definersMissing(
  {aurora, replica}: Ends,
  defined: readonly Row[],
  signal: AbortSignal,
): Promise<Blocked | null> {
  const accounts = new Set((await aurora.query(accountsSql, [], signal)).map(accountNameOf));
  const orphans = defined.filter((row) => !accounts.has(String(row['definer'])));
  if (orphans.length > 0) {
    return blocked(
      `${shortList(orphans, 'object', definedObjectText)} of ${replica.name} with a definer that does not exist on ${aurora.name}.`,
      `Create the account on ${aurora.name} (it need not be able to log in), or change the definer on the source. A dump copies no accounts.`,
    );
  }
  const [login] = await aurora.query('SELECT CURRENT_USER() AS account', [], signal);
  const others = defined.filter((row) => row['definer'] !== login?.['account']);
  return others.length === 0 || (await hasOneOf(aurora, definerPrivileges, signal))
    ? null
    : blocked(
        `${shortList(others, 'object', definedObjectText)} of ${replica.name} with another definer than ${login?.['account']}, which may not create objects for others on ${aurora.name}.`,
        'Grant it SET_USER_ID (MySQL 8.0), or SET_ANY_DEFINER and ALLOW_NONEXISTENT_DEFINER (from 8.2 on); before 8.0 make this account the definer.',
      );
}

/** The load logs in with this account, and sets no role. */
async function hasOneOf(
  aurora: AuroraReader,
  privileges: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const {own} = await ownGrants((sql) => aurora.query(sql, [], signal));
  return hasEverywhere(own, privileges);
}

const definerPrivileges = ['SUPER', 'SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER'];

/** With a binary log only SUPER may create triggers and functions, unless the server trusts others (errno 1419). */
async function creatorsNotTrusted(
  {aurora, replica}: Ends,
  all: readonly Row[],
  signal: AbortSignal,
): Promise<Blocked | null> {
  const names = ['log_bin', 'log_bin_trust_function_creators'];
  const {log_bin: logs, log_bin_trust_function_creators: trusts} = await aurora.settings(
    names,
    signal,
  );
  const defined = all.filter(({what}) => ['trigger', 'function'].includes(String(what)));
  return logs !== 'ON' ||
    trusts === 'ON' ||
    defined.length === 0 ||
    (await hasOneOf(aurora, ['ALL PRIVILEGES', 'SUPER'], signal))
    ? null
    : blocked(
        `${shortList(defined, 'object', definedObjectText)} of ${replica.name} that cannot be created on ${aurora.name}: it writes a binary log, and log_bin_trust_function_creators is OFF.`,
        'Set log_bin_trust_function_creators = 1 in the parameter group of the cluster.',
      );
}

/** Replicated events are disabled on a replica; an event that is enabled there would run on Aurora at once. */
function eventsEnabled({aurora, replica}: Ends, events: readonly Row[]): Blocked | null {
  const enabled = events.filter(({status}) => status === 'ENABLED');
  return enabled.length === 0
    ? null
    : blocked(
        `${shortList(enabled, 'event', (row) => `${row['s']}.${row['name']}`)} of ${replica.name} that ${enabled.length === 1 ? 'is' : 'are'} enabled, and would run on ${aurora.name} as well as on the source.`,
        `On ${replica.name}: ALTER EVENT … DISABLE ON SLAVE (DISABLE ON REPLICA from 8.2 on), as replication does. After the cutover: ALTER EVENT … ENABLE on ${aurora.name}.`,
      );
}

const ofSchemas = (rows: readonly Row[], schemas: readonly string[]): readonly Row[] =>
  rows.filter((row) => schemas.includes(String(row['s'])));

const mostShown = 5;

/** "There is 1 object (view shop.v (app@%))", "There are 7 objects (…, and 2 more)". */
function shortList(rows: readonly Row[], noun: string, text: (row: Row) => string): string {
  const more = rows.length - mostShown;
  const shown = rows.slice(0, mostShown).map(text).join(', ');
  return `There ${rows.length === 1 ? 'is' : 'are'} ${rows.length} ${noun}${rows.length === 1 ? '' : 's'} (${shown}${more > 0 ? `, and ${more} more` : ''})`;
}
