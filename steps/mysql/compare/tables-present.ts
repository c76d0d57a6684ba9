import type {MysqlReader} from '../contract.ts';
import {traitsOf} from '../dialect/dialect.ts';
import type {Both} from './sums.ts';
import {shapesOf, type TableSelection, type TableShape} from './table-shapes.ts';

/** The tables and the version of both sides. */
export type TablesPresent = Both<{
  readonly shapes: ReadonlyMap<string, TableShape>;
  readonly version: string;
}>;

/** Reads the tables and the version of both sides. */
export async function tablesPresentOn(
  {source, target}: Both<MysqlReader>,
  selection: TableSelection,
  signal: AbortSignal,
  progress?: (text: string) => void,
): Promise<TablesPresent> {
  const presentOn = async (server: MysqlReader) =>
    server.withSessions(
      1,
      async ([ask]) => {
        const [row] = (await ask?.({sql: 'SELECT VERSION() AS version'})) ?? [];
        return {
          shapes: ask ? await shapesOf(ask, selection, progress) : new Map<string, TableShape>(),
          version: String(row?.['version']),
        };
      },
      signal,
    );
  const [onSource, onTarget] = await Promise.all([presentOn(source), presentOn(target)]);
  return {source: onSource, target: onTarget};
}

/** The hash that is faster for the slower side: SHA-512 as soon as one server computes it faster. */
export const fastestSha2 = ({source, target}: TablesPresent): 256 | 512 =>
  traitsOf(source.version).sha2 === 512 || traitsOf(target.version).sha2 === 512 ? 512 : 256;
