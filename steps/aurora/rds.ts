import type {DBCluster, DBInstance, RDSClient} from '@aws-sdk/client-rds';
import {type AwsConfig, readingClient} from '../aws/client.ts';
import {askAws} from '../aws/problems.ts';
import type {ResourcesOf} from '../aws/rights.ts';

/** What the RDS API says of a cluster. */
export interface ClusterState {
  readonly status: string;
  readonly engine: string;
  readonly engineVersion: string;
  readonly parameterGroup: string;
  /** Whether the writer has taken the cluster's parameters: `in-sync` or `pending-reboot`. */
  readonly parameters: string;
  readonly writer: WriterState | null;
}

export interface WriterState {
  readonly identifier: string;
  readonly status: string;
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
        return arn(`cluster:${clusterIdentifier}`);
      case 'rds:DescribeDBInstances':
        return arn('db:*');
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
        const instance = writer?.DBInstanceIdentifier
          ? await client
              .send(
                new rds.DescribeDBInstancesCommand({
                  DBInstanceIdentifier: writer.DBInstanceIdentifier,
                }),
                options,
              )
              .then(({DBInstances}) => DBInstances?.[0])
              .catch((cause) =>
                unlessMissing(cause, 'DBInstanceNotFoundFault', 'DBInstanceNotFound'),
              )
          : undefined;
        return stateOf(cluster, instance, writer?.DBClusterParameterGroupStatus);
      }),
    close: () => client?.destroy(),
  };
}

function stateOf(
  cluster: DBCluster,
  instance: DBInstance | undefined,
  parameters: string | undefined,
): ClusterState {
  return {
    status: cluster.Status ?? 'unknown',
    engine: cluster.Engine ?? 'unknown',
    engineVersion: cluster.EngineVersion ?? 'unknown',
    parameterGroup: cluster.DBClusterParameterGroup ?? 'unknown',
    parameters: parameters ?? 'in-sync',
    writer: instance
      ? {
          identifier: instance.DBInstanceIdentifier ?? 'unknown',
          status: instance.DBInstanceStatus ?? 'unknown',
          parameters: (instance.DBParameterGroups ?? []).map((group) => ({
            group: group.DBParameterGroupName ?? 'unknown',
            status: group.ParameterApplyStatus ?? 'in-sync',
          })),
          pendingChanges: Object.entries(instance.PendingModifiedValues ?? {})
            .filter(([, value]) => value !== undefined)
            .map(([name]) => name),
        }
      : null,
  };
}

function unlessMissing(cause: unknown, ...names: readonly string[]): undefined {
  if (cause instanceof Error && names.includes(cause.name)) {
    return undefined;
  }
  throw cause;
}
