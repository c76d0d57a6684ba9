export {caughtUp} from './caught-up.ts';
export type {MysqlConfig, MysqlReader, MysqlWriter, Position} from './contract.ts';
export {freezeWrites} from './freeze-writes.ts';
export {readyAsSource} from './ready-as-source.ts';
export {replicateBack} from './replicate-back.ts';
export {stillFrozen} from './still-frozen.ts';
export {stopReplication} from './stop-replication.ts';
export {mysqlServer} from './target.ts';
export {verifyChanges} from './verify-changes.ts';
export {verifyData} from './verify-data.ts';

// What other technologies build on: steps/aurora is a MySQL server too, and steps/smoke asks one.

export {accountText} from './accounts/accounts.ts';
export {hasEverywhere, ownGrants} from './accounts/grants.ts';
export {mysqlRights} from './accounts/rights.ts';
export {rolesOf} from './accounts/roles.ts';
export {accountOf, accountsSql, toSeeEverything} from './checks/accounts.ts';
export {isMysql, mysqlChecks} from './checks/catalogue.ts';
export {lookOver, type MysqlCheck, when} from './checks/check.ts';
export {countersOf} from './checks/columns.ts';
export {
  type Facts,
  factsOf,
  isOn,
  notTheServers,
  type Settings,
  settingOf,
  text,
} from './checks/facts.ts';
export {definedSql, definedText, eventsSql} from './checks/objects.ts';
export {gtidDiffers, packetTooLarge, sourceAmong} from './checks/replication.ts';
export {callOf, knows, type Pattern, using} from './checks/statements.ts';
export {are, columnOf, columnsSql, isAre, nameOf} from './checks/tables.ts';
export type {
  Client,
  CopyMark,
  CopyReader,
  CopyWriter,
  Replication,
  SchemaContent,
} from './contract.ts';
export {floatTablesOf} from './copy/floats.ts';
export {isEmpty} from './copy/inventory.ts';
export {errnoOf} from './dialect/dialect.ts';
export {type Procedures, proceduresKnown} from './dialect/procedures.ts';
export {clientText, endClients} from './freeze/clients.ts';
export {changesSince} from './replication/binlog.ts';
export {
  comparePositions,
  distanceText,
  hasReached,
  positionSchema,
  positionText,
  samePosition,
} from './replication/position.ts';
export {brokenBecause, followedAt, isRunning} from './replication/replication.ts';
export {untilReplicating, watchPosition} from './replication/waits.ts';
export {mysqlConfig} from './session/config.ts';
export type {Connections} from './session/connection.ts';
export type {Login, Row} from './session/contract.ts';
export {noReplicationAccount, notStarted} from './session/problems.ts';
export {unlessGone} from './session/writer.ts';
export {openServer} from './target.ts';
