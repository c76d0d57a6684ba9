import {isEmptySchema, type MysqlReader} from '../../mysql/index.ts';
import type {AuroraReader} from '../target.ts';

export interface Ends {
  readonly aurora: AuroraReader;
  readonly replica: MysqlReader;
}

/** Those that are wanted; one that holds nothing, and is there on Aurora too, needs no copy. */
export async function schemasToCopy(
  {aurora, replica}: Ends,
  {schemas: wanted}: {readonly schemas?: readonly string[] | undefined},
  signal: AbortSignal,
): Promise<readonly string[]> {
  const there = new Set((await aurora.copies.schemas(signal)).map(({schema}) => schema));
  return (await replica.copies.schemas(signal))
    .filter((content) => !(isEmptySchema(content) && there.has(content.schema)))
    .map(({schema}) => schema)
    .filter((schema) => wanted === undefined || wanted.includes(schema));
}
