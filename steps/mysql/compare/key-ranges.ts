import {isInteger, isTime, quoted} from './row-text.ts';
import {type Column, currentName, type TableShape} from './table-shapes.ts';

/**
 * A place in the order of a table's key: each column's value as text, and as hexadecimal digits where it is a string.
 */
export type Place = readonly string[];

/**
 * Rows after one place, up to and including another. `null` is no bound: it includes rows beyond the other side's
 * ends.
 */
export interface Range {
  readonly after: Place | null;
  readonly upTo: Place | null;
}

/** The values of a key as a log has them, in the order of its columns. */
export type Logged = readonly unknown[];

/** Part of a statement, and the values of its placeholders. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The key by which both sides of a table can be read in the same order; `null` where there is none. */
export function commonKey(source: TableShape, target: TableShape): readonly string[] | null {
  const {key} = source;
  const sameKey = key && target.key && key.columns.join('\n') === target.key.columns.join('\n');
  return sameKey && key.columns.every((name) => isWalkable(name, source, target))
    ? key.columns
    : null;
}

function isWalkable(name: string, source: TableShape, target: TableShape): boolean {
  const here = columnOf(source, name);
  const there = columnOf(target, name);
  // In another collation the same rows have another order.
  return (
    here.type === there.type &&
    currentName(here.collation ?? '') === currentName(there.collation ?? '') &&
    (isInteger(here.type) || isTime(here.type) || isString(here.type))
  );
}

const isString = (type: string): boolean => /^(var)?(char|binary)$/.test(type);

const columnOf = (shape: TableShape, name: string): Column => {
  const column = shape.columns.find((candidate) => candidate.name === name);
  if (!column) {
    throw new Error(`${shape.table} has the key column ${name}, but no such column`);
  }
  return column;
};

/** The key of one side, in the SQL of that server. */
export interface WalkedKey {
  /** Selects a place, as columns `k0`, `k1`, … */
  readonly selected: string;
  readonly order: string;
  /** Reads by the key's own index, so that a range costs no more than its rows. */
  readonly index: string;
  within(range: Range): Condition;
  /** One of these rows. */
  among(places: readonly Place[]): Condition;
  /** One of these rows, as a log has them: numbers and times as text, strings as text or as bytes. */
  amongLogged(rows: readonly Logged[]): Condition;
}

export function walkedKey(shape: TableShape, key: readonly string[]): WalkedKey {
  const columns = key.map((name) => columnOf(shape, name));
  const equal = (place: Place): Condition =>
    all(columns.map((column, at) => comparisonWith(column, '=', place[at] ?? '')));
  return {
    selected: columns.map((column, at) => `${shown(column)} AS k${at}`).join(', '),
    order: columns.map(({name}) => quoted(name)).join(', '),
    index: `FORCE INDEX (${quoted(shape.key?.index ?? 'PRIMARY')})`,
    within: ({after, upTo}) =>
      all([
        ...(after ? [inOrder(columns, '>', after)] : []),
        ...(upTo ? [inOrder(columns, '<', upTo)] : []),
      ]),
    among: (places) => any(places.map(equal)),
    amongLogged: (rows) =>
      any(rows.map((row) => all(columns.map((column, at) => loggedAs(column, row[at]))))),
  };
}

/**
 * `a >= 1 AND (a > 1 OR b > 2)`: MySQL 5.6 uses an index for it, and for `(a, b) > (1, 2)` none. `<` includes the
 * place itself.
 */
function inOrder(columns: readonly Column[], operator: '>' | '<', place: Place): Condition {
  const [column, ...others] = columns;
  const [value = '', ...values] = place;
  if (!column) {
    throw new Error('the key has no column');
  }
  return others.length === 0
    ? comparisonWith(column, operator === '>' ? '>' : '<=', value)
    : all([
        comparisonWith(column, `${operator}=`, value),
        any([comparisonWith(column, operator, value), inOrder(others, operator, values)]),
      ]);
}

const all = (parts: readonly Condition[]): Condition => combined(parts, ' AND ', 'TRUE');
const any = (parts: readonly Condition[]): Condition => combined(parts, ' OR ', 'FALSE');
const combined = (parts: readonly Condition[], by: string, none: string): Condition => ({
  sql: parts.length === 0 ? none : `(${parts.map(({sql}) => sql).join(by)})`,
  values: parts.flatMap(({values}) => values),
});

const shown = ({name, type}: Column): string =>
  isString(type) ? `HEX(${quoted(name)})` : `CAST(${quoted(name)} AS CHAR)`;

function comparisonWith(column: Column, operator: string, value: string): Condition {
  const {type, charset, collation} = column;
  const name = quoted(column.name);
  if (isInteger(type)) {
    return {sql: `${name} ${operator} ?`, values: [BigInt(value)]};
  }
  if (isTime(type)) {
    return {sql: `${name} ${operator} ?`, values: [value]};
  }
  const literal = charset === null ? '?' : `_${charset} ? COLLATE ${collation}`;
  return {sql: `${name} ${operator} ${literal}`, values: [Buffer.from(value, 'hex')]};
}

function loggedAs({name, type, charset, collation}: Column, value: unknown): Condition {
  // The server converts to its own character set. Other rows that are equal in the collation are compared, too.
  const literal =
    isString(type) && charset !== null ? `CONVERT(? USING ${charset}) COLLATE ${collation}` : '?';
  return {
    sql: `${quoted(name)} = ${literal}`,
    values: [isInteger(type) ? BigInt(String(value)) : value],
  };
}

/** A place as text: `id = 17`, `code = 'A-1'`. */
export function placeText(shape: TableShape, key: readonly string[], place: Place): string {
  const values = key.map((name, at) => {
    const {type, charset} = columnOf(shape, name);
    const value = place[at] ?? '';
    return isString(type) ? `${name} = ${stringText(value, charset)}` : `${name} = ${value}`;
  });
  return values.join(', ');
}

function stringText(hex: string, charset: string | null): string {
  const bytes = Buffer.from(hex, 'hex');
  return charset === 'latin1'
    ? `'${bytes.toString('latin1')}'`
    : /^(utf8|ascii)/.test(charset ?? '')
      ? `'${bytes.toString('utf8')}'`
      : `0x${hex}`;
}
