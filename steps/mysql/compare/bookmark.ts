import {z} from 'zod';
import type {Json} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import {positionSchema} from '../replication/position.ts';
import type {Both, ComparedTable, TableBookmark} from './sums.ts';

const bookmark = z.object({
  /** The servers for which the bookmark is valid. */
  source: z.string(),
  target: z.string(),
  since: positionSchema,
  tables: z.record(
    z.string(),
    z.object({after: z.array(z.string()).nullable(), rows: z.number(), finished: z.boolean()}),
  ),
});

/** The progress of a comparison, table by table. */
export interface Bookmark {
  readonly since: Position;
  readonly tables: Readonly<Record<string, TableBookmark>>;
}

/** The bookmark of an unfinished comparison, for the journal. */
export const bookmarkOf = (
  {source, target}: Both<MysqlReader>,
  since: Position,
  tables: readonly ComparedTable[],
): Json => ({
  source: source.address,
  target: target.address,
  since: {...since},
  tables: Object.fromEntries(
    tables.flatMap(({name, bookmark}) =>
      bookmark && (bookmark.finished || bookmark.after)
        ? [[name, {...bookmark, after: bookmark.after && [...bookmark.after]}]]
        : [],
    ),
  ),
});

/** The bookmark of an earlier comparison of the same two servers; `null` where there is none. */
export function bookmarkIn(kept: unknown, {source, target}: Both<MysqlReader>): Bookmark | null {
  const read = bookmark.safeParse(kept);
  return read.success && read.data.source === source.address && read.data.target === target.address
    ? read.data
    : null;
}
