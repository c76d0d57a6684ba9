import type {Waiter} from '../catalogue/contract.ts';
import type {MysqlReader} from '../contract.ts';
import {isEmptySchema} from './inventory.ts';

/** Schemas with content, and empty ones that the copy would create; `null` when there is neither. */
export async function existingContent(
  server: Pick<MysqlReader, 'copies'>,
  schemas: readonly string[],
  waiter: Waiter,
): Promise<string | null> {
  const existing = (await server.copies.schemas(waiter)).filter(
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
