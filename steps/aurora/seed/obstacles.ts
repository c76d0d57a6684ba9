import {type Blocked, blocked} from '../../../src/index.ts';
import {
  accountNameOf,
  accountsSql,
  brokenReason,
  definedObjectText,
  definersSql,
  eventsSql,
  hasEverywhere,
  isEmptySchema,
  type MysqlReader,
  ownGrants,
  type Replication,
  type Row,
} from '../../mysql/index.ts';
import type {AuroraReader} from '../target.ts';
import type {Ends} from './schemas.ts';

interface Wanted {
  readonly schemas: readonly string[];
  readonly replication: Replication | null;
}

/** Why the copy cannot be made, or would not be what it should be; `null` when nothing is in its way. */
export async function whyNoSeed(
  ends: Ends,
  {schemas, replication}: Wanted,
  signal: AbortSignal,
): Promise<Blocked | null> {
  return (
    whyNotStill(ends.replica, replication) ??
    (await whyNoPlace(ends.replica, signal)) ??
    (await whyNothingToCopy(ends, schemas, signal)) ??
    (await whyNoClient(ends.replica, signal)) ??
    (await whyNotTrusted(ends, schemas, signal)) ??
    (await whyNoDefiner(ends, schemas, signal)) ??
    (await whyEventsRun(ends, schemas, signal))
  );
}

function whyNotStill(replica: MysqlReader, replication: Replication | null): Blocked | null {
  if (!replication) {
    return blocked(
      `${replica.name} follows nobody, and a copy is taken of a replica, which stands still meanwhile.`,
      'Set up a dedicated replica of the source, and name it here.',
    );
  }
  const broken = replication.error ? brokenReason(replication) : null;
  return broken === null
    ? null
    : blocked(
        `${replica.name} does not replicate: ${broken}.`,
        `Repair its replication first: whoever is copied from it, would lack what it lacks.`,
      );
}

/** Without a log of its own, with all that it executes, nobody can go on from the copy. */
async function whyNoPlace(replica: MysqlReader, signal: AbortSignal): Promise<Blocked | null> {
  const names = ['log_slave_updates', 'log_replica_updates'];
  const passesOn = Object.values(await replica.settings(names, signal)).includes('ON');
  const {file} = await replica.position(signal);
  return file !== '' && passesOn
    ? null
    : blocked(
        `${replica.name} ${file === '' ? 'writes no binary log' : 'does not log what it executes of its source'}, so nobody can follow it from the copy on.`,
        'Set log-bin and log-slave-updates (log-replica-updates) in my.cnf there, and restart it.',
      );
}

async function whyNothingToCopy(
  {aurora, replica}: Ends,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<Blocked | null> {
  if (schemas.length === 0) {
    return blocked(
      `${replica.name} has no schema that is to be copied.`,
      'Look at SHOW DATABASES there, and at the schemas in the runbook.',
    );
  }
  const there = await whatElseIsThere(aurora, schemas, signal);
  return there === null
    ? null
    : blocked(
        `${aurora.name} is not empty: it has ${there}, and this run did not put it there.`,
        `A copy is made on an empty cluster only. Drop it if nobody needs it; if it is an earlier copy, leave this entry out and go on from its position.`,
      );
}

/** Schemas with anything in them, and empty ones that the copy would have to make itself; `null` when there is neither. */
export async function whatElseIsThere(
  aurora: AuroraReader,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  const there = (await aurora.copies.schemas(signal)).filter(
    (content) => !isEmptySchema(content) || schemas.includes(content.schema),
  );
  const texts = there.map((content) =>
    isEmptySchema(content)
      ? `${content.schema} (empty)`
      : `${content.schema} (${Object.entries(content.counts)
          .map(([what, count]) => `${count} ${what}${count === 1 ? '' : 's'}`)
          .join(', ')})`,
  );
  return texts.length === 0
    ? null
    : `${texts.length} ${texts.length === 1 ? 'schema' : 'schemas'}: ${texts.join(', ')}`;
}

async function whyNoClient(replica: MysqlReader, signal: AbortSignal): Promise<Blocked | null> {
  const {suitable: suits, available: found} = await replica.copies.programs(signal);
  const {version = 'of an unknown version'} = await replica.settings(['version'], signal);
  return suits
    ? null
    : blocked(
        `No dump client on this machine suits ${replica.name} (${version}): ${found.length > 0 ? `there is ${found.join(' and ')}` : 'neither mysqldump nor mariadb-dump is there, with its mysql or mariadb'}.`,
        `Install MySQL's own client, as new as the server or newer (mysqldump and mysql; for MariaDB mariadb-dump and mariadb), or set clientFolder of ${replica.name} in the inventory to where they are.`,
      );
}

async function whyNoDefiner(
  {aurora, replica}: Ends,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<Blocked | null> {
  const defined = await ofSchemas(replica, definersSql, schemas, signal);
  const accounts = (await aurora.query(accountsSql, [], signal)).map(accountNameOf);
  const orphans = defined.filter((row) => !accounts.includes(String(row['definer'])));
  if (orphans.length > 0) {
    return blocked(
      `${some(orphans, 'object', definedObjectText)} of ${replica.name} with a definer that is no account of ${aurora.name}.`,
      `Create the account on ${aurora.name} (it need not be able to log in), or define the object anew on the source. A dump copies no accounts.`,
    );
  }
  const [me] = await aurora.query('SELECT CURRENT_USER() AS account', [], signal);
  const others = defined.filter((row) => row['definer'] !== me?.['account']);
  return others.length === 0 || (await hasOneOf(aurora, definerPrivileges, signal))
    ? null
    : blocked(
        `${some(others, 'object', definedObjectText)} of ${replica.name} with another definer than ${me?.['account']}, which may not make objects for others on ${aurora.name}.`,
        'Grant it SET_USER_ID (MySQL 8.0), or SET_ANY_DEFINER and ALLOW_NONEXISTENT_DEFINER (from 8.2 on); before 8.0 define the objects anew with this account as definer.',
      );
}

/** The load logs in as this account does, and sets no role. */
async function hasOneOf(
  aurora: AuroraReader,
  privileges: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const {own} = await ownGrants((sql) => aurora.query(sql, [], signal));
  return hasEverywhere(own, privileges);
}

const definerPrivileges = ['SUPER', 'SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER'];

/** A server that writes a binary log lets only SUPER make triggers and functions, unless it is told to trust others (errno 1419). */
async function whyNotTrusted(
  {aurora, replica}: Ends,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<Blocked | null> {
  const names = ['log_bin', 'log_bin_trust_function_creators'];
  const {log_bin: logs, log_bin_trust_function_creators: trusts} = await aurora.settings(
    names,
    signal,
  );
  const defined = (await ofSchemas(replica, definersSql, schemas, signal)).filter(({what}) =>
    ['trigger', 'function'].includes(String(what)),
  );
  return logs !== 'ON' ||
    trusts === 'ON' ||
    defined.length === 0 ||
    (await hasOneOf(aurora, ['ALL PRIVILEGES', 'SUPER'], signal))
    ? null
    : blocked(
        `${some(defined, 'object', definedObjectText)} of ${replica.name} that ${aurora.name} lets nobody make: it writes a binary log, and log_bin_trust_function_creators is OFF.`,
        'Set log_bin_trust_function_creators = 1 in the parameter group of the cluster.',
      );
}

/** A replica's own events do not run there when they were replicated; whatever else is enabled would run on Aurora at once. */
async function whyEventsRun(
  {aurora, replica}: Ends,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<Blocked | null> {
  const enabled = (await ofSchemas(replica, eventsSql, schemas, signal)).filter(
    ({status}) => status === 'ENABLED',
  );
  return enabled.length === 0
    ? null
    : blocked(
        `${some(enabled, 'event', (row) => `${row['s']}.${row['name']}`)} of ${replica.name} that ${enabled.length === 1 ? 'is' : 'are'} enabled, and would run on ${aurora.name} as well as on the source.`,
        `On ${replica.name}: ALTER EVENT … DISABLE ON SLAVE (DISABLE ON REPLICA from 8.2 on), as replication makes them. After the cutover: ALTER EVENT … ENABLE on ${aurora.name}.`,
      );
}

const ofSchemas = async (
  server: MysqlReader,
  sql: string,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<readonly Row[]> =>
  (await server.query(sql, [], signal)).filter((row) => schemas.includes(String(row['s'])));

const mostShown = 5;

/** "There is 1 object (view shop.v (app@%))", "There are 7 objects (…, and 2 more)". */
function some(rows: readonly Row[], noun: string, text: (row: Row) => string): string {
  const more = rows.length - mostShown;
  const shown = rows.slice(0, mostShown).map(text).join(', ');
  return `There ${rows.length === 1 ? 'is' : 'are'} ${rows.length} ${noun}${rows.length === 1 ? '' : 's'} (${shown}${more > 0 ? `, and ${more} more` : ''})`;
}
