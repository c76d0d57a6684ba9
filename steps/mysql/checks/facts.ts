import type {SharedReads} from '../../../src/index.ts';
import type {MysqlReader, Replication} from '../contract.ts';
import {type Version, versionOf} from '../dialect/version.ts';
import type {Row} from '../session/contract.ts';

export type Settings = Readonly<Record<string, string>>;

/** What the checks read from a server: each query is sent once, however many checks need its result. */
export interface Facts {
  readonly server: MysqlReader;
  readonly name: string;
  readonly signal: AbortSignal;
  settings(): Promise<Settings>;
  version(): Promise<Version>;
  replication(): Promise<Replication | null>;
  rows(sql: string): Promise<readonly Row[]>;
}

/** With `shared`, the checks of all entries of a plan have the same facts of a server. */
export function factsOf(server: MysqlReader, signal: AbortSignal, shared?: SharedReads): Facts {
  return shared
    ? shared.of(server, () => newFacts(server, shared.signal))
    : newFacts(server, signal);
}

function newFacts(server: MysqlReader, signal: AbortSignal): Facts {
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
