import type {Cluster} from './rds-cluster.ts';
import {type Operation, page, required, selected, tagsIn} from './rds-form.ts';
import {AwsError, type XmlElements} from './replies.ts';

interface LabSnapshot {
  readonly cluster: string;
  readonly status: 'creating' | 'available' | 'deleting';
  readonly at: Date;
  readonly tags: Readonly<Record<string, string>>;
}

/** Manual snapshots of clusters. They take `movingMs`, and hold nothing: the lab has no storage of Aurora. */
export function snapshotOperations(
  clusters: ReadonlyMap<string, Cluster>,
  {movingMs = 300}: {readonly movingMs?: number},
): Readonly<Record<string, Operation>> {
  const snapshots = new Map<string, LabSnapshot>();
  const later = (work: () => void) => setTimeout(work, movingMs).unref();
  const find = (identifier: string | null) =>
    selected(
      [...snapshots].map(([name, snapshot]) => [name, [name, snapshot] as const] as const),
      identifier,
      'DBClusterSnapshotNotFoundFault',
      'DBClusterSnapshot',
    );
  return {
    DescribeDBClusterSnapshots: (form) => {
      const trees = find(form.get('DBClusterSnapshotIdentifier')).map(snapshotTree);
      return page('DBClusterSnapshots', 'DBClusterSnapshot', trees, form);
    },
    CreateDBClusterSnapshot: (form) => {
      const cluster = required(form, 'DBClusterIdentifier').toLowerCase();
      const identifier = required(form, 'DBClusterSnapshotIdentifier').toLowerCase();
      const {status} = clusters.get(cluster) ?? {};
      if (status === undefined) {
        throw new AwsError('DBClusterNotFoundFault', `DBCluster ${cluster} not found.`, 404);
      }
      if (status !== 'available') {
        const says = `Cluster ${cluster} is not in available state.`;
        throw new AwsError('InvalidDBClusterStateFault', says);
      }
      if (snapshots.has(identifier)) {
        const says = `Cannot create the cluster snapshot because one with the identifier ${identifier} already exists.`;
        throw new AwsError('DBClusterSnapshotAlreadyExistsFault', says);
      }
      const snapshot = {cluster, status: 'creating', at: new Date(), tags: tagsIn(form)} as const;
      snapshots.set(identifier, snapshot);
      later(() => snapshots.set(identifier, {...snapshot, status: 'available'}));
      return {DBClusterSnapshot: snapshotTree([identifier, snapshot])};
    },
    DeleteDBClusterSnapshot: (form) => {
      const [[identifier, snapshot] = []] = find(required(form, 'DBClusterSnapshotIdentifier'));
      if (!identifier || snapshot?.status !== 'available') {
        const says = `Cannot delete the snapshot because it is not currently in the available state.`;
        throw new AwsError('InvalidDBClusterSnapshotStateFault', says);
      }
      const leaving = {...snapshot, status: 'deleting'} as const;
      snapshots.set(identifier, leaving);
      later(() => snapshots.delete(identifier));
      return {DBClusterSnapshot: snapshotTree([identifier, leaving])};
    },
  };
}

const snapshotTree = ([identifier, snapshot]: readonly [string, LabSnapshot]): XmlElements => ({
  DBClusterSnapshotIdentifier: identifier,
  DBClusterIdentifier: snapshot.cluster,
  SnapshotType: 'manual',
  Engine: 'aurora-mysql',
  Status: snapshot.status,
  PercentProgress: snapshot.status === 'creating' ? 0 : 100,
  SnapshotCreateTime: snapshot.at.toISOString(),
  TagList: {Tag: Object.entries(snapshot.tags).map(([Key, Value]) => ({Key, Value}))},
});
