import type {Both} from './sums.ts';
import type {TableSelection, TableShape} from './table-shapes.ts';
import type {TablesPresent} from './tables-present.ts';

/** Tables of one side that the other one lacks, each in words. */
export const missing = (
  from: ReadonlyMap<string, TableShape>,
  where: ReadonlyMap<string, TableShape>,
  name: string,
): readonly string[] =>
  [...from.keys()]
    .filter((table) => !where.has(table))
    .map((table) => `${table} is missing on ${name}`);

/** What was asked for and has no table on either side: a comparison of nothing proves nothing. */
export function nothingCompared(
  {source, target}: TablesPresent,
  {schemas}: TableSelection,
  names: Both<string>,
): readonly string[] {
  const present = [...source.shapes.values(), ...target.shapes.values()];
  const neither = `on either ${names.source} or ${names.target}`;
  if (!schemas) {
    return present.length === 0 ? [`there is no table ${neither}, so nothing was compared`] : [];
  }
  // A server may treat the case of names alike.
  const held = new Set(present.map(({schema}) => schema.toLowerCase()));
  return schemas
    .filter((schema) => !held.has(schema.toLowerCase()))
    .map((schema) => `the schema ${schema} has no table ${neither}, so it was not compared`);
}
