import {isEmptySchema, type MysqlReader, type Waiter} from '../../mysql/index.ts';
import type {AuroraReader} from '../contract.ts';

/** The two servers of a copy. */
export interface Ends {
  readonly aurora: AuroraReader;
  readonly replica: MysqlReader;
}

/** The schemas of the input, or all. A schema that is empty, and exists on Aurora, needs no copy. */
export async function schemasToCopy(
  {aurora, replica}: Ends,
  {schemas: selected}: {readonly schemas?: readonly string[] | undefined},
  waiter: Waiter,
): Promise<readonly string[]> {
  const [onAurora, onReplica] = await Promise.all(
    [aurora, replica].map((server) => server.copies.schemas(waiter)),
  );
  const existing = new Set((onAurora ?? []).map(({schema}) => schema));
  return (onReplica ?? [])
    .filter((content) => !(isEmptySchema(content) && existing.has(content.schema)))
    .map(({schema}) => schema)
    .filter((schema) => selected === undefined || selected.includes(schema));
}
