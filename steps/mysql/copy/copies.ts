import {setTimeout as sleep} from 'node:timers/promises';
import {SwitcharooError} from '../../../src/index.ts';
import {quoted} from '../compare/row-text.ts';
import type {CopyWriter, LoadOrder} from '../contract.ts';
import {type Version, versionOf} from '../dialect/version.ts';
import * as sentinels from '../replication/sentinel.ts';
import type {Connections} from '../session/connection.ts';
import type {Endpoint, Login} from '../session/contract.ts';
import {unlessSessionGone} from '../session/writer.ts';
import {type CopyProcess, startClient} from './client.ts';
import * as marks from './copy-marker.ts';
import {floatTablesOf, restoreFloats} from './floats.ts';
import {contentSql, contentsOf, schemasSql} from './inventory.ts';
import {type LoadWords, loadAll, loadArguments, loadLock} from './load.ts';
import {type ClientBrand, type OptionFile, optionFileFor} from './option-file.ts';
import {copyInProgress} from './problems.ts';
import {findPrograms} from './programs.ts';

// A dump leaves out the collation of a column where it is the character set's own, which is another one from 8.0 on.
const olderCollationSql = "SET SESSION default_collation_for_utf8mb4 = 'utf8mb4_general_ci'";

export function copiesOf(
  connections: Connections,
  login: Login & {readonly clientFolder?: string | undefined},
  where: Endpoint,
): CopyWriter {
  const read = (sql: string, signal?: AbortSignal) =>
    connections.read({sql, limitMs: dictionaryLimitMs}, signal);
  const write = (sql: string, signal: AbortSignal, values: readonly unknown[] = []) =>
    connections.write({sql, values, limitMs: dropLimitMs}, signal);
  let version: Version | undefined;
  const versionNow = async (signal?: AbortSignal): Promise<Version> => {
    const [row] = version ? [] : await read('SELECT VERSION() AS version', signal);
    version ??= versionOf(String(row?.['version']));
    return version;
  };
  /** What an older server takes for granted and a MySQL from 8.0 on does otherwise. */
  const loadingWords = async (from: LoadOrder['from'], signal: AbortSignal): Promise<LoadWords> => {
    const {isMariaDb, series} = await versionNow(signal);
    const refusesMode = !isMariaDb && series >= 800;
    const {version: there = ''} = await from.settings(['version'], signal);
    const isOlder = refusesMode && (versionOf(there).isMariaDb || versionOf(there).series < 800);
    // Whoever may not set it finds such columns with mysql.verify-data.
    const may =
      isOlder &&
      (await write(olderCollationSql, signal).then(
        () => true,
        () => false,
      ));
    if (may) {
      await write('SET SESSION default_collation_for_utf8mb4 = DEFAULT', signal);
    }
    return {refusesMode, first: may ? `${olderCollationSql};\n` : ''};
  };
  const mark = async (signal?: AbortSignal) => {
    const isThere = (await read(marks.tableSql, signal)).length > 0;
    const [row] = isThere ? await read(marks.rowsSql, signal) : [];
    return row ? marks.markOf(row) : null;
  };
  const copies: CopyWriter = {
    programs: async (signal) => findPrograms(await versionNow(signal), login.clientFolder),
    schemas: async (signal) =>
      contentsOf(await read(schemasSql, signal), await read(contentSql, signal)),
    marker: mark,
    dump: ({brand, dump}, schemas) =>
      clientOf(login, brand, (file) => startClient(dump, dumpWords(brand, schemas), file)),
    createMarker: async ({run, entry, schemas, executing}, signal) => {
      if (await mark(signal)) {
        return;
      }
      await write(sentinels.makeSchemaSql, signal);
      await write(marks.makeTableSql, signal);
      await write(marks.insertSql, signal, [
        run,
        entry,
        JSON.stringify(schemas),
        executing ? 1 : 0,
      ]);
    },
    dropCopy: async ({schemas}, signal) => {
      await untilNobodyLoads(connections, where, signal);
      for (const schema of schemas) {
        await write(`DROP DATABASE IF EXISTS ${quoted(schema)}`, signal);
      }
    },
    recordPositions: async ({run, entry}, {at, ofSource}, signal) => {
      const places = [at.file, at.position, ofSource?.file ?? null, ofSource?.position ?? null];
      await write(marks.placeSql, signal, [...places, run, entry]);
    },
    load: async (order, signal, say) => {
      signal.throwIfAborted();
      const words = await loadingWords(order.from, signal);
      const {brand, load} = order.programs;
      const loading = clientOf(login, brand, (file) => startClient(load, loadArguments, file));
      const dumping = order.from.copies.dump(order.programs, order.schemas);
      try {
        await loadAll({dumping, loading}, {...order, ...words, to: where.name}, signal, say);
      } finally {
        await Promise.all([dumping.kill(), loading.kill()]);
        // The server goes on with a statement although its client is gone.
        await untilNobodyLoads(connections, where, AbortSignal.timeout(afterLoadMs)).catch(
          () => {},
        );
      }
    },
    restoreFloats: async ({from, schemas}, signal, say) => {
      // A zero date that is set to itself is refused where the server refuses new ones.
      await write("SET SESSION sql_mode = ''", signal);
      await from.withSessions(
        1,
        async (sessions) => {
          for (const ask of sessions) {
            for (const table of await floatTablesOf(ask, schemas)) {
              await restoreFloats(ask, (sql, values) => write(sql, signal, values), table, say);
            }
          }
        },
        signal,
      );
      await write('SET SESSION sql_mode = DEFAULT', signal);
    },
    markLoaded: async ({run, entry}, signal) =>
      void (await write(marks.loadedSql, signal, [run, entry])),
    removeMarker: async ({run, entry}, signal) => {
      if ((await read(marks.tableSql, signal)).length === 0) {
        return;
      }
      await write(marks.deleteSql, signal, [run, entry]);
      if ((await mark(signal)) === null) {
        const beside = await read(marks.tablesBesideSql, signal);
        await write(
          beside.length > 0 ? 'DROP TABLE switcharoo.seed' : 'DROP DATABASE switcharoo',
          signal,
        );
      }
    },
  };
  return copies;
}

// MySQL 5.6 opens every table for it.
const dictionaryLimitMs = 25_000;
// A schema of many large tables takes its time to go.
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

/** Whole schemas, as they are: one consistent picture of InnoDB's tables, and bytes that no character set changes. */
const dumpWords = (brand: ClientBrand, schemas: readonly string[]): readonly string[] => [
  ...['--single-transaction', '--quick', '--hex-blob', '--routines', '--triggers', '--events'],
  ...['--default-character-set=utf8mb4', '--max-allowed-packet=1G', '--skip-add-locks'],
  ...['--no-tablespaces', '--skip-dump-date', '--comments'],
  // The server that is loaded has a history of its own; and statistics of columns are no data.
  ...(brand === 'mysql' ? ['--set-gtid-purged=OFF', '--loose-column-statistics=0'] : []),
  '--databases',
  ...schemas,
];

/** Ends the session of a load that goes on although its client, or whoever started it, is gone. */
async function untilNobodyLoads(
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
