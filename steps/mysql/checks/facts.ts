import type {MysqlReader, Replication} from '../contract.ts';
import {type Version, versionOf} from '../dialect/version.ts';
import type {Row} from '../session/contract.ts';

export type Settings = Readonly<Record<string, string>>;

/** What the checks read of a server: each thing once in a look, however many checks ask for it. */
export interface Facts {
  readonly server: MysqlReader;
  readonly name: string;
  readonly signal: AbortSignal;
  settings(): Promise<Settings>;
  version(): Promise<Version>;
  replication(): Promise<Replication | null>;
  rows(sql: string): Promise<readonly Row[]>;
}

export function factsOf(server: MysqlReader, signal: AbortSignal): Facts {
  const known = new Map<string, Promise<unknown>>();
  const once = <Fact>(name: string, ask: () => Promise<Fact>): Promise<Fact> => {
    const asked = known.get(name) ?? ask();
    known.set(name, asked);
    return asked as Promise<Fact>; // what was kept under this name is what `ask` gave
  };
  const rows = (sql: string) => once(sql, () => server.query(sql, [], signal));
  const settings = () =>
    once('settings', async () => {
      const found = await rows('SHOW GLOBAL VARIABLES');
      return Object.fromEntries(
        found.map((row) => [String(row['Variable_name']), String(row['Value'])]),
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
      // A server that cannot be reached is found out once, and not by every check in turn.
      await settings();
      return rows(sql);
    },
  };
}

export const isOn = (value: string | undefined): boolean => value === 'ON' || value === '1';

/** The value under whichever of its names the server knows it by. */
export function settingOf(settings: Settings, ...names: readonly string[]): string | undefined {
  const name = names.find((one) => settings[one] !== undefined);
  return name === undefined ? undefined : settings[name];
}

/** A condition that leaves out the servers' own schemas; `column` has the schema's name. */
export const exceptSystemSchemas = (column: string): string =>
  `${column} NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')`;

export const columnValue = (row: Row, name: string): string => String(row[name] ?? '');
