import type {DBCluster, DBInstance, RDSClient} from '@aws-sdk/client-rds';
import {type AwsConfig, readingClient} from '../../aws/client.ts';
import {askAws} from '../../aws/problems.ts';
import type {ResourcesOf} from '../../aws/rights.ts';

/** What the RDS API says of a cluster. */
export interface ClusterState {
  readonly status: string;
  readonly engine: string;
  readonly engineVersion: string;
  /** `provisioned`, or a kind of cluster that cannot replicate. */
  readonly engineMode: string;
  readonly backupRetentionDays: number;
  readonly deletionProtection: boolean;
  readonly encrypted: boolean;
  readonly securityGroups: readonly {readonly id: string; readonly status: string}[];
  /** Names of the instances that are not the writer. */
  readonly readers: readonly string[];
  /** Names of the cluster's settings that wait for a maintenance window. */
  readonly pendingChanges: readonly string[];
  readonly parameterGroup: string;
  /** What the parameter group says of `binlog_format`, which holds from the next reboot on; `null` for the family's default. */
  readonly binlogFormat: string | null;
  /** Whether the writer has taken the cluster's parameters: `in-sync` or `pending-reboot`. */
  readonly parameters: string;
  readonly writer: WriterState | null;
}

export interface WriterState {
  readonly identifier: string;
  readonly status: string;
  readonly publiclyAccessible: boolean;
  readonly autoMinorVersionUpgrade: boolean;
  readonly parameters: readonly {readonly group: string; readonly status: string}[];
  /** Names of settings that wait for a reboot or a maintenance window. */
  readonly pendingChanges: readonly string[];
}

/** On what the actions of RDS are made (Service Authorization Reference, Amazon RDS). */
export const rdsResources =
  ({
    region,
    clusterIdentifier,
  }: {
    readonly region: string;
    readonly clusterIdentifier: string;
  }): ResourcesOf =>
  (action, account) => {
    const arn = (rest: string) => [`arn:aws:rds:${region}:${account}:${rest}`];
    switch (action) {
      case 'rds:DescribeDBClusters':
      case 'rds:DeleteDBCluster':
        return arn(`cluster:${clusterIdentifier}`);
      case 'rds:DescribeDBInstances':
      case 'rds:DeleteDBInstance':
        return arn('db:*');
      case 'rds:RestoreDBClusterFromS3':
      case 'rds:CreateDBInstance':
      case 'rds:AddTagsToResource':
        return ['cluster', 'cluster-pg', 'subgrp', 'db', 'pg'].flatMap((kind) => arn(`${kind}:*`));
      case 'rds:DescribeDBClusterParameterGroups':
      case 'rds:DescribeDBClusterParameters':
        return arn('cluster-pg:*');
      default:
        return ['*'];
    }
  };

/** Asks the RDS API, and loads its client only then: a step library is read far more often than a cluster is asked. */
export function rdsOf(config: AwsConfig) {
  let client: RDSClient | undefined;
  return {
    /** `null` when there is no such cluster. */
    describe: (identifier: string, signal?: AbortSignal): Promise<ClusterState | null> =>
      askAws(`cluster ${identifier}`, async () => {
        const rds = await import('@aws-sdk/client-rds');
        client ??= new rds.RDSClient(readingClient(config));
        const options = signal ? {abortSignal: signal} : {};
        const cluster = await client
          .send(new rds.DescribeDBClustersCommand({DBClusterIdentifier: identifier}), options)
          .then(({DBClusters}) => DBClusters?.[0])
          .catch((cause) => unlessMissing(cause, 'DBClusterNotFoundFault'));
        if (!cluster) {
          return null;
        }
        const writer = cluster.DBClusterMembers?.find(({IsClusterWriter}) => IsClusterWriter);
        const [instance, binlogFormat] = await Promise.all([
          instanceOf(rds, client, writer?.DBInstanceIdentifier, options),
          binlogFormatIn(rds, client, cluster.DBClusterParameterGroup, options),
        ]);
        return stateOf(cluster, instance, {
          binlogFormat,
          parameters: writer?.DBClusterParameterGroupStatus,
        });
      }),
    close: () => client?.destroy(),
  };
}

type Sdk = typeof import('@aws-sdk/client-rds');
type Sending = {readonly abortSignal?: AbortSignal};

const instanceOf = async (
  rds: Sdk,
  client: RDSClient,
  identifier: string | undefined,
  options: Sending,
): Promise<DBInstance | undefined> =>
  identifier === undefined
    ? undefined
    : client
        .send(new rds.DescribeDBInstancesCommand({DBInstanceIdentifier: identifier}), options)
        .then(({DBInstances}) => DBInstances?.[0])
        .catch((cause) => unlessMissing(cause, 'DBInstanceNotFoundFault', 'DBInstanceNotFound'));

/** All parameters of the group are asked for: the API cannot be asked for one. */
async function binlogFormatIn(
  rds: Sdk,
  client: RDSClient,
  group: string | undefined,
  options: Sending,
): Promise<string | null> {
  const input = {DBClusterParameterGroupName: group};
  for (let marker: string | undefined, more = group !== undefined; more; ) {
    const page = await client.send(
      new rds.DescribeDBClusterParametersCommand(marker ? {...input, Marker: marker} : input),
      options,
    );
    const found = page.Parameters?.find(({ParameterName}) => ParameterName === 'binlog_format');
    if (found) {
      return found.ParameterValue ?? null;
    }
    marker = page.Marker;
    more = marker !== undefined;
  }
  return null;
}

function stateOf(
  cluster: DBCluster,
  instance: DBInstance | undefined,
  {parameters, binlogFormat}: {parameters: string | undefined; binlogFormat: string | null},
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
    binlogFormat,
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

export function unlessMissing(cause: unknown, ...names: readonly string[]): undefined {
  if (cause instanceof Error && names.includes(cause.name)) {
    return undefined;
  }
  throw cause;
}
