import {setTimeout as sleep} from 'node:timers/promises';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import {type Version, versionOf} from '../checks/facts.ts';
import {quoted} from '../compare/row-text.ts';
import type {Position} from '../replication/position.ts';
import * as sentinels from '../replication/sentinel.ts';
import type {Connections} from '../session/connection.ts';
import type {Where} from '../session/problems.ts';
import type {Login} from '../session/session.ts';
import {unlessGone} from '../session/writer.ts';
import type {SentinelKey} from '../target.ts';
import {type Client, startClient} from './client.ts';
import * as marks from './copy-marker.ts';
import {floatTablesOf, mendFloats} from './floats.ts';
import {contentSql, contentsOf, type SchemaContent, schemasSql} from './inventory.ts';
import {type LoadOrder, type LoadWords, loadAll, loadArguments, loadLock} from './load.ts';
import {type ClientBrand, type OptionFile, optionFileFor} from './option-file.ts';
import {copyStillLoading} from './problems.ts';
import {type CopyPrograms, type FoundPrograms, findPrograms} from './programs.ts';

/** A server as the beginning or the end of a copy of whole schemas. Nothing here changes it. */
export interface CopyReader {
  /** Which clients of this machine can dump this server, and load what they dumped into another. */
  programs(signal?: AbortSignal): Promise<FoundPrograms>;
  /** Every schema but the server's own and switcharoo's. */
  schemas(signal?: AbortSignal): Promise<readonly SchemaContent[]>;
  /** Of the copy that was made on this server; `null` when there is none. */
  mark(signal?: AbortSignal): Promise<marks.CopyMark | null>;
  /** Starts the dump of whole schemas. It is the caller's to end. */
  dump(programs: CopyPrograms, schemas: readonly string[]): Client;
}

export interface CopyWriter extends CopyReader {
  /** Before anything of it is there: whose the copy is. Does nothing when the mark is there already. */
  begin(
    mark: Pick<marks.CopyMark, 'run' | 'entry' | 'schemas' | 'executing'>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends a load that is still under way, and drops what the mark says is the copy's own. */
  clear(mark: marks.CopyMark, signal: AbortSignal): Promise<void>;
  /** Notes at which place of the copied server's log the copy is taken. */
  place(
    key: SentinelKey,
    places: {readonly at: Position; readonly ofSource: Position | null},
    signal: AbortSignal,
  ): Promise<void>;
  /** Loads what is dumped on the other server; comes back when both clients say that all of it is there. */
  load(order: LoadOrder, signal: AbortSignal, say: ReportProgress): Promise<void>;
  /** Gives the copy what a dump does not carry: all digits of FLOAT columns. */
  mend(order: LoadOrder, signal: AbortSignal, say: ReportProgress): Promise<void>;
  /** The copy is whole. */
  finish(key: SentinelKey, signal: AbortSignal): Promise<void>;
  /** Removes the mark, and with the last one all that held it. */
  forget(key: SentinelKey, signal: AbortSignal): Promise<void>;
}

// A dump leaves out the collation of a column where it is the character set's own, which is another one from 8.0 on.
const olderCollationSql = "SET SESSION default_collation_for_utf8mb4 = 'utf8mb4_general_ci'";

export function copiesOf(
  connections: Connections,
  login: Login & {readonly clientFolder?: string | undefined},
  where: Where,
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
    mark,
    dump: ({brand, dump}, schemas) =>
      clientOf(login, brand, (file) => startClient(dump, dumpWords(brand, schemas), file)),
    begin: async ({run, entry, schemas, executing}, signal) => {
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
    clear: async ({schemas}, signal) => {
      await untilNobodyLoads(connections, where, signal);
      for (const schema of schemas) {
        await write(`DROP DATABASE IF EXISTS ${quoted(schema)}`, signal);
      }
    },
    place: async ({run, entry}, {at, ofSource}, signal) => {
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
    mend: async ({from, schemas}, signal, say) => {
      // A zero date that is set to itself is refused where the server refuses new ones.
      await write("SET SESSION sql_mode = ''", signal);
      await from.comparing(
        1,
        async (sessions) => {
          for (const ask of sessions) {
            for (const table of await floatTablesOf(ask, schemas)) {
              await mendFloats(ask, (sql, values) => write(sql, signal, values), table, say);
            }
          }
        },
        signal,
      );
      await write('SET SESSION sql_mode = DEFAULT', signal);
    },
    finish: async ({run, entry}, signal) =>
      void (await write(marks.loadedSql, signal, [run, entry])),
    forget: async ({run, entry}, signal) => {
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

function clientOf(login: Login, brand: ClientBrand, start: (file: OptionFile) => Client): Client {
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
  {name}: Where,
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
    await connections.write({sql: 'KILL ?', values: [Number(session)]}, signal).catch(unlessGone);
    await sleep(betweenTriesMs, undefined, {signal});
  }
  throw new SwitcharooError(copyStillLoading(name));
}

const mostTries = 300;
const betweenTriesMs = 100;
