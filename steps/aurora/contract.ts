import type {z} from 'zod';
import type {Worst} from '../aws/index.ts';
import type {CopyWriter, MysqlReader, MysqlWriter, Position, Procedures} from '../mysql/index.ts';
import type {auroraConfig} from './cluster/config.ts';

/** A cluster's entry in the inventory. */
export type AuroraConfig = z.output<typeof auroraConfig>;

/** The writer of an Aurora MySQL cluster, to be read. */
export interface AuroraReader extends MysqlReader {
  readonly clusterIdentifier: string;
  procedures(signal?: AbortSignal): Promise<Procedures>;
  /** How long a binary log is kept, in hours; `null` when Aurora may purge it at any time. */
  binlogRetentionHours(signal?: AbortSignal): Promise<number | null>;
  /** How far it had replicated when a run was reversed to its start; `null` when no run was. */
  replicationEnd(signal?: AbortSignal): Promise<ReplicationEnd | null>;
  /** The cluster as the RDS API describes it; `null` when there is none. */
  cluster(signal?: AbortSignal): Promise<ClusterState | null>;
  /** The least capacity that one of its instances had left in the last day, from CloudWatch. */
  leastCapacity(instance: string, signal: AbortSignal): Promise<LeastCapacity>;
  /** The cluster as the result of a restore. */
  readonly restore: RestoreReader;
  readonly snapshots: SnapshotReader;
  /** `read_only` of its parameter group; `null` when there is no such cluster. */
  readOnlyParameter(signal: AbortSignal): Promise<ReadOnlyParameter | null>;
}

/** What an instance of the cluster has for `read_only` after a reboot or a failover. */
export interface ReadOnlyParameter {
  readonly group: string;
  /** `null` where nobody has set it: the family's default, which accepts writes. */
  readonly value: string | null;
  /** Other clusters that use the group; `null` where the account may not list the clusters of the region. */
  readonly others: readonly string[] | null;
}

/** Changes Aurora through its `mysql.rds_*` procedures: the master user may not run the statements behind them. */
export interface AuroraWriter extends AuroraReader, MysqlWriter {
  recordReplicationEnd(end: ReplicationEnd, signal: AbortSignal): Promise<void>;
  readonly copies: CopyWriter;
  readonly restore: RestoreWriter;
  readonly snapshots: SnapshotWriter;
  /** Sets it in this group, or with `null` to the family's default. `immediate` changes the running instances too. */
  setReadOnlyParameter(
    change: {readonly group: string; readonly value: string | null; readonly apply: ApplyMethod},
    signal: AbortSignal,
  ): Promise<void>;
}

type ApplyMethod = 'immediate' | 'pending-reboot';

/** Where replication from upstream was stopped, so that a later run can continue there. */
export interface ReplicationEnd {
  /** The run that was reversed. */
  readonly run: string;
  /** Identifies upstream: its `server_uuid`, or on MariaDB its `server_id`. */
  readonly upstream: string;
  /** The position of the seed from which that run replicated. */
  readonly seed: Position;
  /** Up to where Aurora had executed upstream's log. */
  readonly executed: Position;
  /** Where Aurora's own log ended: whatever it logs later was written by others. */
  readonly own: Position;
}

/** A cluster as the RDS API describes it. */
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
  /**
   * `binlog_format` of the parameter group, which is in force from the next reboot on; `null` for the family's
   * default.
   */
  readonly binlogFormat: string | null;
  /** `read_only` of the parameter group, which is in force after a reboot or a failover; `null` for the default. */
  readonly readOnly: string | null;
  /** Whether the writer uses the cluster's parameters: `in-sync` or `pending-reboot`. */
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

/** The least that an instance had left in the last day, in bytes. */
export interface LeastCapacity {
  /** For temporary tables, sorting and logs. The cluster's volume is not used for them. */
  readonly localStorage: Worst;
  readonly memory: Worst;
}

/** A cluster that RDS restores, or has restored. */
export interface RestoredCluster {
  readonly status: string;
  /** In percent, where RDS has it. */
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

interface RestoreReader {
  /** `null` when there is no such cluster. */
  cluster(signal: AbortSignal): Promise<RestoredCluster | null>;
  /** The position in the source's log that RDS has recovered; `null` when no event of the last 14 days has it. */
  recoveredAt(signal: AbortSignal): Promise<Position | null>;
  /** The newest event of the cluster and its instances. */
  lastEvent(signal: AbortSignal): Promise<string | null>;
}

/** Each call is made once: when an answer is lost, the next check tells by name and tags whether it took effect. */
export interface RestoreWriter extends RestoreReader {
  fromS3(order: RestoreOrder, signal: AbortSignal): Promise<void>;
  addInstance(order: InstanceOrder, signal: AbortSignal): Promise<void>;
  deleteInstance(identifier: string, signal: AbortSignal): Promise<void>;
  /** Without a final snapshot. */
  deleteCluster(signal: AbortSignal): Promise<void>;
}

/** A snapshot of a cluster. */
export interface Snapshot {
  /** `creating`, `available`, `failed`, `deleting`. */
  readonly status: string;
  readonly percent: number;
  readonly cluster: string;
  readonly takenAt: Date | null;
  readonly tags: Readonly<Record<string, string>>;
}

interface SnapshotReader {
  /** `null` when there is none of that name. */
  find(identifier: string, signal: AbortSignal): Promise<Snapshot | null>;
}

/** Each call is made once: when an answer is lost, the next check tells by name and tags whether it took effect. */
export interface SnapshotWriter extends SnapshotReader {
  take(
    identifier: string,
    tags: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void>;
  remove(identifier: string, signal: AbortSignal): Promise<void>;
}
