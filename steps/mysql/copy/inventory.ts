import {exceptSystemSchemas} from '../checks/facts.ts';
import type {SchemaContent} from '../contract.ts';
import type {Row} from '../session/contract.ts';

export const isEmptySchema = ({counts: holds}: SchemaContent): boolean =>
  Object.keys(holds).length === 0;

/** Every schema that is neither the server's own nor switcharoo's. */
export const schemasSql = `SELECT schema_name AS s FROM information_schema.schemata
  WHERE ${exceptSystemSchemas('schema_name')} AND schema_name <> 'switcharoo' ORDER BY schema_name`;

export const contentSql = `
  SELECT table_schema AS s, IF(table_type = 'VIEW', 'view', 'table') AS what, COUNT(*) AS count,
         SUM(COALESCE(data_length, 0)) AS bytes
    FROM information_schema.tables WHERE ${exceptSystemSchemas('table_schema')} GROUP BY 1, 2
  UNION ALL SELECT routine_schema, 'routine', COUNT(*), 0
    FROM information_schema.routines WHERE ${exceptSystemSchemas('routine_schema')} GROUP BY 1, 2
  UNION ALL SELECT trigger_schema, 'trigger', COUNT(*), 0
    FROM information_schema.triggers WHERE ${exceptSystemSchemas('trigger_schema')} GROUP BY 1, 2
  UNION ALL SELECT event_schema, 'event', COUNT(*), 0
    FROM information_schema.events WHERE ${exceptSystemSchemas('event_schema')} GROUP BY 1, 2`;

export function contentsOf(
  schemas: readonly Row[],
  rows: readonly Row[],
): readonly SchemaContent[] {
  return schemas.map((row) => {
    const schema = String(row['s']);
    const ofSchema = rows.filter((one) => String(one['s']) === schema);
    return {
      schema,
      counts: Object.fromEntries(
        ofSchema.map((one) => [String(one['what']), Number(one['count'])]),
      ),
      bytes: ofSchema.reduce((sum, one) => sum + Number(one['bytes']), 0),
    };
  });
}
