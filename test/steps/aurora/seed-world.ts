import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import type {Session} from '../../../src/model/target.ts';
import {seed} from '../../../steps/aurora/seed.ts';
import type {MysqlReader, MysqlWriter} from '../../../steps/mysql/contract.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {type KindPair, mysqlClients, old} from '../../lab/mysql/server-kinds.ts';
import type {Placed} from '../mysql/placed-unit.ts';
import {
  names,
  openRealServers,
  type RealServers,
  replicationOn,
  untilFollowed,
} from '../mysql/real-servers.ts';
import {createProof} from '../mysql/verification-schema.ts';

/** Real servers whose Aurora is empty, and whose source has every kind of data, and of objects. */
export interface SeedWorld extends RealServers {
  /** Aurora is empty, and the replica follows with both threads. */
  empty(): Promise<void>;
  /** The step on the world as it is; with the clients of another folder, if told so. */
  placed(folder?: string, input?: object): Promise<Placed>;
  /** What the step may change. */
  picture(): Promise<unknown>;
}

export async function openSeedWorld(pair?: KindPair): Promise<SeedWorld> {
  const servers = await openRealServers(pair);
  const {source, replica, aurora} = servers.databases;
  const sessions: Session<MysqlReader, MysqlWriter>[] = [];
  await createProof({database: source, kind: pair?.source ?? old});
  await addObjects(source);
  await mayDefine(aurora);
  await untilFollowed(source, replica);
  return {
    ...servers,
    empty: async () => {
      await servers.begin();
      await dropAll(aurora);
      await replica.query(statementsOf(replica.brand).startExecuting);
      await untilFollowed(source, replica);
    },
    placed: async (folder = mysqlClients.folder, input = {}) => {
      const session = await mysqlServer.open(
        {
          ...{host: '127.0.0.1', port: replica.port},
          ...{user: 'switcharoo', password: passwords.switcharoo, clientFolder: folder},
        },
        {name: names.replica, signal: new AbortController().signal},
      );
      sessions.push(session);
      return {id: 'seed', unit: seed, on: {aurora: servers.aurora, replica: session}, input};
    },
    picture: async () => ({
      aurora: await objectsOn(aurora),
      replica: (await replicationOn(replica))?.sql,
    }),
    close: async () => {
      await Promise.all(sessions.map((session) => session.close()));
      await servers.close();
    },
  };
}

const serversOwn = "'mysql', 'information_schema', 'performance_schema', 'sys'";

export const schemasOn = async (server: LabDatabase): Promise<readonly string[]> =>
  (
    await server.query(
      `SELECT schema_name AS s FROM information_schema.schemata WHERE schema_name NOT IN (${serversOwn}) ORDER BY 1`,
    )
  ).map(({s}) => String(s));

async function objectsOn(server: LabDatabase) {
  const tables = await server.query(
    `SELECT CONCAT(table_schema, '.', table_name, ' ', table_type) AS t FROM information_schema.tables
      WHERE table_schema NOT IN (${serversOwn}) ORDER BY 1`,
  );
  return [await schemasOn(server), tables.map(({t}) => t)];
}

async function dropAll(server: LabDatabase): Promise<void> {
  const schemas = await schemasOn(server);
  await server.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    for (const schema of schemas) {
      await connection.query('DROP DATABASE ??', [schema]);
    }
  });
}

/** Their definer is an account that every server has. */
async function addObjects(source: LabDatabase): Promise<void> {
  await source.session(async (connection) => {
    await connection.query("SET SESSION sql_mode = ''");
    await connection.query('USE proof');
    for (const statement of [
      "CREATE DEFINER = 'shop'@'%' VIEW active_people AS SELECT id, name FROM people WHERE active = 1",
      "CREATE DEFINER = 'shop'@'%' TRIGGER number_codes BEFORE INSERT ON codes FOR EACH ROW SET NEW.number = COALESCE(NEW.number, -1)",
      "CREATE DEFINER = 'shop'@'%' PROCEDURE count_people() BEGIN SELECT COUNT(*) FROM people; SELECT 'a;b'; END",
      "CREATE DEFINER = 'shop'@'%' EVENT clean_log ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM log WHERE a IS NULL",
      // A dump does not tell a refused value of an enum from the empty one.
      "UPDATE all_kinds SET e = 'one'",
      `CREATE TABLE places (code VARCHAR(10) CHARACTER SET latin1, part INT, lat FLOAT, lng FLOAT UNSIGNED, zero DATETIME,
         seen TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, PRIMARY KEY (code, part))`,
      `INSERT INTO places SELECT CONCAT('ä', id DIV 100), id, 52.520008 + id / 1000000, IF(id % 3 = 0, NULL, 13.404954 + id / 1000000),
         '0000-00-00 00:00:00', '2001-02-03 04:05:06' FROM people WHERE id <= 700`,
    ]) {
      await connection.query(statement);
    }
  });
}

const definerRights = {
  'mysql-5.6': 'SUPER',
  mysql: 'SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER',
  mariadb: 'SET USER',
} as const;

const mayDefine = (aurora: LabDatabase) =>
  aurora.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    await connection.query(`GRANT ${definerRights[aurora.brand]} ON *.* TO admin@'%'`);
    await connection.query('SET GLOBAL log_bin_trust_function_creators = ON');
  });

/** A folder with MySQL's clients, of which the dump is what the script says; `$real` is the true one. */
export function clientsWith(script: string): {folder: string; remove(): void} {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-clients-'));
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const real = join(mysqlClients.folder, 'mysqldump');
  put('mysql', `exec '${join(mysqlClients.folder, 'mysql')}' "$@"`);
  put('mysqldump', `real='${real}'\n[ "$1" != --version ] || exec "$real" --version\n${script}`);
  return {folder, remove: () => rmSync(folder, {recursive: true})};
}
