import type {Ask, Row} from '../session/contract.ts';
import {ofPiece, ofTable, type PieceSql, rowsOf} from './ask-piece.ts';
import type {CatalogueKeys, TableName} from './contract.ts';
import {tableKey} from './innodb.ts';
import {inPieces, type Piece} from './pieces.ts';

export interface PartReading {
  readonly ask: Ask;
  progress(read: number, of: number): void;
}

export interface KeysReading extends PartReading {
  /** The tables with foreign keys, by `tableKey`; `null`: any may have some. */
  readonly children: ReadonlySet<string> | null;
  /** The server has no data dictionary, and many tables to open to tell the type of an index or the next value. */
  readonly opensMany: boolean;
}

export async function readKeys(
  names: readonly TableName[],
  reading: KeysReading,
): Promise<CatalogueKeys> {
  const read = (piece: Piece) => keysOfPiece(piece, reading);
  return joinedKeys(await inPieces(names, {read, progress: reading.progress}));
}

/** `columns`: those of the piece, where they are known. */
export async function keysOfPiece(
  piece: Piece,
  {ask, children, opensMany}: KeysReading,
  columns?: readonly Row[],
): Promise<CatalogueKeys> {
  const [indexes, foreignKeys] = await Promise.all([
    opensMany && columns ? indexesUnopened(piece, ask, columns) : ofPiece(ask, piece, indexesSql),
    rowsOf(
      piece.names.filter((name) => !children || children.has(tableKey(name))),
      (some) => ofPiece(ask, some, foreignKeysSql),
    ),
  ]);
  return {indexes, foreignKeys};
}

/** Opens only the tables that may have an index that is not a B-tree: one on a text or on a shape. */
async function indexesUnopened(
  piece: Piece,
  ask: Ask,
  columns: readonly Row[],
): Promise<readonly Row[]> {
  const columnKey = (row: Row) => `${tableKey(row)}\0${row['c']}`;
  const plain = new Set(
    columns.filter((row) => plainTypes.test(String(row['data_type']))).map(columnKey),
  );
  const indexes = await ofPiece(ask, piece, namedIndexesSql);
  const isPlain = (row: Row) => Number(row['non_unique']) === 0 || plain.has(columnKey(row));
  const opened = await rowsOf(
    indexes.filter((row) => !isPlain(row)),
    (some) => ofPiece(ask, some, indexesSql),
  );
  const isOpened = new Set(opened.map(tableKey));
  return [
    ...indexes
      .filter((row) => !isOpened.has(tableKey(row)))
      .map(({s, t, name, non_unique}) => ({s, t, name, type: null, non_unique})),
    ...opened,
  ];
}

const plainTypes =
  /^(bit|bool|(tiny|small|medium|big)?int|decimal|float|double|date|datetime|timestamp|time|year|enum|set)$/;

export const joinedKeys = (pieces: readonly CatalogueKeys[]): CatalogueKeys => ({
  indexes: pieces.flatMap(({indexes}) => indexes),
  foreignKeys: pieces.flatMap(({foreignKeys}) => foreignKeys),
});

const indexesSql: PieceSql = {
  ...ofTable,
  sql: (where) => `
  SELECT table_schema AS s, table_name AS t, index_name AS name, index_type AS type, non_unique AS non_unique
    FROM information_schema.statistics WHERE seq_in_index = 1 AND ${where}
   ORDER BY table_schema, table_name, index_name`,
};

const namedIndexesSql: PieceSql = {
  ...ofTable,
  sql: (where) => `
  SELECT table_schema AS s, table_name AS t, index_name AS name, non_unique AS non_unique, column_name AS c
    FROM information_schema.statistics WHERE seq_in_index = 1 AND ${where}
   ORDER BY table_schema, table_name, index_name`,
};

const foreignKeysSql: PieceSql = {
  schema: 'constraint_schema',
  table: 'table_name',
  sql: (where) => `
  SELECT constraint_schema AS s, table_name AS t, constraint_name AS name, referenced_table_name AS parent,
         unique_constraint_schema AS parent_schema, unique_constraint_name AS parent_key
    FROM information_schema.referential_constraints WHERE ${where}
   ORDER BY constraint_schema, table_name, constraint_name`,
};
