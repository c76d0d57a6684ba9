import {namesSql} from '../catalogue/parts.ts';
import {grouped, inPieces} from '../catalogue/pieces.ts';
import {exceptSystemSchemas} from '../checks/facts.ts';
import type {SchemaContent} from '../contract.ts';
import type {Ask, Row} from '../session/contract.ts';

export const isEmptySchema = ({counts}: SchemaContent): boolean => Object.keys(counts).length === 0;

/** Every schema except the server's own and switcharoo's, and what it has. Tables are read in bounded pieces. */
export async function schemaContents(
  ask: Ask,
  progress: (read: number, of: number) => void,
): Promise<readonly SchemaContent[]> {
  const [schemas, names, others] = await Promise.all([
    ask({sql: schemasSql}),
    ask({sql: namesSql, limitMs: namesLimitMs}),
    ask({sql: othersSql, limitMs: namesLimitMs}),
  ]);
  const pieces = await inPieces(
    names.map(({s, t}) => ({s: String(s), t: String(t)})),
    {
      read: async (piece) => {
        const tables = piece.where('table_schema', 'table_name');
        const triggers = piece.where('event_object_schema', 'event_object_table');
        const rows = await Promise.all([
          ask({sql: tablesSql(tables.sql), values: tables.values, limitMs: pieceLimitMs}),
          ask({sql: triggersSql(triggers.sql), values: triggers.values, limitMs: pieceLimitMs}),
        ]);
        return rows.flat().filter(piece.has);
      },
      progress,
    },
  );
  return contentsOf(schemas, [...pieces.flat(), ...others]);
}

const pieceLimitMs = 10_000;
const namesLimitMs = 60_000;

const schemasSql = `SELECT schema_name AS s FROM information_schema.schemata
  WHERE ${exceptSystemSchemas('schema_name')} AND schema_name <> 'switcharoo' ORDER BY schema_name`;

const tablesSql = (where: string) => `
  SELECT table_schema AS s, table_name AS t, IF(table_type = 'VIEW', 'view', 'table') AS what, 1 AS count,
         COALESCE(data_length, 0) AS bytes
    FROM information_schema.tables WHERE ${where}`;

const triggersSql = (where: string) => `
  SELECT event_object_schema AS s, event_object_table AS t, 'trigger' AS what, 1 AS count, 0 AS bytes
    FROM information_schema.triggers WHERE ${where}`;

const othersSql = `
  SELECT routine_schema AS s, 'routine' AS what, COUNT(*) AS count, 0 AS bytes
    FROM information_schema.routines WHERE ${exceptSystemSchemas('routine_schema')} GROUP BY 1, 2
  UNION ALL SELECT event_schema, 'event', COUNT(*), 0
    FROM information_schema.events WHERE ${exceptSystemSchemas('event_schema')} GROUP BY 1, 2`;

function contentsOf(schemas: readonly Row[], rows: readonly Row[]): readonly SchemaContent[] {
  const bySchema = grouped(rows, ({s}) => String(s));
  return schemas.map((row) => {
    const schema = String(row['s']);
    const counts: Record<string, number> = {};
    let bytes = 0;
    for (const content of bySchema.get(schema) ?? []) {
      const what = String(content['what']);
      counts[what] = (counts[what] ?? 0) + Number(content['count']);
      bytes += Number(content['bytes']);
    }
    return {schema, counts, bytes};
  });
}
