import type {Ask, Row} from '../session/contract.ts';
import {type TableKey, tableKey} from './innodb.ts';
import {type Piece, pieceOf} from './pieces.ts';

export interface PieceSql {
  readonly schema: string;
  readonly table: string;
  sql(where: string): string;
}

export async function ofPiece(ask: Ask, piece: Piece, {schema, table, sql}: PieceSql) {
  const {sql: where, values} = piece.where(schema, table);
  return (await ask({sql: sql(where), values})).filter(piece.has);
}

/** What a server says of the tables of these rows; it is not asked where there are none. */
export async function rowsOf(
  rows: readonly TableKey[],
  read: (piece: Piece) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const names = new Map(rows.map(({s, t}) => [tableKey({s, t}), {s: String(s), t: String(t)}]));
  return names.size === 0 ? [] : read(pieceOf([...names.values()]));
}

export const ofTable = {schema: 'table_schema', table: 'table_name'};
