import {type Column, currentName, type TableShape} from './table-shapes.ts';

/** A name in backticks, as SQL requires. */
export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

export const quotedTable = ({schema, table}: Pick<TableShape, 'schema' | 'table'>): string =>
  `${quoted(schema)}.${quoted(table)}`;

/**
 * A row as one string of bytes, equal on every server exactly if all values are equal. Numbers
 * and times end with a comma, which none of them holds; other values begin with their length; NULL is `N`.
 */
export function rowText(source: TableShape, target: TableShape): string {
  const there = new Map(target.columns.map((column) => [column.name, column]));
  const parts = source.columns.flatMap((column) => {
    const other = there.get(column.name);
    return other ? [valueText(column, other)] : [];
  });
  return `CONCAT(${parts.join(', ')})`;
}

/**
 * 256 bits of a row, as 64 hexadecimal digits. SHA2 is the only strong hash that every server has (MySQL 9 has no
 * MD5).
 */
export const rowHash = (row: string): string => `SHA2(${row}, 256)`;

/**
 * A sum does not forget rows that are there twice, as XOR does; of SHA-256 it takes 64 bits, and DECIMAL holds it
 * exactly. As text: a number above 2^53 would be rounded on its way here.
 */
export const sumOfRows = (row: string): string =>
  `CAST(COALESCE(SUM(CAST(CONV(LEFT(${rowHash(row)}, 16), 16, 10) AS UNSIGNED)), 0) AS CHAR)`;

function valueText(column: Column, other: Column): string {
  const name = quoted(column.name);
  const nullable = column.nullable || other.nullable;
  const {text, form} = formOf(column, other, name);
  const whole = {
    ended: `${text}, ','`,
    counted: `LENGTH(${text}), ':', ${text}`,
    // A hash has a fixed length. The value may exceed a server's max_allowed_packet, beyond which CONCAT gives NULL.
    hashed: rowHash(text),
  }[form];
  return nullable ? `IFNULL(${form === 'hashed' ? whole : `CONCAT(${whole})`}, 'N')` : whole;
}

interface Form {
  readonly text: string;
  readonly form: 'ended' | 'counted' | 'hashed';
}

function formOf(column: Column, other: Column, name: string): Form {
  if (column.type !== other.type) {
    return {text: `CAST(${name} AS BINARY)`, form: 'counted'};
  }
  const sameCharset = sameName(column.charset, other.charset);
  if (isLong(column.type)) {
    return {text: sameCharset ? name : inUtf8(name), form: 'hashed'};
  }
  if (isNumber(column.type) || isTime(column.type)) {
    return {text: name, form: 'ended'};
  }
  switch (column.type) {
    // Without the addition a server shows six of the nine digits that a FLOAT needs.
    case 'float':
      return {text: `${name} + 0e0`, form: 'ended'};
    case 'double':
      return {text: name, form: 'ended'};
    case 'bit':
      return {text: `CAST(${name} AS UNSIGNED)`, form: 'ended'};
    case 'enum':
    case 'set':
      // The number distinguishes an empty text from a refused value. It has the same meaning only in the same list.
      return column.fullType === other.fullType
        ? {text: `CAST(${name} AS UNSIGNED)`, form: 'ended'}
        : {text: `CAST(${inUtf8(name)} AS BINARY)`, form: 'counted'};
    case 'char':
    case 'varchar':
    case 'tinytext':
      return {text: `CAST(${sameCharset ? name : inUtf8(name)} AS BINARY)`, form: 'counted'};
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
      return {text: name, form: 'counted'};
    // Types of one server only: uuid, inet6, vector.
    default:
      return {text: `HEX(${name})`, form: 'counted'};
  }
}

const sameName = (first: string | null, second: string | null): boolean =>
  currentName(first ?? '') === currentName(second ?? '');

const inUtf8 = (name: string): string => `CONVERT(${name} USING utf8mb4)`;

const isLong = (type: string): boolean =>
  /^(medium|long)?(text|blob)$|^json$|^(geometry|point|linestring|polygon|multi\w+|geom\w*collection)$/.test(
    type,
  );

export const isInteger = (type: string): boolean =>
  /^((tiny|small|medium|big)?int|year)$/.test(type);
const isNumber = (type: string): boolean => isInteger(type) || type === 'decimal';
export const isTime = (type: string): boolean => /^(date|datetime|timestamp|time)$/.test(type);
