import {inPieces} from '../catalogue/pieces.ts';
import type {Ask} from '../session/contract.ts';
import type {Changed} from './changed-rows.ts';
import {type TableShape, tableName} from './table-shapes.ts';

/**
 * Tables of which InnoDB changes rows by itself when a row of another one is deleted or gets another key (ON DELETE
 * CASCADE and the like). No log has these rows, so each such table has to be compared as a whole.
 */
export async function cascadedTables(
  ask: Ask,
  shapes: ReadonlyMap<string, TableShape>,
  changed: ReadonlyMap<string, Changed>,
  stillReading?: (progress: string) => void,
): Promise<readonly string[]> {
  const parents = [...changed].filter(([, rows]) => rows === 'all' || rows.some(isGone));
  if (parents.length === 0) {
    return [];
  }
  const names = [...shapes.values()].map(({schema, table}) => ({s: schema, t: table}));
  const pieces = await inPieces(names, {
    read: async (piece) => {
      const {sql, values} = piece.where('constraint_schema', 'table_name');
      return (await ask({sql: cascadesSql(sql), values, limitMs: pieceLimitMs})).filter(piece.has);
    },
    progress: (read, of) => stillReading?.(`reading the foreign keys of ${read} of ${of} tables`),
    // The session asks one after another.
    atOnce: 1,
  });
  const children = new Map<string, string[]>();
  for (const {s, t, parent_schema: schema, parent} of pieces.flat()) {
    const of = tableName({schema: String(schema), table: String(parent)});
    children.set(of, [...(children.get(of) ?? []), `${s}.${t}`]);
  }
  return reached(
    parents.map(([table]) => table),
    children,
  );
}

const isGone = ({remains}: {readonly remains: boolean}): boolean => !remains;

/** A row that goes by itself takes others along. */
function reached(
  from: readonly string[],
  children: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const tables = new Set<string>();
  const next = [...from];
  for (let parent = next.pop(); parent !== undefined; parent = next.pop()) {
    for (const child of children.get(parent) ?? []) {
      if (!tables.has(child)) {
        tables.add(child);
        next.push(child);
      }
    }
  }
  return [...tables];
}

const pieceLimitMs = 10_000;

const cascadesSql = (where: string) => `
  SELECT constraint_schema AS s, table_name AS t, unique_constraint_schema AS parent_schema,
         referenced_table_name AS parent
    FROM information_schema.referential_constraints
   WHERE (delete_rule NOT IN ('RESTRICT', 'NO ACTION') OR update_rule NOT IN ('RESTRICT', 'NO ACTION')) AND ${where}`;
