import type {Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import type mysql from 'mysql2/promise';
import {positionOf} from '../../../lab/mysql/seed.ts';
import type {LabDatabase} from '../../../lab/mysql/server.ts';
import {statementsOf} from '../../../lab/mysql/statements.ts';
import type {Session} from '../../../src/model/target.ts';
import type {AuroraReader, AuroraWriter} from '../../../steps/aurora/contract.ts';
import {auroraCluster} from '../../../steps/aurora/target.ts';
import type {MysqlReader, MysqlWriter, Replication} from '../../../steps/mysql/contract.ts';
import {hasReached} from '../../../steps/mysql/replication/position.ts';
import {replicationOf} from '../../../steps/mysql/replication/replication.ts';
import {mysqlServer} from '../../../steps/mysql/target.ts';
import {passwords, type TriedDatabases, tryDatabases} from '../../lab/mysql/databases.ts';
import type {KindPair} from '../../lab/mysql/server-kinds.ts';

/**
 * The three real servers with switcharoo's targets on them, and ways to bring them to a state that a step begins in.
 */
export interface RealServers {
  readonly databases: TriedDatabases;
  readonly source: Session<MysqlReader, MysqlWriter>;
  readonly replica: Session<MysqlReader, MysqlWriter>;
  readonly aurora: Session<AuroraReader, AuroraWriter>;
  /** How each server is reached by another one. */
  readonly at: Readonly<
    Record<'replica' | 'aurora', {readonly host: string; readonly port: number}>
  >;
  /** The source accepts writes; Aurora follows nobody and accepts writes. */
  begin(): Promise<void>;
  /** Aurora is read-only and replicates from the replica; everything is caught up. */
  replicating(): Promise<void>;
  close(): Promise<void>;
}

export async function openRealServers(
  pair?: KindPair,
  settings: readonly string[] = [],
): Promise<RealServers> {
  const databases = await tryDatabases(pair, settings);
  const open = new AbortController();
  const on = async (name: 'source' | 'replica') =>
    mysqlServer.open(loginFor(databases[name], 'switcharoo'), {
      name: names[name],
      signal: open.signal,
    });
  const source = await on('source');
  const replica = await on('replica');
  const aurora = await auroraCluster.open(
    {...loginFor(databases.aurora, 'admin'), clusterIdentifier: 'shop', region: 'us-east-1'},
    {name: names.aurora, signal: open.signal},
  );
  const at = {
    replica: databases.replicaAt,
    aurora: {host: '127.0.0.1', port: databases.aurora.port},
  };
  const servers: RealServers = {
    databases,
    source,
    replica,
    aurora,
    at,
    begin: () => begin(databases),
    replicating: async () => {
      await begin(databases);
      await followReplica(databases, at.replica);
    },
    close: async () => {
      await Promise.all([source.close(), replica.close(), aurora.close()]);
      await databases.close();
    },
  };
  return servers;
}

export const names = {source: 'db1', replica: 'db2', aurora: 'aurora'} as const;

const loginFor = ({port}: LabDatabase, user: 'switcharoo' | 'admin') => ({
  host: '127.0.0.1',
  port,
  user,
  password: passwords[user],
  replication: {user: 'repl', password: passwords.repl},
});

async function begin({source, replica, aurora}: TriedDatabases): Promise<void> {
  await untilFollowed(source, replica);
  await Promise.all([source, aurora].map(untilClientsAreGone));
  await followNobody(source);
  await source.query('SET GLOBAL read_only = OFF');
  await source.query('SET GLOBAL event_scheduler = ON');
  await followNobody(aurora);
  await aurora.query('SET GLOBAL read_only = OFF');
  for (const server of [source, replica, aurora]) {
    await forgetSentinels(server);
  }
}

async function followNobody(server: LabDatabase): Promise<void> {
  const words = statementsOf(server.brand);
  await server.query(words.stop);
  await server.query(words.forget);
  // The stand-in of MariaDB knows from its last call alone whether it is configured.
  await server.query('UPDATE mysql.rds_replication_status SET master_host = NULL').catch(() => {});
}

/** A connection that was closed here is a session there for another moment. */
async function untilClientsAreGone(server: LabDatabase): Promise<void> {
  const left =
    "SELECT id FROM information_schema.processlist WHERE user = 'shop' AND command <> 'Killed'";
  while ((await server.query(left)).length > 0) {
    await sleep(10);
  }
}

async function forgetSentinels(server: LabDatabase): Promise<void> {
  await server.session(async (connection) => {
    await connection.query('SET sql_log_bin = 0');
    await connection.query('DELETE FROM switcharoo.sentinel').catch(() => {});
  });
}

/** What steps change on a server, without what moves by itself: replication has transactions of its own under way. */
export async function pictureOf(server: LabDatabase) {
  const [settings] = await server.query(
    'SELECT @@global.read_only AS readOnly, @@global.event_scheduler AS events',
  );
  const status = await replicationOn(server);
  const sentinels = await server
    .query('SELECT run, entry FROM switcharoo.sentinel')
    .catch(() => []);
  const [open] = await server.query(
    `SELECT COUNT(*) AS open
       FROM information_schema.innodb_trx JOIN information_schema.processlist p ON p.id = trx_mysql_thread_id
      WHERE trx_rows_modified > 0 AND p.command <> 'Killed' AND p.user <> 'system user'`,
  );
  return {
    ...settings,
    ...open,
    sentinels,
    follows: status && [status.host, status.port, status.io, status.sql],
  };
}

/**
 * What became of a commit. A session that is killed in the moment before it waits for its client can stay for hours in
 * MySQL 5.6.24: the server closes its socket, gives the number to the next client, and the session listens to that one.
 * Its own client is never answered.
 */
export async function commit(
  client: mysql.Connection,
): Promise<'acknowledged' | 'not acknowledged'> {
  const asked = client.query({sql: 'COMMIT', timeout: 1_000});
  return asked.then(
    () => 'acknowledged',
    () => 'not acknowledged',
  );
}

/** A client's session, as a step tells of it. */
export function sessionText(client: mysql.Connection): string {
  // mysql2 does not declare the connection that its promise wraps.
  const {connection} = client as unknown as {connection: {stream: Socket}};
  return `session ${client.threadId} of ${client.config.user}@127.0.0.1:${connection.stream.localPort}`;
}

async function followReplica(
  {source, replica, aurora}: TriedDatabases,
  at: {host: string; port: number},
): Promise<void> {
  await untilFollowed(source, replica);
  const end = await positionOf(replica);
  await aurora.query('SET GLOBAL read_only = ON');
  const values = [at.host, at.port, 'repl', passwords.repl, end.file, end.position];
  await aurora.query('CALL mysql.rds_set_external_source(?, ?, ?, ?, ?, ?, 0)', values);
  await aurora.query('CALL mysql.rds_start_replication()');
  await untilFollowed(replica, aurora);
}

/** Until the second has executed what the first has written now, and both of its threads run. */
export async function untilFollowed(first: LabDatabase, second: LabDatabase): Promise<void> {
  const end = await positionOf(first);
  let found: Replication | null = null;
  for (let tries = 0; tries < 3_000; tries += 1) {
    found = await replicationOn(second);
    if (found && hasReached(found.executed, end) && found.io === 'Yes') {
      return;
    }
    await sleep(10);
  }
  throw new Error(`${second.name} does not follow ${first.name}: ${found?.error?.text}`);
}

/** Whom it follows, in the words of no version. */
export async function replicationOn(server: LabDatabase): Promise<Replication | null> {
  const [status] = await server.query(statementsOf(server.brand).replicationStatus);
  return status ? replicationOf(status) : null;
}
