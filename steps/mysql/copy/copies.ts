import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import {quoted} from '../compare/row-text.ts';
import type {CopyMarker, CopyReader, CopyWriter, LoadOrder} from '../contract.ts';
import {type Version, versionOf} from '../dialect/version.ts';
import * as sentinels from '../replication/sentinel.ts';
import type {Connections} from '../session/connection.ts';
import type {Ask, Endpoint, Login} from '../session/contract.ts';
import {unlessSessionGone} from '../session/writer.ts';
import {type CopyProcess, startClient} from './client.ts';
import * as markers from './copy-marker.ts';
import {loadDefinitions} from './definitions.ts';
import {floatTablesOf, restoreFloats} from './floats.ts';
import {schemaContents} from './inventory.ts';
import {type LoadPreamble, loadAll, loadArguments, loadLock} from './load.ts';
import {type ClientBrand, type OptionFile, optionFileFor} from './option-file.ts';
import {copyInProgress} from './problems.ts';
import {findPrograms} from './programs.ts';
import {removedModes} from './removed-mode.ts';

// A dump omits the collation of a column where it is the character set's default, which changed in 8.0.
const olderCollationSql = "SET SESSION default_collation_for_utf8mb4 = 'utf8mb4_general_ci'";

/** The server whose data is copied, and how to reach it. */
interface CopyServer {
  readonly connections: Connections;
  readonly login: Login;
  readonly clientFolder: string | undefined;
  readonly endpoint: Endpoint;
}

interface CopyAccess extends CopyServer {
  /** Read once: a server does not change its version while it is open. */
  readonly version: (signal?: AbortSignal) => Promise<Version>;
}

export function copiesOf(server: CopyServer): CopyWriter {
  const access = {...server, version: lazyVersion(server)};
  return {...copyReads(access), ...markerWrites(access), ...dataWrites(access)};
}

function lazyVersion(server: CopyServer): CopyAccess['version'] {
  let version: Version | undefined;
  return async (signal) => {
    if (!version) {
      const [row] = await read(server, 'SELECT VERSION() AS version', signal);
      version = versionOf(String(row?.['version']));
    }
    return version;
  };
}

const read = ({connections}: CopyServer, sql: string, signal?: AbortSignal) =>
  connections.read({sql, limitMs: dictionaryLimitMs}, signal);

const write = (
  {connections}: CopyServer,
  sql: string,
  signal: AbortSignal,
  values: readonly unknown[] = [],
) => connections.write({sql, values, limitMs: dropLimitMs}, signal);

function copyReads(access: CopyAccess): CopyReader {
  const {login, clientFolder} = access;
  return {
    programs: async (signal) => findPrograms(await access.version(signal), clientFolder),
    schemas: ({signal, progress}) =>
      schemaContents(
        (statement) => access.connections.read(statement, signal),
        (read, of) => progress?.(`reading ${read} of ${of} tables of ${access.endpoint.name}`),
      ),
    marker: (signal) => markerNow(access, signal),
    dump: ({brand, dump}, schemas, of = 'all') =>
      clientOf(login, brand, (file) =>
        startClient(dump, dumpArguments(brand, schemas, of === 'definitions'), file),
      ),
  };
}

async function markerNow(access: CopyAccess, signal?: AbortSignal): Promise<CopyMarker | null> {
  const exists = (await read(access, markers.tableSql, signal)).length > 0;
  const [row] = exists ? await read(access, markers.rowsSql, signal) : [];
  return row ? markers.markerOf(row) : null;
}

type MarkerWrites = 'createMarker' | 'recordPositions' | 'markLoaded' | 'removeMarker';

function markerWrites(access: CopyAccess): Pick<CopyWriter, MarkerWrites> {
  return {
    createMarker: async ({run, entry, schemas, executing}, signal) => {
      if (await markerNow(access, signal)) {
        return;
      }
      await write(access, sentinels.makeSchemaSql, signal);
      await write(access, markers.makeTableSql, signal);
      const values = [run, entry, JSON.stringify(schemas), executing ? 1 : 0];
      await write(access, markers.insertSql, signal, values);
    },
    recordPositions: async ({run, entry}, {at, ofSource}, signal) => {
      const places = [at.file, at.position, ofSource?.file ?? null, ofSource?.position ?? null];
      await write(access, markers.placeSql, signal, [...places, run, entry]);
    },
    markLoaded: async ({run, entry}, signal) =>
      void (await write(access, markers.loadedSql, signal, [run, entry])),
    removeMarker: async ({run, entry}, signal) => {
      if ((await read(access, markers.tableSql, signal)).length === 0) {
        return;
      }
      await write(access, markers.deleteSql, signal, [run, entry]);
      if ((await markerNow(access, signal)) === null) {
        const others = await read(access, markers.tablesBesideSql, signal);
        const drop = others.length > 0 ? 'TABLE switcharoo.seed' : 'DATABASE switcharoo';
        await write(access, `DROP ${drop}`, signal);
      }
    },
  };
}

type DataWrites = 'dropCopy' | 'load' | 'loadDefinitions' | 'alone' | 'restoreFloats';

function dataWrites(access: CopyAccess): Pick<CopyWriter, DataWrites> {
  const {connections, endpoint} = access;
  return {
    dropCopy: async ({schemas}, signal) => {
      await endLoads(connections, endpoint, signal);
      for (const schema of schemas) {
        await write(access, `DROP DATABASE IF EXISTS ${quoted(schema)}`, signal);
      }
    },
    load: (order, signal, report) =>
      withClients(access, order, {of: 'all', signal}, (clients, preamble) =>
        loadAll(clients, {...order, ...preamble, to: endpoint.name}, signal, report),
      ),
    loadDefinitions: (order, signal) =>
      withClients(access, order, {of: 'definitions', signal}, (clients, preamble) => {
        const ends = {from: order.from.name, to: endpoint.name};
        return loadDefinitions(clients, {...ends, ...preamble}, signal);
      }),
    alone: async (work, signal) => {
      const session = connections.sessionFor([]);
      try {
        const sql = "SELECT GET_LOCK('switcharoo.schema', 0) AS taken";
        const [row] = await session.ask({sql}, signal);
        return Number(row?.['taken']) === 1 ? await work() : null;
      } finally {
        // The lock ends with its session.
        session.close();
      }
    },
    restoreFloats: async ({from, schemas}, signal, report) => {
      // A server that refuses new zero dates also refuses to set one to itself.
      await write(access, "SET SESSION sql_mode = ''", signal);
      const restore = async (sessions: readonly Ask[]) => {
        for (const ask of sessions) {
          for (const table of await floatTablesOf(ask, schemas)) {
            const change = (sql: string, values: readonly unknown[]) =>
              write(access, sql, signal, values);
            await restoreFloats(ask, change, table, report);
          }
        }
      };
      await from.withSessions(1, restore, signal);
      await write(access, 'SET SESSION sql_mode = DEFAULT', signal);
    },
  };
}

/** Both clients, which have ended afterwards, and the session of the load with them. */
async function withClients<Result>(
  access: CopyAccess,
  {from, programs, schemas}: Omit<LoadOrder, 'expected'>,
  {of, signal}: {readonly of: 'all' | 'definitions'; readonly signal: AbortSignal},
  work: (
    clients: {readonly dumping: CopyProcess; readonly loading: CopyProcess},
    preamble: LoadPreamble,
  ) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const {login, connections, endpoint} = access;
  const preamble = await preambleOf(access, from, signal);
  const {brand, load} = programs;
  const args = of === 'all' ? loadArguments : [...loadArguments, '--force'];
  const loading = clientOf(login, brand, (file) => startClient(load, args, file));
  const dumping = from.copies.dump(programs, schemas, of);
  try {
    return await work({dumping, loading}, preamble);
  } finally {
    await Promise.all([dumping.kill(), loading.kill()]);
    // The server continues a statement after its client has ended.
    await endLoads(connections, endpoint, AbortSignal.timeout(afterLoadMs)).catch(() => {});
  }
}

/** The defaults of an older server that MySQL 8.0 and later have changed. */
async function preambleOf(
  access: CopyAccess,
  from: LoadOrder['from'],
  signal: AbortSignal,
): Promise<LoadPreamble> {
  const {isMariaDb, series} = await access.version(signal);
  const refusesModes = !isMariaDb && series >= 800;
  const {version = ''} = await from.settings(['version'], signal);
  const source = versionOf(version);
  const isOlder = refusesModes && (source.isMariaDb || source.series < 800);
  // Where the account may not set it, mysql.verify-data reports such columns.
  const maySet =
    isOlder &&
    (await write(access, olderCollationSql, signal).then(
      () => true,
      () => false,
    ));
  if (maySet) {
    await write(access, 'SET SESSION default_collation_for_utf8mb4 = DEFAULT', signal);
  }
  return {
    // MariaDB's ORACLE is another language: without it a routine would be refused, or mean something else.
    removed: refusesModes
      ? removedModes.filter((mode) => !(source.isMariaDb && mode === 'ORACLE'))
      : [],
    first: maySet ? `${olderCollationSql};\n` : '',
  };
}

const dictionaryLimitMs = 25_000;
// Dropping a schema of many large tables takes long.
const dropLimitMs = 10 * 60_000;
const afterLoadMs = 10_000;

function clientOf(
  login: Login,
  brand: ClientBrand,
  start: (file: OptionFile) => CopyProcess,
): CopyProcess {
  const file = optionFileFor(login, brand);
  try {
    return start(file);
  } finally {
    // The client has inherited it.
    file.close();
  }
}

/** Whole schemas: one consistent snapshot of InnoDB's tables, and bytes that no character set changes. */
const dumpArguments = (
  brand: ClientBrand,
  schemas: readonly string[],
  definitionsOnly: boolean,
): readonly string[] => [
  ...['--single-transaction', '--quick', '--hex-blob', '--routines', '--triggers', '--events'],
  ...['--default-character-set=utf8mb4', '--max-allowed-packet=1G', '--skip-add-locks'],
  ...['--no-tablespaces', '--skip-dump-date', '--comments'],
  // The loaded server has its own GTIDs, and column statistics are no data.
  ...(brand === 'mysql' ? ['--set-gtid-purged=OFF', '--loose-column-statistics=0'] : []),
  ...(definitionsOnly ? ['--no-data', '--force'] : []),
  '--databases',
  ...schemas,
];

/** Ends the session of a load that continues after its client, or the process that started it, has ended. */
async function endLoads(
  connections: Connections,
  {name}: Endpoint,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const [row] = await connections.read(
      {sql: `SELECT IS_USED_LOCK('${loadLock}') AS session`},
      signal,
    );
    const session = row?.['session'];
    if (session === null || session === undefined) {
      return;
    }
    await connections
      .write({sql: 'KILL ?', values: [Number(session)]}, signal)
      .catch(unlessSessionGone);
    await sleep(betweenTriesMs, undefined, {signal});
  }
  throw new SwitcharooError(copyInProgress(name));
}

const mostTries = 300;
const betweenTriesMs = 100;
