import type {DBCluster, Tag} from '@aws-sdk/client-rds';
import {SwitcharooError} from '../../../src/index.ts';
import {everyItem, oneLine} from '../../aws/index.ts';
import type {Login, Position} from '../../mysql/index.ts';
import {type Rds, type RdsClients, undefinedIfMissing} from '../cluster/rds.ts';
import type {InstanceOrder, RestoredCluster, RestoreOrder, RestoreWriter} from '../contract.ts';
import {positionIn} from './events.ts';
import {restoreRefused} from './problems.ts';

/** Restores a cluster through the RDS API. `master` becomes the account of the restored server. */
export class RdsRestore implements RestoreWriter {
  readonly #rds: Rds;
  readonly #identifier: string;
  readonly #master: Pick<Login, 'user' | 'password'>;

  constructor(rds: Rds, identifier: string, master: Pick<Login, 'user' | 'password'>) {
    this.#rds = rds;
    this.#identifier = identifier;
    this.#master = master;
  }

  async cluster(signal: AbortSignal): Promise<RestoredCluster | null> {
    const cluster = await this.#describe(signal);
    return cluster ? restoredCluster(cluster, await this.#instancesOf(cluster, signal)) : null;
  }

  async recoveredAt(signal: AbortSignal): Promise<Position | null> {
    const positions = (await this.#events(signal)).map(positionIn);
    return positions.filter((position) => position !== null).at(-1) ?? null;
  }

  async lastEvent(signal: AbortSignal): Promise<string | null> {
    return (await this.#events(signal)).at(-1) ?? null;
  }

  fromS3(order: RestoreOrder, abortSignal: AbortSignal): Promise<void> {
    const {prefix, engineVersion, subnetGroup, parameterGroup, kmsKeyId, securityGroups} = order;
    return this.#write(({sdk, writing}) =>
      writing.send(
        new sdk.RestoreDBClusterFromS3Command({
          DBClusterIdentifier: this.#identifier,
          Engine: 'aurora-mysql',
          MasterUsername: this.#master.user,
          MasterUserPassword: this.#master.password,
          SourceEngine: 'mysql',
          SourceEngineVersion: order.sourceEngineVersion,
          S3BucketName: order.bucket,
          S3IngestionRoleArn: order.ingestionRoleArn,
          BackupRetentionPeriod: order.backupRetentionDays,
          StorageEncrypted: true,
          // An operator who relies on the cluster turns it on, and then this run deletes it no more.
          DeletionProtection: false,
          Tags: tagList(order.tags),
          ...(prefix === undefined ? {} : {S3Prefix: prefix}),
          ...(engineVersion === undefined ? {} : {EngineVersion: engineVersion}),
          ...(subnetGroup === undefined ? {} : {DBSubnetGroupName: subnetGroup}),
          ...(parameterGroup === undefined ? {} : {DBClusterParameterGroupName: parameterGroup}),
          ...(kmsKeyId === undefined ? {} : {KmsKeyId: kmsKeyId}),
          ...(securityGroups.length === 0 ? {} : {VpcSecurityGroupIds: [...securityGroups]}),
        }),
        {abortSignal},
      ),
    );
  }

  addInstance(order: InstanceOrder, abortSignal: AbortSignal): Promise<void> {
    return this.#write(({sdk, writing}) =>
      writing.send(
        new sdk.CreateDBInstanceCommand({
          DBInstanceIdentifier: order.identifier,
          DBClusterIdentifier: this.#identifier,
          DBInstanceClass: order.instanceClass,
          Engine: 'aurora-mysql',
          PubliclyAccessible: false,
          AutoMinorVersionUpgrade: false,
          Tags: tagList(order.tags),
        }),
        {abortSignal},
      ),
    );
  }

  deleteInstance(identifier: string, abortSignal: AbortSignal): Promise<void> {
    return this.#write(({sdk, writing}) =>
      writing.send(new sdk.DeleteDBInstanceCommand({DBInstanceIdentifier: identifier}), {
        abortSignal,
      }),
    );
  }

  deleteCluster(abortSignal: AbortSignal): Promise<void> {
    const request = {DBClusterIdentifier: this.#identifier, SkipFinalSnapshot: true};
    return this.#write(({sdk, writing}) =>
      writing.send(new sdk.DeleteDBClusterCommand(request), {abortSignal}),
    );
  }

  #describe(abortSignal: AbortSignal): Promise<DBCluster | undefined> {
    const request = {DBClusterIdentifier: this.#identifier};
    return this.#ask(({sdk, reading}) =>
      everyItem(
        sdk.paginateDescribeDBClusters({client: reading}, request, {abortSignal}),
        ({DBClusters}) => DBClusters,
      )
        .then(([cluster]) => cluster)
        .catch((cause) => undefinedIfMissing(cause, 'DBClusterNotFoundFault')),
    );
  }

  async #instancesOf(
    {DBClusterMembers = [], DBClusterIdentifier = ''}: DBCluster,
    abortSignal: AbortSignal,
  ): Promise<RestoredCluster['instances']> {
    if (DBClusterMembers.length === 0) {
      return [];
    }
    const Filters = [{Name: 'db-cluster-id', Values: [DBClusterIdentifier]}];
    const instances = await this.#ask(({sdk, reading}) =>
      everyItem(
        sdk.paginateDescribeDBInstances({client: reading}, {Filters}, {abortSignal}),
        ({DBInstances}) => DBInstances,
      ),
    );
    return instances.map(({DBInstanceIdentifier, DBInstanceStatus}) => ({
      identifier: DBInstanceIdentifier ?? 'unknown',
      status: DBInstanceStatus ?? 'unknown',
    }));
  }

  /** The messages of the cluster and its instances, oldest first. */
  async #events(abortSignal: AbortSignal): Promise<readonly string[]> {
    const cluster = await this.#describe(abortSignal);
    const sources = [
      ['db-cluster', this.#identifier] as const,
      ...(cluster?.DBClusterMembers ?? []).map(
        ({DBInstanceIdentifier = ''}) => ['db-instance', DBInstanceIdentifier] as const,
      ),
    ];
    const events: {readonly atMs: number; readonly text: string}[] = [];
    for (const [SourceType, SourceIdentifier] of sources) {
      const request = {SourceType, SourceIdentifier, Duration: longestMinutes};
      const ofSource = await this.#ask(({sdk, reading}) =>
        everyItem(
          sdk.paginateDescribeEvents({client: reading}, request, {abortSignal}),
          ({Events}) => Events,
        ),
      );
      events.push(
        ...ofSource.map(({Date: at, Message = ''}) => ({atMs: at?.getTime() ?? 0, text: Message})),
      );
    }
    return events.sort((first, second) => first.atMs - second.atMs).map(({text}) => text);
  }

  #ask<Answer>(call: (clients: RdsClients) => Promise<Answer>): Promise<Answer> {
    return this.#rds.ask(`cluster ${this.#identifier}`, call);
  }

  async #write(call: (clients: RdsClients) => Promise<unknown>): Promise<void> {
    await this.#ask((clients) =>
      call(clients).catch((cause: unknown) => {
        throw isRefusal(cause)
          ? new SwitcharooError(restoreRefused(this.#identifier, oneLine(cause.message)), {cause})
          : cause;
      }),
    );
  }
}

// As long as RDS keeps events (API reference, DescribeEvents).
const longestMinutes = 14 * 24 * 60;

const restoredCluster = (
  cluster: DBCluster,
  instances: RestoredCluster['instances'],
): RestoredCluster => ({
  status: cluster.Status ?? 'unknown',
  progress: cluster.PercentProgress || null,
  endpoint: cluster.Endpoint ?? '',
  port: cluster.Port ?? 3306,
  deletionProtection: cluster.DeletionProtection ?? false,
  tags: Object.fromEntries((cluster.TagList ?? []).map(({Key = '', Value = ''}) => [Key, Value])),
  instances,
});

const tagList = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({Key, Value}));

/** A refusal of the request itself. Credentials, rate limits and lost answers are handled by `askAws`. */
const isRefusal = (cause: unknown): cause is Error =>
  cause instanceof Error && /(Fault|NotFound|AlreadyExists|InvalidParameter\w*)$/.test(cause.name);
