import type {MysqlReader} from '../contract.ts';
import {traitsOf} from '../dialect/dialect.ts';
import type {Both} from './sums.ts';
import {shapesOf, type TableShape, type Wanted} from './table-shapes.ts';

/** What the two sides say of themselves. */
export type Seen = Both<{
  readonly shapes: ReadonlyMap<string, TableShape>;
  readonly version: string;
}>;

/** Which tables there are, on both sides. */
export async function seenOn(
  {source, target}: Both<MysqlReader>,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Seen> {
  const one = async (server: MysqlReader) =>
    server.withSessions(
      1,
      async ([ask]) => {
        const [row] = (await ask?.({sql: 'SELECT VERSION() AS version'})) ?? [];
        return {
          shapes: ask ? await shapesOf(ask, wanted) : new Map<string, TableShape>(),
          version: String(row?.['version']),
        };
      },
      signal,
    );
  const [here, there] = await Promise.all([one(source), one(target)]);
  return {source: here, target: there};
}

/** The slower side sets the pace: the longer hash as soon as one of them is better off with it. */
export const costingLeast = ({source, target}: Seen): 256 | 512 =>
  traitsOf(source.version).sha2 === 512 || traitsOf(target.version).sha2 === 512 ? 512 : 256;
