import type {Brand} from './server-program.ts';

/** The replication statements of each brand of server. */
export interface Statements {
  readonly ownPosition: string;
  readonly replicationStatus: string;
  readonly start: string;
  readonly stop: string;
  readonly forget: string;
  readonly startExecuting: string;
  readonly stopExecuting: string;
  /** Values: host, port, password, file, position. */
  readonly follow: string;
  /** Value: seconds. */
  readonly delay: string;
  /** How its columns are named: `Exec_Master_Log_Pos` or `Exec_Source_Log_Pos`. */
  readonly source: 'Master' | 'Source';
  readonly replica: 'Slave' | 'Replica';
}

const older: Statements = {
  ownPosition: 'SHOW MASTER STATUS',
  replicationStatus: 'SHOW SLAVE STATUS',
  start: 'START SLAVE',
  stop: 'STOP SLAVE',
  forget: 'RESET SLAVE ALL',
  startExecuting: 'START SLAVE SQL_THREAD',
  stopExecuting: 'STOP SLAVE SQL_THREAD',
  follow: `CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = ?, MASTER_USER = 'repl', MASTER_PASSWORD = ?,
    MASTER_LOG_FILE = ?, MASTER_LOG_POS = ?, MASTER_CONNECT_RETRY = 1`,
  delay: 'CHANGE MASTER TO MASTER_DELAY = ?',
  source: 'Master',
  replica: 'Slave',
};

const newer: Statements = {
  ownPosition: 'SHOW BINARY LOG STATUS',
  replicationStatus: 'SHOW REPLICA STATUS',
  start: 'START REPLICA',
  stop: 'STOP REPLICA',
  forget: 'RESET REPLICA ALL',
  startExecuting: 'START REPLICA SQL_THREAD',
  stopExecuting: 'STOP REPLICA SQL_THREAD',
  follow: `CHANGE REPLICATION SOURCE TO SOURCE_HOST = ?, SOURCE_PORT = ?, SOURCE_USER = 'repl', SOURCE_PASSWORD = ?,
    SOURCE_LOG_FILE = ?, SOURCE_LOG_POS = ?, SOURCE_CONNECT_RETRY = 1, GET_SOURCE_PUBLIC_KEY = 1`,
  delay: 'CHANGE REPLICATION SOURCE TO SOURCE_DELAY = ?',
  source: 'Source',
  replica: 'Replica',
};

export const statementsOf = (brand: Brand): Statements => (brand === 'mysql' ? newer : older);
