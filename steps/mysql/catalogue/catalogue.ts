import type {Keeper} from '../../../src/index.ts';
import type {Dialect} from '../dialect/dialect.ts';
import type {Connections} from '../session/connection.ts';
import type {Ask, Endpoint, Row} from '../session/contract.ts';
import {
  type Catalogue,
  type CatalogueKeys,
  type CatalogueObjects,
  type CatalogueTables,
  catalogueServesMs,
  type TableName,
  type Waiter,
} from './contract.ts';
import {childrenInInnodb, nextInInnodb, tableKey} from './innodb.ts';
import {readKeys} from './keys.ts';
import {readLargest} from './largest.ts';
import {
  interner,
  namesSql,
  readCounters,
  readObjects,
  readTables,
  type TablesRead,
  type TablesReading,
} from './parts.ts';
import {SharedReading} from './shared-reading.ts';

interface CatalogueAccess {
  readonly connections: Connections;
  readonly endpoint: Endpoint;
  readonly user: string;
  readonly dialect: (signal?: AbortSignal) => Promise<Dialect>;
  readonly keeper: Keeper | undefined;
}

/** The catalogue of one server, read when it is asked for. */
export interface ServerCatalogue {
  /** The last one that started at `sinceMs` (of `performance.now()`) or later, or else a new one. */
  since(sinceMs: number): Catalogue;
  /** Leaves what was read to the next command. */
  keep(): void;
}

/** None is kept in memory for longer than it serves: a run goes on for hours after the last check that reads it. */
export function lazyCatalogue(access: CatalogueAccess): ServerCatalogue {
  const {keeper, user, endpoint} = access;
  const what = `catalogue of ${user}@${endpoint.address}`;
  let last: ReadableCatalogue | null = null;
  let wasKept = !keeper;
  const serve = (catalogue: ReadableCatalogue): ReadableCatalogue => {
    last = catalogue;
    const forget = () => {
      last = last === catalogue ? null : last;
    };
    setTimeout(forget, catalogueServesMs).unref();
    return catalogue;
  };
  /** Of an earlier command: it began before the clock of this process. */
  const keptSince = (sinceMs: number): ReadableCatalogue | null => {
    if (wasKept || sinceMs >= 0) {
      return null;
    }
    wasKept = true;
    const kept = keptCatalogue(keeper, what);
    return kept && kept.startedMs >= sinceMs ? serve(newCatalogue(access, kept)) : null;
  };
  return {
    since: (sinceMs) =>
      last && last.startedMs >= sinceMs
        ? last
        : (keptSince(sinceMs) ?? serve(newCatalogue(access))),
    keep: () => {
      const parts = last?.parts();
      if (last && !last.isKept && parts?.tables && (parts.names?.length ?? 0) > fewTables) {
        keeper?.keep(what, parts);
      }
    },
  };
}

/** What was read of a catalogue; the rest would be read when it is asked for. */
interface CatalogueRead {
  readonly names: readonly TableName[] | undefined;
  readonly tables: TablesRead | undefined;
  readonly objects: CatalogueObjects | undefined;
  readonly largest: readonly Row[] | undefined;
}

interface ReadableCatalogue extends Catalogue {
  /** An earlier command has read it. */
  readonly isKept: boolean;
  parts(): CatalogueRead;
}

interface KeptCatalogue extends CatalogueRead {
  readonly startedMs: number;
}

function keptCatalogue(keeper: Keeper | undefined, what: string): KeptCatalogue | null {
  const kept = keeper?.kept(what, catalogueServesMs);
  if (!kept) {
    return null;
  }
  const intern = interner();
  // This version of switcharoo has written it.
  const {tables, ...others} = kept.value as CatalogueRead;
  const shared = tables && {
    ...tables,
    tables: intern(tables.tables),
    columns: intern(tables.columns),
  };
  return {startedMs: performance.now() - kept.ageMs, tables: shared, ...others};
}

/** Which parts somebody waits for: some are read together. */
interface Asked {
  tables: boolean;
  next: boolean;
  keys: boolean;
}

function readingsOf(
  {connections, endpoint, dialect}: CatalogueAccess,
  asked: Asked,
  kept: KeptCatalogue | undefined,
) {
  const askWith = (waiter: Waiter) => asking(connections, waiter);
  const names = new SharedReading<readonly TableName[]>(
    async (waiter) => (await askWith(waiter)({sql: namesSql, limitMs: namesLimitMs})).map(nameIn),
    kept?.names,
  );
  const progressOf = progressIn(`reading the catalogue of ${endpoint.name}`);
  const server = new SharedReading(async (waiter) => {
    const [all, {traits}] = await Promise.all([names.value(waiter), dialect(waiter.signal)]);
    return askServer(askWith(waiter), traits, all);
  });
  const tables = new SharedReading(async (waiter: Waiter) => {
    const [all, facts] = await Promise.all([names.value(waiter), server.value(waiter)]);
    return readTables(all, {
      ...facts,
      ...asksWith(connections, waiter, facts),
      withKeys: asked.keys,
      withNext: asked.next,
      progress: progressOf(waiter)('columns'),
    });
  }, kept?.tables);
  const keys = new SharedReading<CatalogueKeys>(async (waiter) =>
    readKeys(await names.value(waiter), {
      ...(await server.value(waiter)),
      ask: askWith(waiter),
      progress: progressOf(waiter)('keys'),
    }),
  );
  const objects = new SharedReading<CatalogueObjects>(async (waiter) => {
    const all = await names.value(waiter);
    return readObjects(all, {
      ask: askWith(waiter),
      mayBeViews: asked.tables ? notTables(all, tables.value(waiter)) : all,
      progress: progressOf(waiter)('views and triggers'),
    });
  }, kept?.objects);
  const largest = new SharedReading<readonly Row[]>(async (waiter) => {
    const [all, facts] = await Promise.all([tables.value(waiter), server.value(waiter)]);
    const progress = progressOf(waiter)('AUTO_INCREMENT');
    return readLargest(all, {...asksWith(connections, waiter, facts), progress});
  }, kept?.largest);
  return {names, server, tables, keys, objects, largest};
}

function newCatalogue(access: CatalogueAccess, kept?: KeptCatalogue): ReadableCatalogue {
  const asked: Asked = {tables: false, next: false, keys: false};
  const {names, server, tables, keys, objects, largest} = readingsOf(access, asked, kept);
  return {
    isKept: kept !== undefined,
    startedMs: kept?.startedMs ?? performance.now(),
    parts: () => ({
      names: names.result,
      tables: tables.result,
      objects: objects.result,
      largest: largest.result,
    }),
    tables: (waiter) => {
      asked.tables = true;
      return tables.value(waiter);
    },
    tablesWithNext: (waiter) => {
      asked.tables = asked.next = true;
      return tables.value(waiter);
    },
    keys: async (waiter) => {
      asked.tables = asked.keys = true;
      // Where these have been asked for by themselves, they come without.
      return (await tables.value(waiter)).keys ?? keys.value(waiter);
    },
    objects: (waiter) => objects.value(waiter),
    largest: (waiter) => {
      asked.tables = true;
      return largest.value(waiter);
    },
    counters: async (some, waiter) => {
      const facts = await server.value(waiter);
      return readCounters(some, {...facts, ...asksWith(access.connections, waiter, facts)});
    },
  };
}

const progressIn =
  (doing: string) =>
  ({progress}: Waiter) =>
  (what: string) =>
  (read: number, of: number) =>
    progress?.(`${doing}: ${what} of ${count(read)} of ${count(of)} tables`);

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

/** The server opens the definition of each table that it is asked about as a view. */
async function notTables(
  all: readonly TableName[],
  reading: Promise<CatalogueTables>,
): Promise<readonly TableName[]> {
  reading.catch(() => {});
  if (all.length <= fewTables) {
    return all;
  }
  const {tables} = await reading;
  const sure = tables.filter(({type, engine}) => type === 'BASE TABLE' && engine !== null);
  const keys = new Set(sure.map(tableKey));
  return all.filter((name) => !keys.has(tableKey(name)));
}

const {format: count} = new Intl.NumberFormat('en-US');

const nameIn = (row: Row): TableName => ({s: String(row['s']), t: String(row['t'])});

// A piece that takes longer is halved.
const pieceLimitMs = 10_000;
// No table is opened for it.
const namesLimitMs = 60_000;
