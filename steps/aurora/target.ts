import {defineTarget, type Session} from '../../src/index.ts';
import {awsRemarks, awsRights, awsShares} from '../aws/index.ts';
import {loadSchemaInto, mysqlRights, openServer, serverPing, serverShares} from '../mysql/index.ts';
import {auroraPreflight} from './checks/catalogue.ts';
import {capacityReader} from './cluster/capacity.ts';
import {describeCluster} from './cluster/cluster-state.ts';
import {auroraConfig, partsOf} from './cluster/config.ts';
import {readOnlyParameter, setReadOnlyParameter} from './cluster/parameters.ts';
import {rdsClients, rdsResources} from './cluster/rds.ts';
import type {AuroraReader, AuroraWriter} from './contract.ts';
import {proceduresOn} from './procedures/procedures.ts';
import {writesThroughProcedures} from './procedures/writes.ts';
import {readReplicationEnd, writeReplicationEnd} from './replication/replication-end.ts';
import {RdsRestore} from './restore/rds-restore.ts';
import {RdsSnapshots} from './snapshot/rds-snapshots.ts';

/** The writer of an Aurora MySQL cluster. It is a kind of `mysql`, and can take the roles of one. */
export const auroraCluster = defineTarget({
  kind: 'mysql.aurora',
  config: auroraConfig,
  rights: async (config, needs, context) => {
    const {clusterIdentifier, aws, server} = partsOf(config);
    const ofAws = needs.filter((need) => /^(rds|iam|cloudwatch):/.test(need));
    const ofDatabase = needs.filter((need) => !ofAws.includes(need));
    return Promise.all([
      awsRights(aws, ofAws, rdsResources(clusterIdentifier), context),
      mysqlRights(server, ofDatabase, context),
    ]);
  },
  open: async (config, context): Promise<Session<AuroraReader, AuroraWriter>> => {
    const {clusterIdentifier, aws, server} = partsOf(config);
    const opened = openServer(server, context);
    const {reader: mysql, writer: mysqlWriter, connections} = opened;
    const {user, password, replication} = server;
    const rds = rdsClients(aws);
    const capacity = capacityReader(aws);
    const restore = new RdsRestore(rds, clusterIdentifier, {user, password});
    const snapshots = new RdsSnapshots(rds, clusterIdentifier);
    const reader: AuroraReader = {
      ...mysql,
      clusterIdentifier,
      procedures: once((signal) => proceduresOn(mysql, signal)),
      binlogRetentionHours: async (signal) => {
        const rows = await mysql.query('CALL mysql.rds_show_configuration()', [], signal);
        const value = rows.find((row) => row['name'] === 'binlog retention hours')?.['value'];
        return value === undefined || value === null ? null : Number(value);
      },
      // NULL does not mean for ever: Aurora may then purge a log at any time.
      logRetentionHours: async (signal) => (await reader.binlogRetentionHours(signal)) ?? 0,
      replicationEnd: (signal) => readReplicationEnd(mysql, signal),
      cluster: (signal) => describeCluster(rds, clusterIdentifier, signal),
      leastCapacity: capacity.least,
      restore,
      snapshots,
      readOnlyParameter: readOnlyParameter(rds, clusterIdentifier),
    };
    return {
      reader,
      writer: {
        ...mysqlWriter,
        ...reader,
        ...writesThroughProcedures({reader, connections, replication}),
        recordReplicationEnd: (end, signal) => writeReplicationEnd(connections, end, signal),
        copies: mysqlWriter.copies,
        restore,
        snapshots,
        setReadOnlyParameter: setReadOnlyParameter(rds),
      },
      prepare: (signal) => connections.prepare(signal),
      remarks: () => awsRemarks(aws),
      close: async () => {
        await Promise.all([rds.close(), capacity.close(), opened.close()]);
      },
    };
  },
  preflight: auroraPreflight,
  // Weeks before, the cluster itself is the empty server.
  schemaLoad: {isUsual: true, load: loadSchemaInto},
  ping: serverPing,
  shares: (written) => ({...awsShares(written), ...serverShares(written)}),
});

/** Asks again only while no answer has come. */
function once<Value>(ask: (signal?: AbortSignal) => Promise<Value>) {
  let answer: Value | undefined;
  return async (signal?: AbortSignal): Promise<Value> => {
    answer ??= await ask(signal);
    return answer;
  };
}
