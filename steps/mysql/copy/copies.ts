import {pipeline} from 'node:stream/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {type Say, SwitcharooError} from '../../../src/index.ts';
import {type Version, versionOf} from '../checks/facts.ts';
import type {Connections} from '../connection.ts';
import type {Login} from '../line.ts';
import type {Position} from '../position.ts';
import type {Where} from '../problems.ts';
import {quoted} from '../row-text.ts';
import * as sentinels from '../sentinel.ts';
import type {SentinelKey} from '../server.ts';
import {within} from '../within.ts';
import {unlessGone} from '../writer.ts';
import {type Client, startClient} from './client.ts';
import {contentSql, contentsOf, type SchemaContent, schemasSql} from './inventory.ts';
import * as marks from './mark.ts';
import {type ClientBrand, type OptionFile, optionFileFor} from './option-file.ts';
import {copyNotWhole, copyStillLoading} from './problems.ts';
import {type CopyPrograms, type FoundPrograms, findPrograms} from './programs.ts';
import {DumpProgress, type Expected} from './progress.ts';

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
  load(order: LoadOrder, signal: AbortSignal, say: Say): Promise<void>;
  /** The copy is whole. */
  finish(key: SentinelKey, signal: AbortSignal): Promise<void>;
  /** Removes the mark, and with the last one all that held it. */
  forget(key: SentinelKey, signal: AbortSignal): Promise<void>;
}

export interface LoadOrder {
  readonly from: {readonly name: string; readonly copies: CopyReader};
  readonly programs: CopyPrograms;
  readonly schemas: readonly string[];
  readonly expected: Expected;
}

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
  const mark = async (signal?: AbortSignal) => {
    const isThere = sentinels.isThere(await read(marks.tableSql, signal));
    const [row] = isThere ? await read(marks.rowsSql, signal) : [];
    return row ? marks.markOf(row) : null;
  };
  const copies: CopyWriter = {
    programs: async (signal) => {
      const [row] = version ? [] : await read('SELECT VERSION() AS version', signal);
      version ??= versionOf(String(row?.['version']));
      return findPrograms(version, login.clientFolder);
    },
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
      const {brand, load} = order.programs;
      const loading = clientOf(login, brand, (file) => startClient(load, loadWords, file));
      const dumping = order.from.copies.dump(order.programs, order.schemas);
      try {
        await loadAll({dumping, loading}, {...order, to: where.name}, signal, say);
      } finally {
        await Promise.all([dumping.kill(), loading.kill()]);
        // The server goes on with a statement although its client is gone.
        await untilNobodyLoads(connections, where, AbortSignal.timeout(afterLoadMs)).catch(
          () => {},
        );
      }
    },
    finish: async ({run, entry}, signal) =>
      void (await write(marks.loadedSql, signal, [run, entry])),
    forget: async ({run, entry}, signal) => {
      if (!sentinels.isThere(await read(marks.tableSql, signal))) {
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
const afterLoadMs = 2_000;

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

// In binary mode nothing in the dump is a command of the client's own but DELIMITER.
const loadWords = [
  '--batch',
  '--binary-mode',
  '--skip-reconnect',
  '--default-character-set=utf8mb4',
  '--max-allowed-packet=1G',
];

/** Held by the session that loads, for as long as it lives: so it is found by whoever must be sure that it is gone. */
const loadLock = 'switcharoo.seed';
const takeLock = `DO IF(GET_LOCK('${loadLock}', 10) = 1, 0, (SELECT 1 UNION SELECT 2));\n`;

async function loadAll(
  {dumping, loading}: {readonly dumping: Client; readonly loading: Client},
  {from, to, expected}: LoadOrder & {readonly to: string},
  signal: AbortSignal,
  say: Say,
): Promise<void> {
  const progress = new DumpProgress(expected);
  const ended = (program: string, said: string) =>
    new SwitcharooError(copyNotWhole({from: from.name, to, program, said, at: progress.text()}));
  loading.stdin.write(takeLock);
  const piping = pipeline(
    dumping.stdout,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        progress.feed(chunk);
        yield chunk;
      }
    },
    loading.stdin,
    // The end of its input tells the load that all is there: only a dump that ended well may tell it.
    {end: false, signal},
  ).then(
    () => true,
    () => false,
  );
  let early = false;
  // A load that has given up would be noticed only when the dump has more to say.
  void loading.ended.then(() => {
    early = true;
    return dumping.kill();
  });
  const telling = setInterval(() => say(progress.text()), tellEveryMs);
  try {
    const passed = await piping;
    signal.throwIfAborted();
    if (early || !passed) {
      throw ended('load', (await within(loading.ended, longestMs, signal)).said);
    }
    const dumped = await within(dumping.ended, longestMs, signal);
    if (dumped.code !== 0 || !progress.whole) {
      throw ended('dump', dumped.said);
    }
    loading.stdin.end();
    const loaded = await within(loading.ended, longestMs, signal);
    if (loaded.code !== 0) {
      throw ended('load', loaded.said);
    }
  } finally {
    clearInterval(telling);
  }
}

const tellEveryMs = 1_000;
// The signal of the entry ends it much earlier.
const longestMs = 20 * 24 * 3_600_000;

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
