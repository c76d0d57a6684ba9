export {armRing} from './arm-ring.ts';
export {caughtUp} from './caught-up.ts';
export type {MysqlConfig, MysqlReader, MysqlWriter, Position} from './contract.ts';
export {freezeInRing} from './freeze-in-ring.ts';
export {freezeReady} from './freeze-ready.ts';
export {freezeWrites} from './freeze-writes.ts';
export {onlyReplicationWrites} from './only-replication-writes.ts';
export {readyAsSource} from './ready-as-source.ts';
export {replicateBack} from './replicate-back.ts';
export {ringIntact} from './ring-intact.ts';
export {ringPossible} from './ring-possible.ts';
export {stillFrozen} from './still-frozen.ts';
export {stopReplication} from './stop-replication.ts';
export {mysqlServer, serverPing, serverShares} from './target.ts';
export {verifyChanges} from './verify-changes.ts';
export {verifyData} from './verify-data.ts';
export {verifyOverReplica} from './verify-over-replica.ts';
export {watchReplication} from './watch-replication.ts';

// What other technologies build on: steps/aurora is a MySQL server too, and steps/smoke asks one.

export {accountText} from './accounts/accounts.ts';
export {hasEverywhere, ownGrants} from './accounts/grants.ts';
export {boundByReadOnly, missingForTestRows} from './accounts/own-account.ts';
export {accountsPastReadOnly} from './accounts/read-only-bypass.ts';
export {mysqlRights} from './accounts/rights.ts';
export {rolesOf} from './accounts/roles.ts';
export type {Waiter} from './catalogue/contract.ts';
export {
  accountNameOf,
  accountsSql,
  checkPrivileges,
} from './checks/accounts.ts';
export {isMysqlReader, mysqlChecks} from './checks/catalogue.ts';
export {findingIf, type MysqlCheck, runChecks} from './checks/check.ts';
export {countersNow} from './checks/columns.ts';
export {refusalText, refusedDefinitions} from './checks/definitions.ts';
export {
  columnValue,
  exceptSystemSchemas,
  type Facts,
  type FactsLook,
  factsOf,
  isOn,
  judgedByCatalogue,
  recentCatalogue,
  type Settings,
  settingOf,
} from './checks/facts.ts';
export {
  definedObjectText,
  proceduresPastReadOnly,
  withoutDefiner,
} from './checks/objects.ts';
export {
  gtidModeFindings,
  packetSizeFindings,
  sourceOf,
} from './checks/replication.ts';
export {
  functionCall,
  type Pattern,
  patternsUsed,
  statementsWith,
  understands,
} from './checks/statements.ts';
export {modesInUse, unknownModes} from './checks/stored-objects.ts';
export {
  columnNameOf,
  plural,
  tableNameOf,
} from './checks/tables.ts';
export type {
  Client,
  CopyMarker,
  CopyReader,
  CopyWriter,
  Replication,
  SchemaContent,
} from './contract.ts';
export {isSchemaLoad} from './copy/copy-marker.ts';
export {existingContent} from './copy/existing-content.ts';
export {floatTablesOf} from './copy/floats.ts';
export {isEmptySchema} from './copy/inventory.ts';
export {removedModes} from './copy/removed-mode.ts';
export {loadSchemaInto} from './copy/schema-load.ts';
export {errnoOf} from './dialect/dialect.ts';
export {callableProcedures, type Procedures} from './dialect/procedures.ts';
export {clientText, endClients, rdsAccounts} from './freeze/clients.ts';
export {hasThaw} from './freeze/thaw.ts';
export {changesSince} from './replication/binlog.ts';
export {dataChangesSince} from './replication/data-changes.ts';
export {writeAfterFreeze} from './replication/obstacles.ts';
export {
  comparePositions,
  distanceText,
  hasReached,
  positionSchema,
  positionText,
  samePosition,
} from './replication/position.ts';
export {replicationAccountMissing, replicationNotRunning} from './replication/problems.ts';
export {repairOf} from './replication/repair.ts';
export {
  brokenReason,
  isRunning,
  sourceAddress,
} from './replication/replication.ts';
export {reversalLossOf} from './replication/reversal-loss.ts';
export {drain} from './replication/reverse-replication.ts';
export {makeSchemaSql} from './replication/sentinel.ts';
export {tlsMissing} from './replication/tls.ts';
export {replicates} from './replication/upkeep.ts';
export {waitForReplication, watchPosition} from './replication/waits.ts';
export {hasSearched, searchOwnWrites} from './ring/own-writes.ts';
export {writesText} from './ring/problems.ts';
export {loginOf, mysqlConfig, replicationAccount} from './session/config.ts';
export type {Connections} from './session/connection.ts';
export type {Login, Row} from './session/contract.ts';
export {killAnswer} from './session/writer.ts';
export {openServer} from './target.ts';
