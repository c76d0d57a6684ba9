import type {Processes} from '../processes.ts';
import {addAccountsOnAurora, addAccountsOnPremises, type Passwords} from './accounts.ts';
import {addAuroraProcedures} from './aurora-procedures.ts';
import {findServer} from './find-server.ts';
import {type Position, positionOf, seedFrom} from './seed.ts';
import {type LabDatabase, startServer} from './server.ts';
import {createShop} from './shop-schema.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface DatabasesOptions {
  readonly directory: string;
  readonly processes: Processes;
  readonly passwords: Passwords;
  readonly ports: {readonly source: number; readonly replica: number; readonly aurora: number};
  /** How a server that follows reaches the one it follows: the network in front of it. */
  readonly reachedAt: {readonly source: Address; readonly replica: Address};
}

/** The three servers of the lab, as they stand before a migration begins. */
export interface Databases {
  readonly source: LabDatabase;
  /** Follows the source, and has no other work. */
  readonly replica: LabDatabase;
  /** The stand-in: it has the data of `seed`, follows nobody, and accepts writes. */
  readonly aurora: LabDatabase;
  /** The replica's own coordinates at which Aurora was seeded. */
  readonly seed: Position;
  /** Ends all three at once. Their data is the lab's, and goes with its folder. */
  stop(): Promise<void>;
}

/** Starts source, dedicated replica and Aurora stand-in, with replication from the first to the second. */
export async function startDatabases(options: DatabasesOptions): Promise<Databases> {
  const servers = await startAll(options);
  const {source, replica, aurora} = servers;
  const stop = async () =>
    void (await Promise.all([source, replica, aurora].map((one) => one.kill())));
  try {
    await Promise.all([
      addAccountsOnPremises(source, options.passwords).then(() => createShop(source)),
      addAccountsOnPremises(replica, options.passwords),
      addAccountsOnAurora(aurora, options.passwords).then(() => addAuroraProcedures(aurora)),
    ]);
    await followFromTheStart(replica, options);
    await untilCaughtUp(replica, await positionOf(source));
    return {...servers, seed: await seedFrom(replica, aurora), stop};
  } catch (cause) {
    await stop();
    throw cause;
  }
}

type Servers = Pick<Databases, 'source' | 'replica' | 'aurora'>;

async function startAll(options: DatabasesOptions): Promise<Servers> {
  const {directory, processes, passwords, ports} = options;
  const common = {directory, processes, rootPassword: passwords.root, program: await findServer()};
  const starting = [
    startServer({...common, ...sourceServer, port: ports.source}),
    startServer({...common, ...replicaServer, port: ports.replica}),
    startServer({...common, ...auroraServer, port: ports.aurora}),
  ] as const;
  try {
    const [source, replica, aurora] = await Promise.all(starting);
    return {source, replica, aurora};
  } catch (cause) {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((one) => one.status === 'fulfilled' && one.value.kill()));
    throw cause;
  }
}

const sourceServer = {name: 'source', serverId: 1, logName: 'mysql-bin'};
// As any dedicated replica is kept: nobody but its source writes there, also after a restart.
const replicaServer = {
  name: 'replica',
  serverId: 2,
  logName: 'mysql-bin',
  settings: ['--read-only'],
};
// The name that Aurora gives to its binary logs.
const auroraServer = {name: 'aurora', serverId: 3, logName: 'mysql-bin-changelog'};

/** The source's log holds its whole history, which is short, so the replica needs no copy of its data. */
async function followFromTheStart(replica: LabDatabase, options: DatabasesOptions): Promise<void> {
  const {reachedAt, passwords} = options;
  await replica.query(
    `CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = ?, MASTER_USER = 'repl', MASTER_PASSWORD = ?,
      MASTER_LOG_FILE = '${sourceServer.logName}.000001', MASTER_LOG_POS = 4, MASTER_CONNECT_RETRY = 1`,
    [reachedAt.source.host, reachedAt.source.port, passwords.repl],
  );
  await replica.query('START SLAVE');
}

async function untilCaughtUp(replica: LabDatabase, {file, position}: Position): Promise<void> {
  const [waited] = await replica.query('SELECT MASTER_POS_WAIT(?, ?, 10) AS events', [
    file,
    position,
  ]);
  // NULL when the SQL thread does not run, -1 after the time limit (MySQL 5.6 manual 12.18).
  if (waited?.['events'] === null || Number(waited?.['events']) < 0) {
    const [status] = await replica.query('SHOW SLAVE STATUS');
    throw new Error(
      `the lab's replica does not follow its source: ${status?.['Last_IO_Error']} ${status?.['Last_SQL_Error']}`,
    );
  }
}
