import {exceptSystemSchemas} from '../checks/facts.ts';
import type {SchemaContent} from '../contract.ts';
import type {Row} from '../session/contract.ts';

export const isEmptySchema = ({counts}: SchemaContent): boolean => Object.keys(counts).length === 0;

/** Every schema except the server's own and switcharoo's. */
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
    const ofSchema = rows.filter((content) => String(content['s']) === schema);
    return {
      schema,
      counts: Object.fromEntries(
        ofSchema.map((content) => [String(content['what']), Number(content['count'])]),
      ),
      bytes: ofSchema.reduce((sum, content) => sum + Number(content['bytes']), 0),
    };
  });
}
