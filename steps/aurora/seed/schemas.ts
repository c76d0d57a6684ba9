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

/** Schemas with content, and empty ones that the copy would create; `null` when there is neither. */
export async function existingContent(
  aurora: AuroraReader,
  schemas: readonly string[],
  waiter: Waiter,
): Promise<string | null> {
  const existing = (await aurora.copies.schemas(waiter)).filter(
    (content) => !isEmptySchema(content) || schemas.includes(content.schema),
  );
  const texts = existing.map((content) =>
    isEmptySchema(content)
      ? `${content.schema} (empty)`
      : `${content.schema} (${Object.entries(content.counts)
          .map(([what, count]) => `${count} ${what}${count === 1 ? '' : 's'}`)
          .join(', ')})`,
  );
  return texts.length === 0
    ? null
    : `${texts.length} ${texts.length === 1 ? 'schema' : 'schemas'}: ${texts.join(', ')}`;
}
