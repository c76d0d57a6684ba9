import type {RDSClient} from '@aws-sdk/client-rds';
import {
  type AwsClients,
  type AwsConfig,
  arnOf,
  awsClients,
  type LazyAwsClients,
  type ResourcesOf,
} from '../../aws/index.ts';

type RdsSdk = typeof import('@aws-sdk/client-rds');
export type RdsClients = AwsClients<RdsSdk, RDSClient>;
export type Rds = LazyAwsClients<RdsSdk, RDSClient>;

/** The clients of the RDS API. The state of a cluster and a restore share them. */
export const rdsClients = (config: AwsConfig): Rds =>
  awsClients(
    config,
    () => import('@aws-sdk/client-rds'),
    (sdk, settings) => new sdk.RDSClient(settings),
  );

/** `undefined` in place of an error that says that the resource does not exist. */
export function undefinedIfMissing(cause: unknown, ...names: readonly string[]): undefined {
  if (cause instanceof Error && names.includes(cause.name)) {
    return undefined;
  }
  throw cause;
}

/** The resources of the actions of RDS (Service Authorization Reference, Amazon RDS). */
export const rdsResources =
  (clusterIdentifier: string): ResourcesOf =>
  (action, place) => {
    const arn = (rest: string) => [arnOf(place, 'rds', rest)];
    switch (action) {
      case 'rds:DescribeDBClusters':
      case 'rds:DeleteDBCluster':
        return arn(`cluster:${clusterIdentifier}`);
      case 'rds:DescribeDBInstances':
      case 'rds:DeleteDBInstance':
        return arn('db:*');
      case 'rds:CreateDBClusterSnapshot':
        return [...arn(`cluster:${clusterIdentifier}`), ...arn('cluster-snapshot:*')];
      case 'rds:DescribeDBClusterSnapshots':
      case 'rds:DeleteDBClusterSnapshot':
        return arn('cluster-snapshot:*');
      case 'rds:RestoreDBClusterFromS3':
      case 'rds:CreateDBInstance':
        return creates.flatMap((kind) => arn(`${kind}:*`));
      case 'rds:AddTagsToResource':
        return [...creates, 'cluster-snapshot'].flatMap((kind) => arn(`${kind}:*`));
      case 'rds:DescribeDBClusterParameterGroups':
      case 'rds:DescribeDBClusterParameters':
      case 'rds:ModifyDBClusterParameterGroup':
      case 'rds:ResetDBClusterParameterGroup':
        return arn('cluster-pg:*');
      default:
        return ['*'];
    }
  };

/** What a restore makes, or uses. */
const creates = ['cluster', 'cluster-pg', 'subgrp', 'db', 'pg'];
