import {exceptSystemSchemas} from '../checks/facts.ts';
import type {Ask, Row} from '../session/contract.ts';
import type {CatalogueKeys, CatalogueObjects, CatalogueTables, TableName} from './contract.ts';
import {inPieces, type Piece} from './pieces.ts';

interface PartReading {
  readonly ask: Ask;
  progress(read: number, of: number): void;
}

interface TablesReading extends PartReading {
  /** Asks for values that a server may keep for a day. */
  readonly askNow: Ask;
  readonly hasGenerated: boolean;
  /** The server has no data dictionary: it opens each table to describe it. */
  readonly opensTables: boolean;
  readonly withKeys: boolean;
}

/** Of the tables, and of their keys where those are asked for, too. */
interface TablesRead extends CatalogueTables {
  readonly keys: CatalogueKeys | null;
}

/** Every name, views too: the server opens no table for it. */
export const namesSql = `
  SELECT table_schema AS s, table_name AS t FROM information_schema.tables
   WHERE ${exceptSystemSchemas('table_schema')} ORDER BY table_schema, table_name`;

export async function readTables(
  names: readonly TableName[],
  {ask, askNow, hasGenerated, opensTables, withKeys, progress}: TablesReading,
): Promise<TablesRead> {
  const intern = interner();
  const schemas = ask({sql: schemasSql});
  schemas.catch(() => {});
  const pieces = await inPieces(names, {
    read: async (piece) => {
      const readingTables = ofPiece(askNow, piece, tablesSql);
      readingTables.catch(() => {});
      if (opensTables) {
        // Opened for this statement, the tables are at hand for the others.
        await readingTables;
      }
      const [all, columns, keys] = await Promise.all([
        readingTables,
        ofPiece(ask, piece, columnsSql(hasGenerated)),
        withKeys ? keysOfPiece(ask, piece) : null,
      ]);
      const tables = all.filter(({type}) => !views.includes(String(type)));
      const present = new Set(tables.map(({s, t}) => `${s}\0${t}`));
      const ofTables = columns.filter(({s, t}) => present.has(`${s}\0${t}`));
      return {tables: intern(tables), columns: intern(ofTables), keys};
    },
    progress,
  });
  return {
    schemas: await schemas,
    tables: pieces.flatMap(({tables}) => tables),
    columns: pieces.flatMap(({columns}) => columns),
    keys: withKeys ? joined(pieces.flatMap(({keys}) => keys ?? [])) : null,
  };
}

export async function readKeys(
  names: readonly TableName[],
  {ask, progress}: PartReading,
): Promise<CatalogueKeys> {
  return joined(await inPieces(names, {read: (piece) => keysOfPiece(ask, piece), progress}));
}

async function keysOfPiece(ask: Ask, piece: Piece): Promise<CatalogueKeys> {
  const [indexes, foreignKeys] = await Promise.all([
    ofPiece(ask, piece, indexesSql),
    ofPiece(ask, piece, foreignKeysSql),
  ]);
  return {indexes, foreignKeys};
}

const joined = (pieces: readonly CatalogueKeys[]): CatalogueKeys => ({
  indexes: pieces.flatMap(({indexes}) => indexes),
  foreignKeys: pieces.flatMap(({foreignKeys}) => foreignKeys),
});

export async function readTablesNow(
  names: readonly TableName[],
  askNow: Ask,
): Promise<readonly Row[]> {
  return (await inPieces(names, {read: (piece) => ofPiece(askNow, piece, tablesSql)})).flat();
}

const views = ['VIEW', 'SYSTEM VIEW'];

export async function readObjects(
  names: readonly TableName[],
  {ask, progress}: PartReading,
): Promise<CatalogueObjects> {
  const others = Promise.all([readRoutines(ask), ask({sql: eventsSql})]);
  others.catch(() => {});
  const pieces = await inPieces(names, {
    read: (piece) => Promise.all([viewsSql, triggersSql].map((sql) => ofPiece(ask, piece, sql))),
    progress,
  });
  const [routines, events] = await others;
  const defined = [
    ...pieces.flatMap(([ofPiece = []]) => ofPiece),
    ...routines,
    ...pieces.flatMap(([, ofPiece = []]) => ofPiece),
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

interface PieceSql {
  readonly schema: string;
  readonly table: string;
  sql(where: string): string;
}

async function ofPiece(ask: Ask, piece: Piece, {schema, table, sql}: PieceSql) {
  const {sql: where, values} = piece.where(schema, table);
  return (await ask({sql: sql(where), values})).filter(piece.has);
}

/** Thousands of columns have the same few types: each text is kept once. */
function interner(): (rows: readonly Row[]) => readonly Row[] {
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
    rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, once(value)])),
    );
}

const schemasSql = `
  SELECT schema_name AS s, default_collation_name AS collation FROM information_schema.schemata
   WHERE ${exceptSystemSchemas('schema_name')} ORDER BY schema_name`;

const ofTable = {schema: 'table_schema', table: 'table_name'};

// A BIGINT UNSIGNED comes as text.
const tablesSql: PieceSql = {
  ...ofTable,
  sql: (where) => `
  SELECT table_schema AS s, table_name AS t, table_type AS type, engine AS engine, row_format AS format,
         create_options AS options, table_collation AS collation, auto_increment AS next
    FROM information_schema.tables WHERE ${where} ORDER BY table_schema, table_name`,
};

const columnsSql = (hasGenerated: boolean): PieceSql => ({
  ...ofTable,
  sql: (where) => `
  SELECT table_schema AS s, table_name AS t, column_name AS c, data_type AS data_type, column_type AS column_type,
         column_default AS def, extra AS extra, collation_name AS collation,
         ${hasGenerated ? 'generation_expression' : "''"} AS body
    FROM information_schema.columns WHERE ${where} ORDER BY table_schema, table_name, ordinal_position`,
});

const indexesSql: PieceSql = {
  ...ofTable,
  sql: (where) => `
  SELECT table_schema AS s, table_name AS t, index_name AS name, index_type AS type, non_unique AS non_unique
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
         sql_mode AS sql_mode, routine_definition AS body
    FROM information_schema.routines WHERE routine_schema = ? ORDER BY routine_type, routine_name`;

const eventsSql = `
  SELECT event_schema AS s, event_name AS name, definer AS definer, status AS status, sql_mode AS sql_mode,
         event_definition AS body
    FROM information_schema.events WHERE ${exceptSystemSchemas('event_schema')} ORDER BY event_schema, event_name`;
