import type {DBCluster, DBInstance} from '@aws-sdk/client-rds';
import {everyItem} from '../../aws/index.ts';
import type {ClusterState} from '../contract.ts';
import {type ParameterValues, type SendOptions, valuesIn} from './parameters.ts';
import {type Rds, type RdsClients, undefinedIfMissing} from './rds.ts';

/** The cluster and its writer as the RDS API describes them; `null` when there is no such cluster. */
export const describeCluster = (
  rds: Rds,
  identifier: string,
  signal?: AbortSignal,
): Promise<ClusterState | null> =>
  rds.ask(`cluster ${identifier}`, async (clients) => {
    const {sdk, reading} = clients;
    const options = signal ? {abortSignal: signal} : {};
    const request = {DBClusterIdentifier: identifier};
    const cluster = await everyItem(
      sdk.paginateDescribeDBClusters({client: reading}, request, options),
      ({DBClusters}) => DBClusters,
    )
      .then(([first]) => first)
      .catch((cause) => undefinedIfMissing(cause, 'DBClusterNotFoundFault'));
    if (!cluster) {
      return null;
    }
    const writer = cluster.DBClusterMembers?.find(({IsClusterWriter}) => IsClusterWriter);
    const [instance, values] = await Promise.all([
      instanceNamed(clients, writer?.DBInstanceIdentifier, options),
      valuesIn(clients, cluster.DBClusterParameterGroup, options),
    ]);
    return stateOf(cluster, instance, {
      values,
      parameters: writer?.DBClusterParameterGroupStatus,
    });
  });

const instanceNamed = async (
  {sdk, reading}: RdsClients,
  identifier: string | undefined,
  options: SendOptions,
): Promise<DBInstance | undefined> =>
  identifier === undefined
    ? undefined
    : everyItem(
        sdk.paginateDescribeDBInstances(
          {client: reading},
          {DBInstanceIdentifier: identifier},
          options,
        ),
        ({DBInstances}) => DBInstances,
      )
        .then(([instance]) => instance)
        .catch((cause) =>
          undefinedIfMissing(cause, 'DBInstanceNotFoundFault', 'DBInstanceNotFound'),
        );

function stateOf(
  cluster: DBCluster,
  instance: DBInstance | undefined,
  {parameters, values}: {parameters: string | undefined; values: ParameterValues},
): ClusterState {
  return {
    status: cluster.Status ?? 'unknown',
    engine: cluster.Engine ?? 'unknown',
    engineVersion: cluster.EngineVersion ?? 'unknown',
    engineMode: cluster.EngineMode ?? 'provisioned',
    backupRetentionDays: cluster.BackupRetentionPeriod ?? 0,
    deletionProtection: cluster.DeletionProtection ?? false,
    encrypted: cluster.StorageEncrypted ?? false,
    securityGroups: (cluster.VpcSecurityGroups ?? []).map(({VpcSecurityGroupId, Status}) => ({
      id: VpcSecurityGroupId ?? 'unknown',
      status: Status ?? 'active',
    })),
    readers: (cluster.DBClusterMembers ?? [])
      .filter(({IsClusterWriter}) => !IsClusterWriter)
      .map(({DBInstanceIdentifier}) => DBInstanceIdentifier ?? 'unknown'),
    pendingChanges: namesIn(cluster.PendingModifiedValues),
    parameterGroup: cluster.DBClusterParameterGroup ?? 'unknown',
    binlogFormat: values.get('binlog_format') ?? null,
    readOnly: values.get('read_only') ?? null,
    parameters: parameters ?? 'in-sync',
    writer: instance
      ? {
          identifier: instance.DBInstanceIdentifier ?? 'unknown',
          status: instance.DBInstanceStatus ?? 'unknown',
          publiclyAccessible: instance.PubliclyAccessible ?? false,
          autoMinorVersionUpgrade: instance.AutoMinorVersionUpgrade ?? false,
          parameters: (instance.DBParameterGroups ?? []).map((group) => ({
            group: group.DBParameterGroupName ?? 'unknown',
            status: group.ParameterApplyStatus ?? 'in-sync',
          })),
          pendingChanges: namesIn(instance.PendingModifiedValues),
        }
      : null,
  };
}

const namesIn = (values: object = {}): readonly string[] =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
