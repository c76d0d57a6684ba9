import type {DBCluster, RDSClient, Tag} from '@aws-sdk/client-rds';
import {SwitcharooError} from '../../../src/index.ts';
import {type AwsConfig, readingClient, writingClient} from '../../aws/client.ts';
import {askAws, oneLine} from '../../aws/problems.ts';
import type {Position} from '../../mysql/index.ts';
import {unlessMissing} from '../cluster/rds.ts';
import {restoreRefused} from '../procedures/problems.ts';

/** A cluster as somebody sees it who has made it, or is about to. */
export interface MadeCluster {
  readonly status: string;
  /** How far it is, in percent, where RDS says so. */
  readonly progress: string | null;
  readonly endpoint: string;
  readonly port: number;
  readonly deletionProtection: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly instances: readonly {readonly identifier: string; readonly status: string}[];
}

export interface RestoreOrder {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly ingestionRoleArn: string;
  readonly sourceEngineVersion: string;
  readonly engineVersion?: string | undefined;
  readonly subnetGroup?: string | undefined;
  readonly securityGroups: readonly string[];
  readonly parameterGroup?: string | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly backupRetentionDays: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface InstanceOrder {
  readonly identifier: string;
  readonly instanceClass: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface RestoreReader {
  /** `null` when RDS knows no such cluster. */
  made(signal: AbortSignal): Promise<MadeCluster | null>;
  /** The place in the source's log of which RDS says that it has recovered it; `null` when no event of 14 days tells. */
  recoveredAt(signal: AbortSignal): Promise<Position | null>;
  /** What RDS said last of the cluster. */
  lastEvent(signal: AbortSignal): Promise<string | null>;
}

/** Each call is made once: what becomes of one whose answer is lost, the next look tells by name and tags. */
export interface RestoreWriter extends RestoreReader {
  restoreFromS3(order: RestoreOrder, signal: AbortSignal): Promise<void>;
  addInstance(order: InstanceOrder, signal: AbortSignal): Promise<void>;
  deleteInstance(identifier: string, signal: AbortSignal): Promise<void>;
  /** Without a last snapshot. */
  deleteCluster(signal: AbortSignal): Promise<void>;
}

type Sdk = typeof import('@aws-sdk/client-rds');

export function restoringOf(
  config: AwsConfig & {
    readonly clusterIdentifier: string;
    readonly user: string;
    readonly password: string;
  },
): RestoreWriter & {close(): void} {
  const identifier = config.clusterIdentifier;
  const clients: RDSClient[] = [];
  const known: {reading?: RDSClient; writing?: RDSClient} = {};
  const ask = <Answer>(
    way: 'reading' | 'writing',
    call: (sdk: Sdk, client: RDSClient) => Promise<Answer>,
  ): Promise<Answer> =>
    askAws(`cluster ${identifier}`, async () => {
      const sdk = await import('@aws-sdk/client-rds');
      const settings = way === 'reading' ? readingClient(config) : writingClient(config);
      const client = known[way] ?? new sdk.RDSClient(settings);
      known[way] = client;
      clients.push(client);
      return call(sdk, client);
    });
  const write = async (call: (sdk: Sdk, client: RDSClient) => Promise<unknown>): Promise<void> => {
    await ask('writing', (sdk, client) =>
      call(sdk, client).catch((cause: unknown) => {
        throw isRefusal(cause)
          ? new SwitcharooError(restoreRefused(identifier, oneLine(cause.message)), {cause})
          : cause;
      }),
    );
  };
  const described = (signal: AbortSignal): Promise<DBCluster | undefined> =>
    ask('reading', (sdk, client) =>
      client
        .send(new sdk.DescribeDBClustersCommand({DBClusterIdentifier: identifier}), {
          abortSignal: signal,
        })
        .then(({DBClusters}) => DBClusters?.[0])
        .catch((cause) => unlessMissing(cause, 'DBClusterNotFoundFault')),
    );
  const events = async (signal: AbortSignal): Promise<readonly string[]> => {
    const cluster = await described(signal);
    const sources = [
      ['db-cluster', identifier] as const,
      ...(cluster?.DBClusterMembers ?? []).map(
        ({DBInstanceIdentifier = ''}) => ['db-instance', DBInstanceIdentifier] as const,
      ),
    ];
    const told: {readonly at: number; readonly text: string}[] = [];
    for (const [type, source] of sources) {
      const {Events} = await ask('reading', (sdk, client) =>
        client.send(
          new sdk.DescribeEventsCommand({
            SourceType: type,
            SourceIdentifier: source,
            Duration: longestMinutes,
          }),
          {abortSignal: signal},
        ),
      );
      told.push(
        ...(Events ?? []).map(({Date: at, Message = ''}) => ({
          at: at?.getTime() ?? 0,
          text: Message,
        })),
      );
    }
    return told.sort((one, other) => one.at - other.at).map(({text}) => text);
  };
  return {
    made: async (signal) => {
      const cluster = await described(signal);
      return cluster
        ? madeOf(cluster, await instancesOf(cluster, (call) => ask('reading', call), signal))
        : null;
    },
    recoveredAt: async (signal) => {
      const found = (await events(signal)).map(positionIn).filter((one) => one !== null);
      return found.at(-1) ?? null;
    },
    lastEvent: async (signal) => (await events(signal)).at(-1) ?? null,
    restoreFromS3: (order, signal) =>
      write((sdk, client) =>
        client.send(
          new sdk.RestoreDBClusterFromS3Command({
            DBClusterIdentifier: identifier,
            Engine: 'aurora-mysql',
            MasterUsername: config.user,
            MasterUserPassword: config.password,
            SourceEngine: 'mysql',
            SourceEngineVersion: order.sourceEngineVersion,
            S3BucketName: order.bucket,
            S3IngestionRoleArn: order.ingestionRoleArn,
            BackupRetentionPeriod: order.backupRetentionDays,
            StorageEncrypted: true,
            // Whoever counts on it turns it on, and then this run does not delete it any more.
            DeletionProtection: false,
            Tags: tagsOf(order.tags),
            ...(order.prefix === undefined ? {} : {S3Prefix: order.prefix}),
            ...(order.engineVersion === undefined ? {} : {EngineVersion: order.engineVersion}),
            ...(order.subnetGroup === undefined ? {} : {DBSubnetGroupName: order.subnetGroup}),
            ...(order.parameterGroup === undefined
              ? {}
              : {DBClusterParameterGroupName: order.parameterGroup}),
            ...(order.kmsKeyId === undefined ? {} : {KmsKeyId: order.kmsKeyId}),
            ...(order.securityGroups.length === 0
              ? {}
              : {VpcSecurityGroupIds: [...order.securityGroups]}),
          }),
          {abortSignal: signal},
        ),
      ),
    addInstance: (order, signal) =>
      write((sdk, client) =>
        client.send(
          new sdk.CreateDBInstanceCommand({
            DBInstanceIdentifier: order.identifier,
            DBClusterIdentifier: identifier,
            DBInstanceClass: order.instanceClass,
            Engine: 'aurora-mysql',
            PubliclyAccessible: false,
            AutoMinorVersionUpgrade: false,
            Tags: tagsOf(order.tags),
          }),
          {abortSignal: signal},
        ),
      ),
    deleteInstance: (instance, signal) =>
      write((sdk, client) =>
        client.send(new sdk.DeleteDBInstanceCommand({DBInstanceIdentifier: instance}), {
          abortSignal: signal,
        }),
      ),
    deleteCluster: (signal) =>
      write((sdk, client) =>
        client.send(
          new sdk.DeleteDBClusterCommand({
            DBClusterIdentifier: identifier,
            SkipFinalSnapshot: true,
          }),
          {abortSignal: signal},
        ),
      ),
    close: () => {
      for (const client of clients) {
        client.destroy();
      }
    },
  };
}

// As long as RDS keeps events (API reference, DescribeEvents).
const longestMinutes = 14 * 24 * 60;

/** "Recovered from Binary log filename 'mysql-bin.000010', position 120" (Aurora user guide, physical migration from S3). */
export function positionIn(message: string): Position | null {
  const [, file, position] =
    /Recovered from Binary log filename:?\s*['"]?([^'",\s]+)['"]?,?\s*position:?\s*['"]?(\d+)/i.exec(
      message,
    ) ?? [];
  return file === undefined ? null : {file, position: Number(position)};
}

async function instancesOf(
  cluster: DBCluster,
  ask: <Answer>(call: (sdk: Sdk, client: RDSClient) => Promise<Answer>) => Promise<Answer>,
  signal: AbortSignal,
): Promise<MadeCluster['instances']> {
  const {DBInstances} =
    (cluster.DBClusterMembers ?? []).length === 0
      ? {DBInstances: []}
      : await ask((sdk, client) =>
          client.send(
            new sdk.DescribeDBInstancesCommand({
              Filters: [{Name: 'db-cluster-id', Values: [cluster.DBClusterIdentifier ?? '']}],
            }),
            {abortSignal: signal},
          ),
        );
  return (DBInstances ?? []).map(({DBInstanceIdentifier, DBInstanceStatus}) => ({
    identifier: DBInstanceIdentifier ?? 'unknown',
    status: DBInstanceStatus ?? 'unknown',
  }));
}

const madeOf = (cluster: DBCluster, instances: MadeCluster['instances']): MadeCluster => ({
  status: cluster.Status ?? 'unknown',
  progress: cluster.PercentProgress || null,
  endpoint: cluster.Endpoint ?? '',
  port: cluster.Port ?? 3306,
  deletionProtection: cluster.DeletionProtection ?? false,
  tags: Object.fromEntries((cluster.TagList ?? []).map(({Key = '', Value = ''}) => [Key, Value])),
  instances,
});

const tagsOf = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({Key, Value}));

/** What RDS says about the request itself; who asks, how often, and whether anybody answers is told elsewhere. */
const isRefusal = (cause: unknown): cause is Error =>
  cause instanceof Error && /(Fault|NotFound|AlreadyExists|InvalidParameter\w*)$/.test(cause.name);
