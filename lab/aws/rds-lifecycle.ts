import {
  type Cluster,
  clusterTree,
  instanceTree,
  type LabMember,
  withDefaults,
} from './rds-cluster.ts';
import {type Operation, page, required, selected, tagsIn} from './rds-form.ts';
import {AwsError, type XmlElements} from './replies.ts';

/**
 * A backup in S3, as the lab pretends it: what RDS finds there, and the server that stands for the restored cluster.
 */
interface LabBackup {
  readonly endpoint: string;
  readonly port: number;
  /** What its `xtrabackup_binlog_info` says. */
  readonly position: {readonly file: string; readonly position: number};
}

export interface LifecycleOptions {
  /** Restores a backup: the data is then on the server that it names. `null` where nothing can be restored. */
  readonly restore?: (backup: {bucket: string; prefix: string}) => Promise<LabBackup | null>;
  /** How long a cluster or an instance is being made, or deleted. */
  readonly movingMs?: number;
}

interface LabEvent {
  readonly type: 'db-cluster' | 'db-instance';
  readonly source: string;
  readonly message: string;
  readonly at: Date;
}

/**
 * Creates and deletes clusters and instances. `restore` says what a backup contains and on which server it is restored:
 * the lab has neither XtraBackup's files nor Aurora's storage. Names, states and their order are RDS's.
 */
export class ClusterLifecycle {
  readonly #clusters: Map<string, Cluster>;
  readonly #restore: NonNullable<LifecycleOptions['restore']>;
  readonly #movingMs: number;
  readonly #events: LabEvent[] = [];

  readonly operations: Readonly<Record<string, Operation>> = {
    RestoreDBClusterFromS3: (form) => this.#restoreFromS3(form),
    CreateDBInstance: (form) => this.#createInstance(form),
    DeleteDBInstance: (form) => this.#deleteInstance(form),
    DeleteDBCluster: (form) => this.#deleteCluster(form),
    DescribeEvents: (form) => this.#describeEvents(form),
  };

  constructor(
    clusters: Map<string, Cluster>,
    {restore = async () => null, movingMs = 300}: LifecycleOptions,
  ) {
    this.#clusters = clusters;
    this.#restore = restore;
    this.#movingMs = movingMs;
  }

  async #restoreFromS3(form: URLSearchParams): Promise<XmlElements> {
    for (const name of requiredToRestore) {
      required(form, name);
    }
    const identifier = required(form, 'DBClusterIdentifier').toLowerCase();
    const bucket = required(form, 'S3BucketName');
    if (this.#clusters.has(identifier)) {
      throw new AwsError('DBClusterAlreadyExistsFault', 'DB Cluster already exists', 400);
    }
    const backup = await this.#restore({bucket, prefix: form.get('S3Prefix') ?? ''});
    if (!backup) {
      throw new AwsError(
        'InvalidS3BucketFault',
        `The S3 bucket ${bucket} does not exist or Amazon RDS is not authorized to access it.`,
      );
    }
    this.#clusters.set(identifier, restoredCluster(identifier, backup, form));
    this.#record('db-cluster', identifier, 'DB cluster created');
    this.#later(() => {
      const {file, position} = backup.position;
      this.#change(identifier, {status: 'available', percentProgress: ''});
      const place = `filename '${file}', position ${position}`;
      this.#record('db-cluster', identifier, `Recovered from Binary log ${place}`);
    });
    return {DBCluster: clusterTree(this.#cluster(identifier))};
  }

  #createInstance(form: URLSearchParams): XmlElements {
    const identifier = required(form, 'DBClusterIdentifier');
    const instance = required(form, 'DBInstanceIdentifier');
    required(form, 'DBInstanceClass');
    const cluster = this.#cluster(identifier);
    if (cluster.status !== 'available') {
      throw new AwsError(
        'InvalidDBClusterStateFault',
        `DbCluster ${identifier} is not in available state.`,
      );
    }
    if (this.#clusterWith(instance)) {
      throw new AwsError('DBInstanceAlreadyExists', 'DB instance already exists');
    }
    const writer = cluster.members.length === 0;
    const member = {identifier: instance, writer, status: 'creating'};
    this.#change(identifier, {members: [...cluster.members, member]});
    this.#record('db-instance', instance, 'DB instance created');
    this.#later(() => {
      if (memberOf(this.#clusters.get(identifier), instance)?.status === 'creating') {
        this.#changeMember(identifier, instance, {status: 'available'});
      }
    });
    return {DBInstance: instanceTree({cluster: this.#cluster(identifier), member})};
  }

  #deleteInstance(form: URLSearchParams): XmlElements {
    const instance = required(form, 'DBInstanceIdentifier');
    const cluster = this.#clusterWith(instance);
    const member = memberOf(cluster, instance);
    if (!cluster || !member) {
      throw new AwsError('DBInstanceNotFound', `DBInstance ${instance} not found.`, 404);
    }
    if (member.status === 'creating') {
      throw new AwsError(
        'InvalidDBInstanceState',
        `Instance ${instance} is currently creating - try again later.`,
      );
    }
    this.#changeMember(cluster.identifier, instance, {status: 'deleting'});
    this.#later(() => this.#changeMember(cluster.identifier, instance, null));
    return {DBInstance: instanceTree({cluster, member: {...member, status: 'deleting'}})};
  }

  #deleteCluster(form: URLSearchParams): XmlElements {
    const identifier = required(form, 'DBClusterIdentifier');
    const cluster = this.#cluster(identifier);
    if (cluster.deletionProtection) {
      throw new AwsError(
        'InvalidParameterCombination',
        'Cannot delete protected Cluster, please disable deletion protection and try again.',
      );
    }
    if (cluster.status === 'creating') {
      throw new AwsError(
        'InvalidDBClusterStateFault',
        `Cluster ${identifier} is currently creating - try again later.`,
      );
    }
    if (cluster.members.some(({status}) => status !== 'deleting')) {
      throw new AwsError(
        'InvalidDBClusterStateFault',
        'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
      );
    }
    this.#change(identifier, {status: 'deleting'});
    this.#later(() => this.#clusters.delete(identifier));
    return {DBCluster: clusterTree(this.#cluster(identifier))};
  }

  #describeEvents(form: URLSearchParams): XmlElements {
    const [type, source] = [form.get('SourceType'), form.get('SourceIdentifier')];
    const events = this.#events.filter(
      (event) =>
        (type === null || event.type === type) && (source === null || event.source === source),
    );
    return page('Events', 'Event', events.map(eventTree), form);
  }

  #cluster(identifier: string): Cluster {
    const [cluster] = selected(
      [...this.#clusters],
      identifier,
      'DBClusterNotFoundFault',
      'DBCluster',
    );
    if (!cluster) {
      throw new AwsError('DBClusterNotFoundFault', `DBCluster ${identifier} not found.`, 404);
    }
    return cluster;
  }

  #clusterWith(instance: string): Cluster | undefined {
    return [...this.#clusters.values()].find((cluster) => memberOf(cluster, instance));
  }

  #change(identifier: string, changes: Partial<Cluster>): void {
    const cluster = this.#clusters.get(identifier);
    if (cluster) {
      this.#clusters.set(identifier, {...cluster, ...changes});
    }
  }

  /** `null` takes the instance out of its cluster. */
  #changeMember(identifier: string, instance: string, changes: Partial<LabMember> | null): void {
    const members = this.#clusters.get(identifier)?.members.flatMap((member) => {
      const changed = changes === null ? [] : [{...member, ...changes}];
      return member.identifier === instance ? changed : [member];
    });
    this.#change(identifier, members ? {members} : {});
  }

  #record(type: LabEvent['type'], source: string, message: string): void {
    this.#events.push({type, source, message, at: new Date()});
  }

  #later(work: () => void): void {
    setTimeout(work, this.#movingMs).unref();
  }
}

const requiredToRestore = [
  'DBClusterIdentifier',
  'S3BucketName',
  'Engine',
  'MasterUsername',
  'MasterUserPassword',
  'SourceEngine',
  'SourceEngineVersion',
  'S3IngestionRoleArn',
];

const restoredCluster = (
  identifier: string,
  {endpoint, port}: LabBackup,
  form: URLSearchParams,
): Cluster =>
  withDefaults({
    ...{identifier, endpoint, port},
    ...{status: 'creating', percentProgress: '10', members: [], tags: tagsIn(form)},
    deletionProtection: form.get('DeletionProtection') === 'true',
    encrypted: form.get('StorageEncrypted') === 'true',
    backupRetentionDays: Number(form.get('BackupRetentionPeriod') ?? 1),
  });

const memberOf = (cluster: Cluster | undefined, instance: string): LabMember | undefined =>
  cluster?.members.find(({identifier}) => identifier === instance);

const eventTree = ({type, source, message, at}: LabEvent): XmlElements => ({
  SourceType: type,
  SourceIdentifier: source,
  Message: message,
  Date: at.toISOString(),
});
