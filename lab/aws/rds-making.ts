import {
  type Cluster,
  chosen,
  clusterTree,
  instanceTree,
  type LabMember,
  type Operation,
  page,
  type RdsOptions,
  whole,
} from './rds.ts';
import {AwsError, type XmlElements} from './replies.ts';

interface LabEvent {
  readonly type: string;
  readonly source: string;
  readonly message: string;
  readonly at: Date;
}

/**
 * Making and deleting clusters and instances. What is in a backup, and on which server it comes to be, the lab is told:
 * neither XtraBackup's files nor Aurora's storage are here. Names, states and their order are RDS's.
 */
export function createMaking(
  clusters: Map<string, Cluster>,
  {restore, movingMs = 300}: RdsOptions,
): Readonly<Record<string, Operation>> {
  const events: LabEvent[] = [];
  const tell = (type: string, source: string, message: string) =>
    void events.push({type, source, message, at: new Date()});
  const later = (work: () => void) => void setTimeout(work, movingMs).unref();
  const change = (identifier: string, changes: Partial<Cluster>) => {
    const cluster = clusters.get(identifier);
    if (cluster) {
      clusters.set(identifier, {...cluster, ...changes});
    }
  };
  const changeMember = (identifier: string, member: string, changes: Partial<LabMember> | null) => {
    const members = clusters.get(identifier)?.members.flatMap((one) => {
      const changed = changes === null ? [] : [{...one, ...changes}];
      return one.identifier === member ? changed : [one];
    });
    change(identifier, members ? {members} : {});
  };

  return {
    RestoreDBClusterFromS3: async (form) => {
      const identifier = needed(form, 'DBClusterIdentifier').toLowerCase();
      const bucket = needed(form, 'S3BucketName');
      for (const name of ['Engine', 'MasterUsername', 'MasterUserPassword', 'SourceEngine']) {
        needed(form, name);
      }
      needed(form, 'SourceEngineVersion');
      needed(form, 'S3IngestionRoleArn');
      if (clusters.has(identifier)) {
        throw new AwsError('DBClusterAlreadyExistsFault', 'DB Cluster already exists', 400);
      }
      const backup = (await restore?.({bucket, prefix: form.get('S3Prefix') ?? ''})) ?? null;
      if (!backup) {
        throw new AwsError(
          'InvalidS3BucketFault',
          `The S3 bucket ${bucket} does not exist or Amazon RDS is not authorized to access it.`,
        );
      }
      clusters.set(
        identifier,
        whole({
          ...{identifier, endpoint: backup.endpoint, port: backup.port},
          ...{status: 'creating', percentProgress: '10', members: [], tags: tagsIn(form)},
          deletionProtection: form.get('DeletionProtection') === 'true',
          encrypted: form.get('StorageEncrypted') === 'true',
          backupRetentionDays: Number(form.get('BackupRetentionPeriod') ?? 1),
        }),
      );
      tell('db-cluster', identifier, 'DB cluster created');
      later(() => {
        const {file, position} = backup.position;
        change(identifier, {status: 'available', percentProgress: ''});
        const where = `filename '${file}', position ${position}`;
        tell('db-cluster', identifier, `Recovered from Binary log ${where}`);
      });
      return {DBCluster: clusterOf(clusters, identifier)};
    },
    CreateDBInstance: (form) => {
      const identifier = needed(form, 'DBClusterIdentifier');
      const instance = needed(form, 'DBInstanceIdentifier');
      needed(form, 'DBInstanceClass');
      const cluster = clusterNamed(clusters, identifier);
      if (cluster.status !== 'available') {
        throw new AwsError(
          'InvalidDBClusterStateFault',
          `DbCluster ${identifier} is not in available state.`,
        );
      }
      if (
        [...clusters.values()].some(({members}) =>
          members.some((one) => one.identifier === instance),
        )
      ) {
        throw new AwsError('DBInstanceAlreadyExists', 'DB instance already exists');
      }
      const member = {
        identifier: instance,
        writer: cluster.members.length === 0,
        status: 'creating',
      };
      change(identifier, {members: [...cluster.members, member]});
      tell('db-instance', instance, 'DB instance created');
      later(() => {
        const now = clusters.get(identifier)?.members.find((one) => one.identifier === instance);
        if (now?.status === 'creating') {
          changeMember(identifier, instance, {status: 'available'});
        }
      });
      return {DBInstance: instanceTree({cluster: clusterNamed(clusters, identifier), member})};
    },
    DeleteDBInstance: (form) => {
      const instance = needed(form, 'DBInstanceIdentifier');
      const cluster = [...clusters.values()].find(({members}) =>
        members.some(({identifier}) => identifier === instance),
      );
      const member = cluster?.members.find(({identifier}) => identifier === instance);
      if (!cluster || !member) {
        throw new AwsError('DBInstanceNotFound', `DBInstance ${instance} not found.`, 404);
      }
      if (member.status === 'creating') {
        throw new AwsError(
          'InvalidDBInstanceState',
          `Instance ${instance} is currently creating - try again later.`,
        );
      }
      changeMember(cluster.identifier, instance, {status: 'deleting'});
      later(() => changeMember(cluster.identifier, instance, null));
      return {DBInstance: instanceTree({cluster, member: {...member, status: 'deleting'}})};
    },
    DeleteDBCluster: (form) => {
      const identifier = needed(form, 'DBClusterIdentifier');
      const cluster = clusterNamed(clusters, identifier);
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
      change(identifier, {status: 'deleting'});
      later(() => clusters.delete(identifier));
      return {DBCluster: clusterOf(clusters, identifier)};
    },
    DescribeEvents: (form) => {
      const [type, source] = [form.get('SourceType'), form.get('SourceIdentifier')];
      const found = events.filter(
        (event) =>
          (type === null || event.type === type) && (source === null || event.source === source),
      );
      return page('Events', 'Event', found.map(eventTree), form);
    },
  };
}

const eventTree = ({type, source, message, at}: LabEvent): XmlElements => ({
  SourceType: type,
  SourceIdentifier: source,
  Message: message,
  Date: at.toISOString(),
});

function needed(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') {
    throw new AwsError('MissingParameter', `The request must contain the parameter ${name}.`);
  }
  return value;
}

function clusterNamed(clusters: ReadonlyMap<string, Cluster>, identifier: string): Cluster {
  const [cluster] = chosen([...clusters], identifier, 'DBClusterNotFoundFault', 'DBCluster');
  if (!cluster) {
    throw new AwsError('DBClusterNotFoundFault', `DBCluster ${identifier} not found.`, 404);
  }
  return cluster;
}

const clusterOf = (clusters: ReadonlyMap<string, Cluster>, identifier: string): XmlElements =>
  clusterTree(clusterNamed(clusters, identifier));

/** `Tags.Tag.1.Key`, `Tags.Tag.1.Value`, and so on. */
function tagsIn(form: URLSearchParams): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (let number = 1; form.has(`Tags.Tag.${number}.Key`); number += 1) {
    tags[form.get(`Tags.Tag.${number}.Key`) ?? ''] = form.get(`Tags.Tag.${number}.Value`) ?? '';
  }
  return tags;
}
