import {arnIn} from './partition.ts';
import type {XmlElements} from './replies.ts';

/** An Aurora cluster as the lab pretends it. */
export interface LabCluster {
  readonly identifier: string;
  /** Where its writer is reached. */
  readonly endpoint: string;
  readonly port: number;
  readonly region?: string;
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

export type Cluster = Required<LabCluster>;

/**
 * What Aurora has for replication; the family's own defaults for the rest. It refuses writes after a restart, as a
 * careful administrator leaves it until the cutover.
 */
const defaultParameters: LabCluster['parameters'] = {
  binlog_format: 'ROW',
  binlog_row_image: undefined,
  character_set_server: undefined,
  read_only: '1',
  require_secure_transport: 'OFF',
  time_zone: undefined,
};

/** With what a new cluster has by default. */
export const withDefaults = (cluster: LabCluster): Cluster => ({
  region: 'us-east-1',
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
  parameters: {...defaultParameters, ...cluster.parameters},
});

export const clusterTree = (cluster: Cluster): XmlElements => ({
  DBClusterIdentifier: cluster.identifier,
  DBClusterArn: `${arnIn(cluster.region)}:rds:${cluster.region}:123456789012:cluster:${cluster.identifier}`,
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

export const groupTree = ({parameterGroup, engineVersion}: Cluster): XmlElements => ({
  DBClusterParameterGroupName: parameterGroup,
  DBParameterGroupFamily: engineVersion.startsWith('5.7') ? 'aurora-mysql5.7' : 'aurora-mysql8.0',
  Description: 'of the lab',
});

export const parameterTrees = (
  parameters: Readonly<Record<string, string | undefined>>,
): readonly XmlElements[] =>
  Object.entries(parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([ParameterName, ParameterValue]) => ({
      ParameterName,
      ParameterValue,
      Source: ParameterValue === undefined ? 'engine-default' : 'user',
      ApplyType: ParameterName === 'binlog_format' ? 'static' : 'dynamic',
      IsModifiable: true,
      ApplyMethod: ParameterName === 'binlog_format' ? 'pending-reboot' : 'immediate',
    }));
