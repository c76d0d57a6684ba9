import type {Ask, Row} from '../session/contract.ts';
import {ofPiece, rowsOf} from './ask-piece.ts';
import type {CatalogueTables} from './contract.ts';
import {tableKey} from './innodb.ts';
import {countersSql} from './parts.ts';
import {grouped, inPieces, type Piece} from './pieces.ts';

interface LargestReading {
  readonly ask: Ask;
  /** Asks for values that a server may keep for a day. */
  readonly askNow: Ask;
  progress(read: number, of: number): void;
}

/**
 * The largest value of every AUTO_INCREMENT column. The next value is read after it where none was at hand: a server
 * opens each table that it is asked about. Of an empty table nobody needs it.
 */
export async function readLargest(
  {tables, columns}: CatalogueTables,
  {ask, askNow, progress}: LargestReading,
): Promise<readonly Row[]> {
  const counted = columns.filter(({extra}) => String(extra).includes('auto_increment'));
  // A table has one at most.
  const columnOf = new Map(counted.map((row) => [tableKey(row), [row]]));
  // MySQL 8 says nothing of a table that was empty then.
  const atHand = new Map(tables.map((row) => [tableKey(row), row['next'] ?? undefined]));
  const pieces = await inPieces(
    counted.map(({s, t}) => ({s: String(s), t: String(t)})),
    {
      read: async (piece) => {
        const rows = await largestOf(piece, columnOf, ask);
        const others = rows.filter(
          (row) => row['largest'] !== null && atHand.get(tableKey(row)) === undefined,
        );
        const read = await rowsOf(others, (some) => ofPiece(askNow, some, countersSql));
        const next = new Map(read.map((row) => [tableKey(row), row['next']]));
        return rows.map((row) => {
          const key = tableKey(row);
          return {...row, next: atHand.get(key) ?? next.get(key) ?? null};
        });
      },
      progress,
    },
  );
  return pieces.flat();
}

/** An AUTO_INCREMENT column is the first of a key in InnoDB, so the server need not read whole tables. */
async function largestOf(
  {names}: Piece,
  columnOf: ReadonlyMap<string, readonly Row[]>,
  ask: Ask,
): Promise<readonly Row[]> {
  const columns = names.flatMap((name) => columnOf.get(tableKey(name)) ?? []);
  const select = 'SELECT ? AS place, CAST(MAX(??) AS CHAR) AS largest FROM ??.??';
  const rows = await ask({
    sql: columns.map(() => select).join(' UNION ALL '),
    values: columns.flatMap(({c, s, t}, place) => [place, c, s, t]),
  });
  const at = grouped(rows, ({place}) => String(place));
  return columns.map(({s, t, c}, place) => {
    const [row] = at.get(String(place)) ?? [];
    return {s, t, c, largest: row?.['largest'] ?? null};
  });
}
