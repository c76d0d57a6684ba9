import type {SharedReads} from '../../../src/index.ts';
import {
  type Catalogue,
  type CatalogueKeys,
  type CatalogueObjects,
  type CatalogueTables,
  catalogueServesMs,
  type TableName,
} from '../catalogue/contract.ts';
import type {Client, MysqlReader, Replication} from '../contract.ts';
import {type Version, versionOf} from '../dialect/version.ts';
import type {Row} from '../session/contract.ts';

export type Settings = Readonly<Record<string, string>>;

/** What the checks read from a server: each query is sent once, however many checks need its result. */
export interface Facts extends OwnFacts {
  /** From the server's catalogue: its tables with their columns. */
  tables(): Promise<CatalogueTables>;
  /** The same, with the next AUTO_INCREMENT values, where they come together. */
  tablesWithNext(): Promise<CatalogueTables>;
  /** From the server's catalogue: indexes and foreign keys. */
  keys(): Promise<CatalogueKeys>;
  /** From the server's catalogue: views, routines, triggers and events. */
  objects(): Promise<CatalogueObjects>;
  /** From the server's catalogue: every AUTO_INCREMENT column with its largest and its next value. */
  largest(): Promise<readonly Row[]>;
  /** Is told that a check still reads. */
  progress(text: string): void;
  /** The next AUTO_INCREMENT value of these tables as it is now: `s`, `t`, `next`. */
  counters(names: readonly TableName[]): Promise<readonly Row[]>;
}

interface OwnFacts {
  readonly server: MysqlReader;
  readonly name: string;
  readonly signal: AbortSignal;
  settings(): Promise<Settings>;
  version(): Promise<Version>;
  replication(): Promise<Replication | null>;
  clients(): Promise<readonly Client[]>;
  rows(sql: string): Promise<readonly Row[]>;
}

/** How a look reads its facts. */
export interface FactsLook {
  /** The checks of all entries of a plan have the same facts of a server. */
  readonly shared?: SharedReads | undefined;
  /** Without it, the catalogue is read again. */
  readonly age?: CatalogueAge | undefined;
  /** Is told that the catalogue is still being read. */
  readonly stillReading?: ((progress: string) => void) | undefined;
}

export function factsOf(server: MysqlReader, signal: AbortSignal, look: FactsLook = {}): Facts {
  const {shared, age = {sinceMs: performance.now(), oldestMs: performance.now()}} = look;
  const own = shared
    ? shared.of(server, () => newFacts(server, shared.signal))
    : newFacts(server, signal);
  const waiter = {signal, progress: look.stillReading};
  const fromCatalogue = async <Part>(read: (catalogue: Catalogue) => Promise<Part>) => {
    const last = server.catalogue(age.sinceMs);
    age.oldestMs = Math.min(age.oldestMs, last.startedMs);
    // Asked together: a server may be far away. One that is unreachable is reported by its settings.
    const part = read(last);
    part.catch(() => {});
    await own.settings();
    return part;
  };
  return {
    ...own,
    progress: (text) => look.stillReading?.(text),
    tables: () => fromCatalogue((catalogue) => catalogue.tables(waiter)),
    tablesWithNext: () => fromCatalogue((catalogue) => catalogue.tablesWithNext(waiter)),
    keys: () => fromCatalogue((catalogue) => catalogue.keys(waiter)),
    objects: () => fromCatalogue((catalogue) => catalogue.objects(waiter)),
    largest: () => fromCatalogue((catalogue) => catalogue.largest(waiter)),
    counters: (names) => fromCatalogue((catalogue) => catalogue.counters(names, waiter)),
  };
}

/** How old a catalogue may be that a look judges, and how old the oldest was; of `performance.now()`. */
interface CatalogueAge {
  readonly sinceMs: number;
  oldestMs: number;
}

/**
 * Judges with a catalogue that was read within the last minutes, by this process or by an earlier command such as
 * `preflight`. Where that does not pass, the catalogue is read again, so that a table that was fixed meanwhile blocks
 * nobody.
 */
export async function judgedByCatalogue<Verdict extends {readonly kind: string}>(
  {shared, stillReading}: Omit<FactsLook, 'age'>,
  judge: (look: FactsLook) => Promise<Verdict>,
): Promise<Verdict> {
  const now = performance.now();
  const startedMs = shared ? shared.of(planStarted, () => now) : now;
  const age = {sinceMs: startedMs - catalogueServesMs, oldestMs: startedMs};
  const verdict = await judge({shared, stillReading, age});
  return verdict.kind !== 'blocked' || age.oldestMs >= startedMs
    ? verdict
    : judge({shared, stillReading, age: {sinceMs: startedMs, oldestMs: now}});
}

/** What this process has read within the last minutes: somebody may look again because a table was just fixed. */
export function recentCatalogue(): CatalogueAge {
  const nowMs = performance.now();
  return {sinceMs: Math.max(0, nowMs - catalogueServesMs), oldestMs: nowMs};
}

/** The subject of the moment at which the first look of a plan began. */
const planStarted = {};

function newFacts(server: MysqlReader, signal: AbortSignal): OwnFacts {
  const results = new Map<string, Promise<unknown>>();
  const once = <Fact>(name: string, ask: () => Promise<Fact>): Promise<Fact> => {
    const result = results.get(name) ?? ask();
    results.set(name, result);
    return result as Promise<Fact>; // `ask` of this name gave it
  };
  const rows = (sql: string) => once(sql, () => server.query(sql, [], signal));
  const settings = () =>
    once('settings', async () => {
      server.expectQueries();
      const variables = await rows('SHOW GLOBAL VARIABLES');
      return Object.fromEntries(
        variables.map((row) => [String(row['Variable_name']), String(row['Value'])]),
      );
    });
  return {
    server,
    name: server.name,
    signal,
    settings,
    version: () => once('version', async () => versionOf((await settings())['version'] ?? '')),
    replication: () => once('replication', () => server.replication(signal)),
    clients: () => once('clients', () => server.clients(signal)),
    rows: async (sql) => {
      // An unreachable server is tried once, not by every check in turn.
      await settings();
      return rows(sql);
    },
  };
}

export const isOn = (value: string | undefined): boolean => value === 'ON' || value === '1';

/** The value of the first of these names that the server has. */
export function settingOf(settings: Settings, ...names: readonly string[]): string | undefined {
  const values = names.map((name) => settings[name]);
  return values.find((value) => value !== undefined);
}

/** A condition that excludes the server's own schemas; `column` has the schema's name. */
export const exceptSystemSchemas = (column: string): string =>
  `${column} NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')`;

export const columnValue = (row: Row, name: string): string => String(row[name] ?? '');
