import {z} from 'zod';
import type {Json} from '../../../src/index.ts';
import type {MysqlReader, Position} from '../contract.ts';
import {positionSchema} from '../replication/position.ts';
import type {Both, Compared, Mark} from './sums.ts';

const marks = z.object({
  /** Of other servers than these it says nothing. */
  source: z.string(),
  target: z.string(),
  since: positionSchema,
  tables: z.record(
    z.string(),
    z.object({after: z.array(z.string()).nullable(), rows: z.number(), finished: z.boolean()}),
  ),
});

/** How far a comparison has come, table by table. */
export interface Marks {
  readonly since: Position;
  readonly tables: Readonly<Record<string, Mark>>;
}

/** What is kept in the journal of a comparison that is not at its end. */
export const marksOf = (
  {source, target}: Both<MysqlReader>,
  since: Position,
  tables: readonly Compared[],
): Json => ({
  source: source.address,
  target: target.address,
  since: {...since},
  tables: Object.fromEntries(
    tables.flatMap(({name, mark}) =>
      mark && (mark.finished || mark.after)
        ? [[name, {...mark, after: mark.after && [...mark.after]}]]
        : [],
    ),
  ),
});

/** What an earlier comparison of the same two servers has left; `null` where there was none. */
export function marksIn(kept: unknown, {source, target}: Both<MysqlReader>): Marks | null {
  const read = marks.safeParse(kept);
  return read.success && read.data.source === source.address && read.data.target === target.address
    ? read.data
    : null;
}
