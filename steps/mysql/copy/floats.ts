import type {ReportProgress} from '../../../src/index.ts';
import {inPieces, type Piece} from '../catalogue/pieces.ts';
import {commonKey, type Place, type WalkedKey, walkedKey} from '../compare/key-ranges.ts';
import {quoted, quotedTable} from '../compare/row-text.ts';
import {shapesOf, type TableShape, tableName} from '../compare/table-shapes.ts';
import type {Ask, Row} from '../session/contract.ts';

/** A table with columns of which a dump has six digits only. */
interface FloatTable {
  readonly shape: TableShape;
  readonly columns: readonly string[];
  /** `null`: its rows cannot be identified, or updating them would fire a trigger or add earlier rows. */
  readonly key: readonly string[] | null;
}

/** A server writes a FLOAT as text with six digits; with (M,D) it writes the digits that the column keeps. */
export async function floatTablesOf(
  ask: Ask,
  schemas: readonly string[],
): Promise<readonly FloatTable[]> {
  const rounded = [...(await shapesOf(ask, {schemas, except: []})).values()]
    .map((shape) => ({shape, columns: shape.columns.filter(isRounded).map(({name}) => name)}))
    .filter(({columns}) => columns.length > 0);
  const triggers = await inPieces(
    rounded.map(({shape: {schema, table}}) => ({s: schema, t: table})),
    {read: (piece) => triggersOf(ask, piece), atOnce: 1},
  );
  const triggered = new Set(triggers.flat().map(({s, t}) => `${s}.${t}`));
  return rounded.map(({shape, columns}) => ({
    ...{shape, columns},
    key: triggered.has(tableName(shape)) || shape.keepsHistory ? null : commonKey(shape, shape),
  }));
}

const isRounded = ({type, fullType}: TableShape['columns'][number]): boolean =>
  type === 'float' && !fullType.includes('(');

async function triggersOf(ask: Ask, piece: Piece): Promise<readonly Row[]> {
  const {sql: where, values} = piece.where('event_object_schema', 'event_object_table');
  const sql = `SELECT DISTINCT event_object_schema AS s, event_object_table AS t
    FROM information_schema.triggers WHERE event_manipulation = 'UPDATE' AND ${where}`;
  return (await ask({sql, values, limitMs: pieceLimitMs})).filter(piece.has);
}

const pieceLimitMs = 10_000;

/** Adds the digits that the dump does not have. Nothing else writes on either side meanwhile. */
export async function restoreFloats(
  from: Ask,
  write: (sql: string, values: readonly unknown[]) => Promise<unknown>,
  {shape, columns, key}: FloatTable,
  report: ReportProgress,
): Promise<void> {
  if (!key) {
    return;
  }
  const walked = walkedKey(shape, key);
  let restored = 0;
  for (let after: Place | null = null; ; ) {
    const rows = await from(pageOf({shape, columns}, walked, after));
    const wrong = rows.filter((row) => columns.some((_, at) => isWrong(row, at)));
    if (wrong.length > 0) {
      const {sql, values} = restoreStatement({shape, columns}, walked, key, wrong);
      await write(sql, values);
    }
    restored += wrong.length;
    report(
      `FLOAT values restored in ${restored} ${restored === 1 ? 'row' : 'rows'} of ${tableName(shape)}`,
    );
    const last = rows.at(-1);
    if (!last || rows.length < rowsAtOnce) {
      return;
    }
    after = placeOf(last, key);
  }
}

const rowsAtOnce = 200;
// A table without such rows is read to its end in one statement.
const scanLimitMs = 20 * 24 * 3_600_000;

type Floats = Pick<FloatTable, 'shape' | 'columns'>;

/** Rows whose value differs from its text; for most of them the text reads back as the same number. */
function pageOf({shape, columns}: Floats, walked: WalkedKey, after: Place | null) {
  const range = walked.within({after, upTo: null});
  const names = columns.map(quoted);
  const values = names.map((name, at) => `${name} + 0e0 AS f${at}, CONCAT(${name}) AS t${at}`);
  const differs = names.map((name) => `CONCAT(${name}) + 0e0 <> ${name} + 0e0`);
  return {
    sql: `SELECT ${walked.selected}, ${values.join(', ')} FROM ${quotedTable(shape)} ${walked.index}
      WHERE ${range.sql} AND (${differs.join(' OR ')}) ORDER BY ${walked.order} LIMIT ${rowsAtOnce}`,
    values: range.values,
    limitMs: scanLimitMs,
  };
}

const isWrong = (row: Row, at: number): boolean =>
  row[`f${at}`] !== null &&
  Math.fround(Number(row[`t${at}`])) !== Math.fround(Number(row[`f${at}`]));

const placeOf = (row: Row, key: readonly string[]): Place =>
  key.map((_, at) => String(row[`k${at}`]));

/** Keeps all times, also those that a server sets by itself when a row changes. */
function restoreStatement(
  {shape, columns}: Floats,
  walked: WalkedKey,
  key: readonly string[],
  rows: readonly Row[],
) {
  const places = rows.map((row) => placeOf(row, key));
  const kept = shape.columns
    .filter(({type}) => type === 'timestamp' || type === 'datetime')
    .map(({name}) => ({sql: `${quoted(name)} = ${quoted(name)}`, values: []}));
  const set = columns.map((name, at) => {
    const cases = rows.map((row, index) => {
      const {sql, values} = walked.among(places.slice(index, index + 1));
      const value = row[`f${at}`];
      return {
        sql: `WHEN ${sql} THEN ?`,
        values: [...values, value === null ? null : String(value)],
      };
    });
    return {
      sql: `${quoted(name)} = CASE ${cases.map(({sql}) => sql).join(' ')} ELSE ${quoted(name)} END`,
      values: cases.flatMap(({values}) => values),
    };
  });
  const where = walked.among(places);
  const parts = [...set, ...kept];
  return {
    sql: `UPDATE ${quotedTable(shape)} SET ${parts.map(({sql}) => sql).join(', ')} WHERE ${where.sql}`,
    values: [...parts.flatMap(({values}) => values), ...where.values],
  };
}
