import type {Measure} from './cloudwatch.ts';
import type {AwsReply, AwsRequest, AwsService} from './endpoint.ts';
import {createMaking} from './rds-making.ts';
import {AwsError, queryReply, type XmlElements} from './replies.ts';

/** An Aurora cluster as the lab pretends it. */
export interface LabCluster {
  readonly identifier: string;
  /** Where its writer is reached. */
  readonly endpoint: string;
  readonly port: number;
  readonly engine?: string;
  readonly engineVersion?: string;
  readonly engineMode?: string;
  readonly status?: string;
  readonly backupRetentionDays?: number;
  readonly deletionProtection?: boolean;
  readonly encrypted?: boolean;
  readonly securityGroups?: readonly {readonly id: string; readonly status: string}[];
  /** Settings of the cluster that wait for a maintenance window. */
  readonly pendingChanges?: Readonly<Record<string, string>>;
  readonly members?: readonly LabMember[];
  readonly parameterGroup?: string;
  /** Beyond the ones that replication needs; `undefined` is a parameter without a value. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly percentProgress?: string;
}

export interface LabMember {
  readonly identifier: string;
  readonly writer: boolean;
  readonly status?: string;
  /** `pending-reboot`: a parameter was changed, and this instance does not know yet. */
  readonly parameterGroupStatus?: string;
  /** Settings that wait for a reboot or a maintenance window. */
  readonly pendingChanges?: Readonly<Record<string, string>>;
  readonly publiclyAccessible?: boolean;
  readonly autoMinorVersionUpgrade?: boolean;
  /** What CloudWatch measures of it, in bytes; nothing of a new instance. */
  readonly free?: {readonly localStorage: number; readonly memory: number} | 'not measured yet';
}

export interface Rds extends AwsService {
  /** What CloudWatch measures of the instances. */
  readonly measure: Measure;
  /** Changes what a cluster answers from now on. */
  change(identifier: string, changes: Partial<LabCluster>): void;
}

/** A backup in S3, as the lab pretends it: what RDS finds there, and the server that stands for the restored cluster. */
export interface LabBackup {
  readonly endpoint: string;
  readonly port: number;
  /** What its `xtrabackup_binlog_info` says. */
  readonly position: {readonly file: string; readonly position: number};
}

export interface RdsOptions {
  readonly clusters: readonly LabCluster[];
  /** Restores a backup: the data is then on the server that it names. `null` where nothing can be restored. */
  readonly restore?: (backup: {bucket: string; prefix: string}) => Promise<LabBackup | null>;
  /** How long a cluster or an instance is being made, or deleted. */
  readonly movingMs?: number;
}

const namespace = 'http://rds.amazonaws.com/doc/2014-10-31/';

/** RDS of the lab: what the API says about clusters. The database itself is one of the lab's servers. */
export function createRds(options: RdsOptions): Rds {
  const clusters = new Map(options.clusters.map((cluster) => [cluster.identifier, whole(cluster)]));
  const making = createMaking(clusters, options);

  const operations: Readonly<Record<string, Operation>> = {
    ...making,
    DescribeDBClusters: (form) => {
      const found = chosen(
        [...clusters],
        form.get('DBClusterIdentifier'),
        'DBClusterNotFoundFault',
        'DBCluster',
      );
      return page('DBClusters', 'DBCluster', found.map(clusterTree), form);
    },
    DescribeDBInstances: (form) => {
      const all = [...clusters.values()].flatMap((cluster) =>
        cluster.members.map((member) => [member.identifier, {cluster, member}] as const),
      );
      const wanted = form.get('Filters.Filter.1.Values.Value.1');
      const found = chosen(
        all.filter(([, {cluster}]) => wanted === null || cluster.identifier === wanted),
        form.get('DBInstanceIdentifier'),
        'DBInstanceNotFound',
        'DBInstance',
      );
      return page('DBInstances', 'DBInstance', found.map(instanceTree), form);
    },
    DescribeDBClusterParameterGroups: (form) => {
      const all = [...clusters.values()].map(
        (cluster) => [cluster.parameterGroup, cluster] as const,
      );
      const name = form.get('DBClusterParameterGroupName');
      const found = chosen(all, name, 'DBParameterGroupNotFound', 'DBClusterParameterGroup');
      return page(
        'DBClusterParameterGroups',
        'DBClusterParameterGroup',
        found.map(groupTree),
        form,
      );
    },
    DescribeDBClusterParameters: (form) => {
      const all = [...clusters.values()].map(
        (cluster) => [cluster.parameterGroup, cluster] as const,
      );
      const name = form.get('DBClusterParameterGroupName') ?? '';
      const [group] = chosen(all, name, 'DBParameterGroupNotFound', 'DBClusterParameterGroup');
      return page('Parameters', 'Parameter', parameterTrees(group?.parameters ?? {}), form);
    },
  };

  return {
    signingName: 'rds',
    handle: async ({body}: AwsRequest): Promise<AwsReply> => {
      const form = new URLSearchParams(body);
      const action = form.get('Action') ?? '';
      const operation = operations[action];
      if (!operation) {
        const version = form.get('Version');
        throw new AwsError(
          'InvalidAction',
          `Could not find operation ${action} for version ${version}`,
        );
      }
      return queryReply(action, namespace, await operation(form));
    },
    measure: ({namespace, name, dimensions}) => {
      const member = [...clusters.values()]
        .flatMap(({members}) => members)
        .find(({identifier}) => identifier === dimensions['DBInstanceIdentifier']);
      const free = member?.free ?? ofLarge;
      return namespace !== 'AWS/RDS' || !member || free === 'not measured yet'
        ? []
        : ({FreeLocalStorage: [free.localStorage], FreeableMemory: [free.memory]}[name] ?? []);
    },
    change: (identifier, changes) => {
      const [cluster] = chosen([...clusters], identifier, 'DBClusterNotFoundFault', 'DBCluster');
      if (cluster) {
        clusters.set(identifier, {...cluster, ...changes});
      }
    },
  };
}

/** What a call of the API makes of its form. */
export type Operation = (form: URLSearchParams) => XmlElements | Promise<XmlElements>;

export type Cluster = Required<LabCluster>;

/** Of a db.r6g.large with little to do: 16 GiB of memory, of which three quarters are the buffer pool. */
const ofLarge = {localStorage: 28 * 1_024 ** 3, memory: 3 * 1_024 ** 3};

/** What Aurora has for replication; the family's own defaults for the rest. */
const parameters: LabCluster['parameters'] = {
  binlog_format: 'ROW',
  binlog_row_image: undefined,
  character_set_server: undefined,
  read_only: '0',
  require_secure_transport: 'OFF',
  time_zone: undefined,
};

export const whole = (cluster: LabCluster): Cluster => ({
  engine: 'aurora-mysql',
  engineMode: 'provisioned',
  backupRetentionDays: 7,
  deletionProtection: true,
  encrypted: true,
  tags: {},
  percentProgress: '',
  securityGroups: [{id: 'sg-0lab', status: 'active'}],
  pendingChanges: {},
  engineVersion: '8.0.mysql_aurora.3.08.0',
  status: 'available',
  members: [
    {identifier: `${cluster.identifier}-1`, writer: true},
    {identifier: `${cluster.identifier}-2`, writer: false},
  ],
  parameterGroup: `${cluster.identifier}-cluster-parameters`,
  ...cluster,
  parameters: {...parameters, ...cluster.parameters},
});

export function chosen<Found>(
  all: readonly (readonly [identifier: string, found: Found])[],
  wanted: string | null,
  code: string,
  noun: string,
): readonly Found[] {
  const found = all.filter(
    ([identifier]) => wanted === null || identifier === wanted.toLowerCase(),
  );
  if (wanted !== null && found.length === 0) {
    throw new AwsError(code, `${noun} ${wanted} not found.`, 404);
  }
  return found.map(([, one]) => one);
}

/** One page: `MaxRecords` (20 to 100) from `Marker` on. */
export function page(
  list: string,
  element: string,
  trees: readonly XmlElements[],
  form: URLSearchParams,
): XmlElements {
  const size = Number(form.get('MaxRecords') ?? 100);
  if (!(size >= 20 && size <= 100)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Invalid value ${size} for MaxRecords. Must be between 20 and 100`,
    );
  }
  const from = Number(form.get('Marker') ?? 0);
  const next = from + size;
  return {
    [list]: {[element]: trees.slice(from, next)},
    Marker: next < trees.length ? String(next) : undefined,
  };
}

export const clusterTree = (cluster: Cluster): XmlElements => ({
  DBClusterIdentifier: cluster.identifier,
  DBClusterArn: `arn:aws:rds:us-east-1:123456789012:cluster:${cluster.identifier}`,
  Engine: cluster.engine,
  EngineVersion: cluster.engineVersion,
  EngineMode: cluster.engineMode,
  Status: cluster.status,
  PercentProgress: cluster.percentProgress,
  TagList: {Tag: Object.entries(cluster.tags).map(([Key, Value]) => ({Key, Value}))},
  Endpoint: cluster.endpoint,
  ReaderEndpoint: cluster.endpoint,
  Port: cluster.port,
  DBClusterParameterGroup: cluster.parameterGroup,
  MultiAZ: cluster.members.length > 1,
  BackupRetentionPeriod: cluster.backupRetentionDays,
  DeletionProtection: cluster.deletionProtection,
  StorageEncrypted: cluster.encrypted,
  VpcSecurityGroups: {
    VpcSecurityGroupMembership: cluster.securityGroups.map(({id, status}) => ({
      VpcSecurityGroupId: id,
      Status: status,
    })),
  },
  PendingModifiedValues: cluster.pendingChanges,
  DBClusterMembers: {
    DBClusterMember: cluster.members.map(({identifier, writer, parameterGroupStatus}) => ({
      DBInstanceIdentifier: identifier,
      IsClusterWriter: writer,
      DBClusterParameterGroupStatus: parameterGroupStatus ?? 'in-sync',
      PromotionTier: 1,
    })),
  },
});

export const instanceTree = ({
  cluster,
  member,
}: {
  cluster: Cluster;
  member: LabMember;
}): XmlElements => ({
  DBInstanceIdentifier: member.identifier,
  DBClusterIdentifier: cluster.identifier,
  DBInstanceStatus: member.status ?? 'available',
  DBInstanceClass: 'db.r6g.large',
  PubliclyAccessible: member.publiclyAccessible ?? false,
  AutoMinorVersionUpgrade: member.autoMinorVersionUpgrade ?? false,
  Engine: cluster.engine,
  EngineVersion: cluster.engineVersion,
  Endpoint: {Address: cluster.endpoint, Port: cluster.port},
  DBParameterGroups: {
    DBParameterGroup: [
      {DBParameterGroupName: `${cluster.identifier}-parameters`, ParameterApplyStatus: 'in-sync'},
    ],
  },
  PendingModifiedValues: member.pendingChanges ?? {},
});

const groupTree = ({parameterGroup, engineVersion}: Cluster): XmlElements => ({
  DBClusterParameterGroupName: parameterGroup,
  DBParameterGroupFamily: engineVersion.startsWith('5.7') ? 'aurora-mysql5.7' : 'aurora-mysql8.0',
  Description: 'of the lab',
});

const parameterTrees = (
  given: Readonly<Record<string, string | undefined>>,
): readonly XmlElements[] =>
  Object.entries(given)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([ParameterName, ParameterValue]) => ({
      ParameterName,
      ParameterValue,
      Source: ParameterValue === undefined ? 'engine-default' : 'user',
      ApplyType: ParameterName === 'binlog_format' ? 'static' : 'dynamic',
      IsModifiable: true,
      ApplyMethod: ParameterName === 'binlog_format' ? 'pending-reboot' : 'immediate',
    }));
