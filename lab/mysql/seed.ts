import type {LabDatabase} from './server.ts';
import {statementsOf} from './statements.ts';

/** A place in a server's binary log. */
export interface Position {
  readonly file: string;
  readonly position: number;
}

/** Where a server's own binary log ends now. */
export async function positionOf(database: LabDatabase): Promise<Position> {
  const [status] = await database.query(statementsOf(database.brand).ownPosition);
  return {file: String(status?.['File']), position: Number(status?.['Position'])};
}

/**
 * Copies every schema of the replica but its own to Aurora as one consistent picture, as a dump does: with the
 * replica's
 * SQL thread stopped nothing writes there. Gives the replica's own coordinates of that picture.
 */
export async function seedFrom(replica: LabDatabase, aurora: LabDatabase): Promise<Position> {
  const words = statementsOf(replica.brand);
  await replica.query(words.stopExecuting);
  try {
    const position = await positionOf(replica);
    for (const schema of await userSchemas(replica)) {
      await copySchema(schema, replica, aurora);
    }
    return position;
  } finally {
    await replica.query(words.startExecuting);
  }
}

/** The same on a server that may have another copy, which goes. */
export async function seedAnew(replica: LabDatabase, aurora: LabDatabase): Promise<Position> {
  const schemas = await userSchemas(aurora);
  await aurora.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    for (const schema of schemas) {
      await connection.query('DROP DATABASE ??', [schema]);
    }
  });
  return seedFrom(replica, aurora);
}

export async function userSchemas(server: Pick<LabDatabase, 'query'>): Promise<readonly string[]> {
  const rows = await server.query(
    `SELECT schema_name AS name FROM information_schema.schemata
      WHERE schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'test')`,
  );
  return rows.map(({name}) => String(name));
}

async function copySchema(schema: string, from: LabDatabase, to: LabDatabase): Promise<void> {
  const tables = await from.query(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = ? AND table_type = 'BASE TABLE'`,
    [schema],
  );
  await to.session(async (connection) => {
    // A seed is loaded without the binary log: a server that replicates from Aurora later must not apply it.
    await connection.query('SET sql_log_bin = 0');
    await connection.query('CREATE DATABASE ??', [schema]);
    await connection.query('USE ??', [schema]);
    for (const {name} of tables) {
      const [made] = await from.query('SHOW CREATE TABLE ??.??', [schema, name]);
      await connection.query(String(made?.['Create Table']));
      const rows = await from.query('SELECT * FROM ??.??', [schema, name]);
      if (rows.length > 0) {
        const values = rows.map((row) => Object.values(row));
        await connection.query('INSERT INTO ?? VALUES ?', [name, values]);
      }
    }
  });
}
