import type {Dialect} from '../dialect/dialect.ts';
import type {Connections} from '../session/connection.ts';
import type {Ask, Endpoint, Row} from '../session/contract.ts';
import {
  type Catalogue,
  type CatalogueKeys,
  type CatalogueObjects,
  catalogueServesMs,
  type TableName,
  type Waiter,
} from './contract.ts';
import {childrenInInnodb, nextInInnodb} from './innodb.ts';
import {readKeys} from './keys.ts';
import {namesSql, readCounters, readObjects, readTables, type TablesReading} from './parts.ts';
import {SharedReading} from './shared-reading.ts';

interface CatalogueAccess {
  readonly connections: Connections;
  readonly endpoint: Endpoint;
  readonly dialect: (signal?: AbortSignal) => Promise<Dialect>;
}

/**
 * The last catalogue that started at `sinceMs` (of `performance.now()`) or later, or else a new one. None is kept for
 * longer than it serves: a run goes on for hours after the last check that reads it.
 */
export function lazyCatalogue(access: CatalogueAccess): (sinceMs: number) => Catalogue {
  let last: Catalogue | null = null;
  return (sinceMs) => {
    if (last && last.startedMs >= sinceMs) {
      return last;
    }
    const catalogue = newCatalogue(access);
    last = catalogue;
    const forget = () => {
      last = last === catalogue ? null : last;
    };
    setTimeout(forget, catalogueServesMs).unref();
    return catalogue;
  };
}

function newCatalogue({connections, endpoint, dialect}: CatalogueAccess): Catalogue {
  const askWith = (waiter: Waiter) => asking(connections, waiter);
  const names = new SharedReading<readonly TableName[]>(async (waiter) =>
    (await askWith(waiter)({sql: namesSql, limitMs: namesLimitMs})).map(nameIn),
  );
  const progressOf =
    ({progress}: Waiter) =>
    (what: string) =>
    (read: number, of: number) =>
      progress?.(
        `reading the catalogue of ${endpoint.name}: ${what} of ${count(read)} of ${count(of)} tables`,
      );
  const server = new SharedReading(async (waiter) => {
    const [all, {traits}] = await Promise.all([names.value(waiter), dialect(waiter.signal)]);
    return askServer(askWith(waiter), traits, all);
  });
  let isWithKeys = false;
  const tables = new SharedReading(async (waiter: Waiter) => {
    const [all, facts] = await Promise.all([names.value(waiter), server.value(waiter)]);
    return readTables(all, {
      ...facts,
      ...asksWith(connections, waiter, facts),
      withKeys: isWithKeys,
      progress: progressOf(waiter)('columns'),
    });
  });
  const keys = new SharedReading<CatalogueKeys>(async (waiter) =>
    readKeys(await names.value(waiter), {
      ...(await server.value(waiter)),
      ask: askWith(waiter),
      progress: progressOf(waiter)('keys'),
    }),
  );
  const objects = new SharedReading<CatalogueObjects>(async (waiter) =>
    readObjects(await names.value(waiter), {
      ask: askWith(waiter),
      progress: progressOf(waiter)('views and triggers'),
    }),
  );
  return {
    startedMs: performance.now(),
    tables: (waiter) => tables.value(waiter),
    keys: async (waiter) => {
      isWithKeys = true;
      // Where these have been asked for by themselves, they come without.
      return (await tables.value(waiter)).keys ?? keys.value(waiter);
    },
    objects: (waiter) => objects.value(waiter),
    counters: async (some, waiter) => {
      const facts = await server.value(waiter);
      return readCounters(some, {...facts, ...asksWith(connections, waiter, facts)});
    },
  };
}

const asking =
  (connections: Connections, {signal}: Waiter): Ask =>
  (statement) =>
    connections.read({limitMs: pieceLimitMs, ...statement}, signal);

const asksWith = (connections: Connections, waiter: Waiter, {keepsStatistics}: ServerFacts) => ({
  ask: asking(connections, waiter),
  askNow: keepsStatistics ? askUncached(connections, waiter) : asking(connections, waiter),
});

const askUncached =
  (connections: Connections, {signal}: Waiter): Ask =>
  (statement) =>
    connections.readAfter(
      {sql: 'SET SESSION information_schema_stats_expiry = 0'},
      {limitMs: pieceLimitMs, ...statement},
      signal,
    );

interface ServerFacts
  extends Pick<TablesReading, 'hasGenerated' | 'nextAtHand' | 'opensMany' | 'children'> {
  readonly keepsStatistics: boolean;
}

async function askServer(
  ask: Ask,
  {showsExpressions: hasGenerated, keepsStatistics}: Dialect['traits'],
  names: readonly TableName[],
): Promise<ServerFacts> {
  if (keepsStatistics || names.length <= fewTables) {
    return {hasGenerated, keepsStatistics, opensMany: false, children: null, nextAtHand: null};
  }
  const [children, nextAtHand] = await Promise.all([
    childrenInInnodb(ask, names),
    nextInInnodb(ask),
  ]);
  return {hasGenerated, keepsStatistics, opensMany: true, children, nextAtHand};
}

// These are opened sooner than asked about.
const fewTables = 150;

const count = (tables: number): string => tables.toLocaleString('en-US');

const nameIn = (row: Row): TableName => ({s: String(row['s']), t: String(row['t'])});

// A piece that takes longer is halved.
const pieceLimitMs = 10_000;
// No table is opened for it.
const namesLimitMs = 60_000;
