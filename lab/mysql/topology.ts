import type {Processes} from '../processes.ts';
import {addAccountsOnAurora, addAccountsOnPremises, type Passwords} from './accounts.ts';
import {addAuroraProcedures} from './aurora-procedures.ts';
import {findServer} from './find-server.ts';
import {type Position, positionOf, seedFrom} from './seed.ts';
import {type LabDatabase, startServer} from './server.ts';
import type {ServerProgram} from './server-program.ts';
import {createShop} from './shop-schema.ts';
import {statementsOf} from './statements.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

interface DatabasesOptions {
  readonly directory: string;
  readonly processes: Processes;
  readonly passwords: Passwords;
  readonly ports: {readonly source: number; readonly replica: number; readonly aurora: number};
  /** How a server that follows reaches the one it follows: the network in front of it. */
  readonly reachedAt: {readonly source: Address; readonly replica: Address};
  /** Which servers they are; without it, the one that is found, for all three. */
  readonly programs?: Programs;
  /** Of all three, beside their own. */
  readonly settings?: readonly string[];
  /** Nothing was copied to Aurora yet. */
  readonly emptyAurora?: boolean;
}

interface Programs {
  /** Of the source and its replica. */
  readonly onPremises: ServerProgram;
  readonly aurora: ServerProgram;
}

/** The three servers of the lab, as they stand before a migration begins. */
export interface Databases {
  readonly source: LabDatabase;
  /** Follows the source, and has no other work. */
  readonly replica: LabDatabase;
  /** The stand-in: it has the data of `seed` (or none, if told so), follows nobody, and accepts writes. */
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
    void (await Promise.all([source, replica, aurora].map((server) => server.kill())));
  try {
    await Promise.all([
      addAccountsOnPremises(source, options.passwords).then(() => createShop(source)),
      addAccountsOnPremises(replica, options.passwords),
      addAccountsOnAurora(aurora, options.passwords).then(() => addAuroraProcedures(aurora)),
    ]);
    await followFromTheStart(replica, options);
    await untilCaughtUp(replica, await positionOf(source));
    const seed = await (options.emptyAurora ? positionOf(replica) : seedFrom(replica, aurora));
    return {...servers, seed, stop};
  } catch (cause) {
    await stop();
    throw cause;
  }
}

type Servers = Pick<Databases, 'source' | 'replica' | 'aurora'>;

async function startAll(options: DatabasesOptions): Promise<Servers> {
  const {directory, processes, passwords, ports} = options;
  const {onPremises, aurora: onAurora} = options.programs ?? (await theOneFound());
  const common = {directory, processes, rootPassword: passwords.root};
  const more = options.settings ?? [];
  const settings = {
    source: more,
    replica: [...replicaServer.settings, ...more],
    aurora: more,
  };
  const starting = [
    startServer({
      ...common,
      ...sourceServer,
      settings: settings.source,
      program: onPremises,
      port: ports.source,
    }),
    startServer({
      ...common,
      ...replicaServer,
      settings: settings.replica,
      program: onPremises,
      port: ports.replica,
    }),
    startServer({
      ...common,
      ...auroraServer,
      settings: settings.aurora,
      program: onAurora,
      port: ports.aurora,
    }),
  ] as const;
  try {
    const [source, replica, aurora] = await Promise.all(starting);
    return {source, replica, aurora};
  } catch (cause) {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((start) => start.status === 'fulfilled' && start.value.kill()));
    throw cause;
  }
}

async function theOneFound(): Promise<Programs> {
  const program = await findServer();
  return {onPremises: program, aurora: program};
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
  const {host, port} = reachedAt.source;
  const words = statementsOf(replica.brand);
  await replica.query(words.follow, [
    host,
    port,
    passwords.repl,
    `${sourceServer.logName}.000001`,
    4,
  ]);
  await replica.query(words.start);
}

async function untilCaughtUp(replica: LabDatabase, {file, position}: Position): Promise<void> {
  const [waited] = await replica.query('SELECT MASTER_POS_WAIT(?, ?, 10) AS events', [
    file,
    position,
  ]);
  // NULL when the SQL thread does not run, -1 after the time limit (MySQL 5.6 manual 12.18).
  if (waited?.['events'] === null || Number(waited?.['events']) < 0) {
    const [status] = await replica.query(statementsOf(replica.brand).replicationStatus);
    throw new Error(
      `the lab's replica does not follow its source: ${status?.['Last_IO_Error']} ${status?.['Last_SQL_Error']}`,
    );
  }
}
