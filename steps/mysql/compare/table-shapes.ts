import {grouped, inPieces, type Piece} from '../catalogue/pieces.ts';
import type {Ask, Row} from '../session/contract.ts';

/** A column, in the terms of `information_schema.columns`. */
export interface Column {
  readonly name: string;
  /** Without its arguments: `varchar`. */
  readonly type: string;
  /** With its arguments, except those that newer servers omit: `int unsigned`, `varchar(64)`. */
  readonly fullType: string;
  readonly nullable: boolean;
  readonly charset: string | null;
  readonly collation: string | null;
}

/** A table as one server has it. */
export interface TableShape {
  readonly schema: string;
  readonly table: string;
  /** The storage engine: only InnoDB has consistent reads while others write. */
  readonly engine: string;
  /** As the server reports it; InnoDB estimates it. */
  readonly rows: number;
  /** The average length of a row, as the server reports it. */
  readonly bytesOfRow: number;
  /** MariaDB keeps every earlier version of a row (WITH SYSTEM VERSIONING), which a plain SELECT does not show. */
  readonly keepsHistory: boolean;
  readonly columns: readonly Column[];
  /** The primary key, or else a unique one without NULL. */
  readonly key: Key | null;
}

interface Key {
  readonly index: string;
  readonly columns: readonly string[];
}

export const tableName = ({schema, table}: Pick<TableShape, 'schema' | 'table'>): string =>
  `${schema}.${table}`;

/** The tables to read: all of these schemas (without a list: all except the server's own), except those listed. */
export interface TableSelection {
  readonly schemas?: readonly string[] | undefined;
  readonly except: readonly string[];
}

/** All tables by name, read in bounded pieces; `progress` is told after each of them. */
export async function shapesOf(
  session: Ask,
  selection: TableSelection,
  progress?: (text: string) => void,
): Promise<ReadonlyMap<string, TableShape>> {
  const ofSchemas = selection.schemas ? 'IN (?)' : 'NOT IN (?)';
  const names = await session({
    ...{sql: namesSql(ofSchemas), values: [selection.schemas ?? serversOwn]},
    limitMs: namesLimitMs,
  });
  const selected = names
    .filter((row) => !selection.except.includes(tableNameIn(row)))
    .map(({s, t}) => ({s: String(s), t: String(t)}));
  const shared = {column: sharing<Column>(), key: sharing<Key | null>()};
  const pieces = await inPieces(selected, {
    read: (piece) => shapesIn(session, piece, shared),
    progress: (read, of) => progress?.(`reading the columns of ${read} of ${of} tables`),
    // The session asks one after another.
    atOnce: 1,
  });
  return new Map(pieces.flat().map((shape) => [tableName(shape), shape]));
}

/** Tables have many columns and keys in common: equal ones are kept once. */
function sharing<Value>(): (value: Value) => Value {
  const known = new Map<string, Value>();
  return (value) => {
    const text = JSON.stringify(value);
    const earlier = known.get(text) ?? value;
    known.set(text, earlier);
    return earlier;
  };
}

async function shapesIn(
  session: Ask,
  piece: Piece,
  shared: {column(column: Column): Column; key(key: Key | null): Key | null},
): Promise<readonly TableShape[]> {
  const {sql: where, values} = piece.where('table_schema', 'table_name');
  const ask = async (sql: string) =>
    (await session({sql, values, limitMs: pieceLimitMs})).filter(piece.has);
  const tables = await ask(tablesSql(where));
  const columns = grouped(await ask(columnsSql(where)), tableNameIn);
  const parts = grouped(await ask(indexesSql(where)), tableNameIn);
  return tables.map(
    (row): TableShape => ({
      schema: String(row['s']),
      table: String(row['t']),
      engine: String(row['engine']),
      rows: Number(row['approximate'] ?? 0),
      bytesOfRow: Number(row['row_bytes'] ?? 0),
      keepsHistory: row['kind'] === 'SYSTEM VERSIONED',
      columns: (columns.get(tableNameIn(row)) ?? []).map((column) =>
        shared.column(columnOf(column)),
      ),
      key: shared.key(keyOf(parts.get(tableNameIn(row)) ?? [])),
    }),
  );
}

// No table is opened for the names. A piece that takes longer than this is halved.
const namesLimitMs = 60_000;
const pieceLimitMs = 10_000;

// `switcharoo` has the rows that prove replication; they exist on one side first.
export const serversOwn: readonly string[] = [
  ...['mysql', 'information_schema', 'performance_schema', 'sys', 'ndbinfo'],
  'switcharoo',
];

// MySQL 8.0 and later return these columns in upper case, so each has an alias.
const namesSql = (ofSchemas: string) => `
  SELECT table_schema AS s, table_name AS t FROM information_schema.tables
   WHERE table_schema ${ofSchemas} ORDER BY table_schema, table_name`;

// Whatever holds rows of its own: a server may have more kinds than BASE TABLE, such as MariaDB's sequences.
const tablesSql = (where: string) => `
  SELECT table_schema AS s, table_name AS t, table_type AS kind, engine AS engine, table_rows AS approximate,
         avg_row_length AS row_bytes FROM information_schema.tables
   WHERE table_type NOT IN ('VIEW', 'SYSTEM VIEW') AND ${where} ORDER BY table_schema, table_name`;

const columnsSql = (where: string) => `
  SELECT table_schema AS s, table_name AS t, column_name AS name, data_type AS type, column_type AS full_type,
         is_nullable AS nullable, character_set_name AS charset, collation_name AS collation
    FROM information_schema.columns WHERE ${where} ORDER BY table_schema, table_name, ordinal_position`;

const indexesSql = (where: string) => `
  SELECT table_schema AS s, table_name AS t, index_name AS index_name, column_name AS name, sub_part AS prefix,
         nullable AS nullable FROM information_schema.statistics
   WHERE non_unique = 0 AND ${where}
   ORDER BY table_schema, table_name, index_name <> 'PRIMARY', index_name, seq_in_index`;

const tableNameIn = (row: Row): string => `${row['s']}.${row['t']}`;

const columnOf = (row: Row): Column => ({
  name: String(row['name']),
  type: String(row['type']).toLowerCase(),
  fullType: plainType(String(row['full_type'])),
  nullable: row['nullable'] === 'YES',
  charset: text(row['charset']),
  collation: text(row['collation']),
});

const text = (value: unknown): string | null => (value === null ? null : String(value));

// MySQL 8.0.19 and later show no display width any more.
const plainType = (type: string): string =>
  type.replace(/^((?:tiny|small|medium|big)?int|year)\(\d+\)/i, '$1').toLowerCase();

function keyOf(parts: readonly Row[]): Key | null {
  const indexes = grouped(parts, (row) => String(row['index_name']));
  for (const [index, columns] of indexes) {
    // A prefix is not unique in the order of the whole column, and an expression has no column at all.
    if (columns.every((row) => row['prefix'] === null && row['name'] !== null && !isYes(row))) {
      return {index, columns: columns.map((row) => String(row['name']))};
    }
  }
  return null;
}

const isYes = (row: Row): boolean => row['nullable'] === 'YES';

/** How a table differs between the two sides, as text. A display width and the old name of utf8mb3 are ignored. */
export function shapeDifferences(
  source: TableShape,
  target: TableShape,
  names: {readonly source: string; readonly target: string},
): readonly string[] {
  const targetColumns = new Map(target.columns.map((column) => [column.name, column]));
  const sourceNames = new Set(source.columns.map(({name}) => name));
  const table = tableName(source);
  return [
    ...source.columns.flatMap((column) => {
      const other = targetColumns.get(column.name);
      const [onTarget, onSource] = [other && described(other), described(column)];
      return onTarget === undefined
        ? [`${table}.${column.name} is missing on ${names.target}`]
        : onTarget === onSource
          ? []
          : [
              `${table}.${column.name} is ${onSource} on ${names.source} and ${onTarget} on ${names.target}`,
            ];
    }),
    ...target.columns
      .filter(({name}) => !sourceNames.has(name))
      .map(({name}) => `${table}.${name} is missing on ${names.source}`),
    ...keyDifference(source, target, names),
    ...historyDifference(source, target, names),
  ];
}

function historyDifference(
  source: TableShape,
  target: TableShape,
  names: {readonly source: string; readonly target: string},
): readonly string[] {
  const only = source.keepsHistory ? names.source : names.target;
  return source.keepsHistory === target.keepsHistory
    ? []
    : [`the earlier rows of ${tableName(source)} (WITH SYSTEM VERSIONING) are only on ${only}`];
}

function keyDifference(
  source: TableShape,
  target: TableShape,
  names: {readonly source: string; readonly target: string},
): readonly string[] {
  const [onSource, onTarget] = [keyText(source.key), keyText(target.key)];
  return onSource === onTarget
    ? []
    : [
        `${tableName(source)} has ${onSource} on ${names.source} and ${onTarget} on ${names.target}`,
      ];
}

const keyText = (key: Key | null): string =>
  key ? `the key (${key.columns.join(', ')})` : 'no key';

const described = ({fullType, collation}: Column): string =>
  collation === null ? fullType : `${fullType} ${currentName(collation)}`;

/** `utf8` of older servers is `utf8mb3` of newer ones. */
export const currentName = (charsetOrCollation: string): string =>
  charsetOrCollation.replace(/^utf8(?=_|$)/, 'utf8mb3');
