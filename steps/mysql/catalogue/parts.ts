import {exceptSystemSchemas} from '../checks/facts.ts';
import type {Ask, Row} from '../session/contract.ts';
import {ofPiece, ofTable, type PieceSql, rowsOf} from './ask-piece.ts';
import type {CatalogueKeys, CatalogueObjects, CatalogueTables, TableName} from './contract.ts';
import {nextInInnodb, tableKey} from './innodb.ts';
import {joinedKeys, type KeysReading, keysOfPiece, type PartReading} from './keys.ts';
import {inPieces, type Piece} from './pieces.ts';

interface CountersReading {
  readonly ask: Ask;
  /** Asks for values that a server may keep for a day. */
  readonly askNow: Ask;
  readonly opensMany: boolean;
}

export interface TablesReading extends KeysReading {
  /** Asks for values that a server may keep for a day. */
  readonly askNow: Ask;
  /** Of a server that opens many: the next AUTO_INCREMENT values that it has at hand, by `tableKey`. */
  readonly nextAtHand: ReadonlyMap<string, string> | null;
  readonly hasGenerated: boolean;
  readonly withKeys: boolean;
  /** Also those that it has not at hand. */
  readonly withNext: boolean;
}

/** Of the tables, and of their keys where those are asked for, too. */
export interface TablesRead extends CatalogueTables {
  readonly keys: CatalogueKeys | null;
}

/** Every name, views too: the server opens no table for it. */
export const namesSql = `
  SELECT table_schema AS s, table_name AS t FROM information_schema.tables
   WHERE ${exceptSystemSchemas('table_schema')} ORDER BY table_schema, table_name`;

export async function readTables(
  names: readonly TableName[],
  reading: TablesReading,
): Promise<TablesRead> {
  const intern = interner();
  const schemas = reading.ask({sql: schemasSql});
  schemas.catch(() => {});
  const pieces = await inPieces(names, {
    read: async (piece) => {
      const readingColumns = ofPiece(reading.ask, piece, columnsSql(reading.hasGenerated));
      const [all, columns, keys] = await Promise.all([
        definitionsOf(piece, reading, readingColumns),
        readingColumns,
        reading.withKeys ? keysOfPiece(piece, reading, await readingColumns) : null,
      ]);
      const tables = all.filter(({type}) => !views.includes(String(type)));
      const present = new Set(tables.map(tableKey));
      const ofTables = columns.filter((row) => present.has(tableKey(row)));
      return {tables: intern(tables), columns: intern(ofTables), keys};
    },
    progress: reading.progress,
  });
  return {
    schemas: await schemas,
    tables: pieces.flatMap(({tables}) => tables),
    columns: pieces.flatMap(({columns}) => columns),
    keys: reading.withKeys ? joinedKeys(pieces.flatMap(({keys}) => keys ?? [])) : null,
  };
}

async function definitionsOf(
  piece: Piece,
  {askNow, nextAtHand, withNext}: TablesReading,
  readingColumns: Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const tables = await ofPiece(askNow, piece, tablesSql(nextAtHand === null));
  if (nextAtHand === null) {
    return tables;
  }
  const others = withNext
    ? (await readingColumns).filter(
        (row) => String(row['extra']).includes('auto_increment') && !nextAtHand.has(tableKey(row)),
      )
    : [];
  const read = await rowsOf(others, (some) => ofPiece(askNow, some, countersSql));
  const nexts = new Map(read.map((row) => [tableKey(row), row['next']]));
  return tables.map((row) => {
    const next = nextAtHand.get(tableKey(row)) ?? nexts.get(tableKey(row));
    return next === undefined ? row : {...row, next};
  });
}

/** The next AUTO_INCREMENT value of these tables: `s`, `t`, `next`. A BIGINT UNSIGNED comes as text. */
export async function readCounters(
  names: readonly TableName[],
  {ask, askNow, opensMany}: CountersReading,
): Promise<readonly Row[]> {
  const known = opensMany ? await nextInInnodb(ask) : new Map<string, string>();
  const others = names.filter((name) => !known.has(tableKey(name)));
  const read = await inPieces(others, {read: (piece) => ofPiece(askNow, piece, countersSql)});
  const at = names.flatMap(({s, t}) => {
    const next = known.get(tableKey({s, t}));
    return next === undefined ? [] : [{s, t, next}];
  });
  return [...at, ...read.flat()];
}

const views = ['VIEW', 'SYSTEM VIEW'];

interface ObjectsReading extends PartReading {
  /** Those of the names that are not known to be tables. */
  readonly mayBeViews: readonly TableName[] | Promise<readonly TableName[]>;
}

export async function readObjects(
  names: readonly TableName[],
  {ask, mayBeViews, progress}: ObjectsReading,
): Promise<CatalogueObjects> {
  const others = Promise.all([readRoutines(ask), ask({sql: eventsSql})]);
  others.catch(() => {});
  const triggers = inPieces(names, {read: (piece) => ofPiece(ask, piece, triggersSql), progress});
  triggers.catch(() => {});
  const views = await inPieces(await mayBeViews, {read: (piece) => ofPiece(ask, piece, viewsSql)});
  const [routines, events] = await others;
  const defined = [
    ...views.flat(),
    ...routines,
    ...(await triggers).flat(),
    ...events.map((row) => ({...row, what: 'event'})),
  ];
  return {defined: defined.toSorted(byKind), events};
}

/** The server reads all of them for each statement, and their texts may be long. */
async function readRoutines(ask: Ask): Promise<readonly Row[]> {
  const schemas = await ask({sql: routineSchemasSql});
  const routines: Row[] = [];
  for (const {s} of schemas) {
    routines.push(...(await ask({sql: routinesSql, values: [s]})).filter((row) => row['s'] === s));
  }
  return routines;
}

function byKind(first: Row, second: Row): number {
  const key = ({what, s, name}: Row) => `${what}\0${s}\0${name}`;
  return key(first) < key(second) ? -1 : 1;
}

/** Thousands of columns have the same few types: each text is kept once. */
export function interner(): (rows: readonly Row[]) => readonly Row[] {
  const texts = new Map<string, string>();
  const once = (value: unknown): unknown => {
    if (typeof value !== 'string') {
      return value;
    }
    const earlier = texts.get(value);
    if (earlier === undefined) {
      texts.set(value, value);
    }
    return earlier ?? value;
  };
  return (rows) =>
    rows.map((row) => {
      const copy: Record<string, unknown> = {};
      for (const name in row) {
        copy[name] = once(row[name]);
      }
      return copy;
    });
}

const schemasSql = `
  SELECT schema_name AS s, default_collation_name AS collation FROM information_schema.schemata
   WHERE ${exceptSystemSchemas('schema_name')} ORDER BY schema_name`;

const tablesSql = (withNext: boolean): PieceSql => ({
  ...ofTable,
  sql: (where) => `
  SELECT table_schema AS s, table_name AS t, table_type AS type, engine AS engine, create_options AS options,
         table_collation AS collation${withNext ? ', auto_increment AS next' : ''}
    FROM information_schema.tables WHERE ${where} ORDER BY table_schema, table_name`,
});

/** The next AUTO_INCREMENT values. */
export const countersSql: PieceSql = {
  ...ofTable,
  sql: (where) => `
  SELECT table_schema AS s, table_name AS t, auto_increment AS next FROM information_schema.tables WHERE ${where}`,
};

const columnsSql = (hasGenerated: boolean): PieceSql => ({
  ...ofTable,
  sql: (where) => `
  SELECT table_schema AS s, table_name AS t, column_name AS c, data_type AS data_type, column_type AS column_type,
         column_default AS def, extra AS extra, collation_name AS collation,
         ${hasGenerated ? 'generation_expression' : "''"} AS body
    FROM information_schema.columns WHERE ${where} ORDER BY table_schema, table_name, ordinal_position`,
});

const viewsSql: PieceSql = {
  ...ofTable,
  sql: (where) => `
  SELECT 'view' AS what, table_schema AS s, table_name AS name, table_name AS t, definer AS definer,
         view_definition AS body
    FROM information_schema.views WHERE ${where}`,
};

const triggersSql: PieceSql = {
  schema: 'event_object_schema',
  table: 'event_object_table',
  sql: (where) => `
  SELECT 'trigger' AS what, trigger_schema AS s, trigger_name AS name, event_object_table AS t, definer AS definer,
         sql_mode AS sql_mode, action_statement AS body
    FROM information_schema.triggers WHERE ${where}`,
};

const routineSchemasSql = `
  SELECT DISTINCT routine_schema AS s FROM information_schema.routines
   WHERE ${exceptSystemSchemas('routine_schema')} ORDER BY routine_schema`;

const routinesSql = `
  SELECT LOWER(routine_type) AS what, routine_schema AS s, routine_name AS name, definer AS definer,
         security_type AS security, sql_mode AS sql_mode, routine_definition AS body
    FROM information_schema.routines WHERE routine_schema = ? ORDER BY routine_type, routine_name`;

const eventsSql = `
  SELECT event_schema AS s, event_name AS name, definer AS definer, status AS status, sql_mode AS sql_mode,
         event_definition AS body
    FROM information_schema.events WHERE ${exceptSystemSchemas('event_schema')} ORDER BY event_schema, event_name`;
