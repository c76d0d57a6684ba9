import {z} from 'zod';
import {type Blocked, blocked, defineStep, done, pending, waiting} from '../../src/index.ts';
import {positionText, samePosition} from '../mysql/index.ts';
import {
  addWriter,
  isForGood,
  isOf,
  type RestoreInput,
  removeCluster,
  removeInstance,
  restore,
  restoreInput,
  whyKept,
} from './restore/actions.ts';
import type {MadeCluster} from './restore/cluster-restore.ts';
import {type AuroraReader, auroraCluster} from './target.ts';

/** A first copy for what is too large for a dump: RDS makes the cluster of a backup of the source's files in S3. */
export const restoreFromS3 = defineStep({
  name: 'aurora.restore-from-s3',
  summary: 'Let RDS make the Aurora cluster from an XtraBackup in S3, with a writer.',
  targets: {aurora: auroraCluster},
  input: restoreInput,
  before: z.object({cluster: z.null()}),
  /** Where the server that the backup was made of stood in its own log, and how Aurora is reached. */
  output: z.object({file: z.string(), position: z.number(), host: z.string(), port: z.number()}),
  needs: {
    aurora: [
      'rds:DescribeDBClusters',
      'rds:DescribeDBInstances',
      'rds:DescribeEvents',
      'rds:RestoreDBClusterFromS3',
      'rds:CreateDBInstance',
      'rds:AddTagsToResource',
      'rds:DeleteDBInstance',
      'rds:DeleteDBCluster',
      'iam:PassRole (the role with which RDS reads the bucket)',
      'PROCESS',
      'REPLICATION CLIENT',
    ],
  },
  reverses:
    'Deletes the cluster that this run made, unless it is protected or somebody uses it. No snapshot is kept.',
  timeoutMs: 3 * 24 * 3_600_000,
  poll: {firstMs: 1_000, mostMs: 15_000},

  async check({targets: {aurora}, input: wanted, run, signal}) {
    const cluster = await aurora.restoring.made(signal);
    if (!cluster) {
      return whyUnfit(wanted) ?? pendingFor(aurora, wanted);
    }
    if (!isOf(cluster, run)) {
      return notOurs(aurora, cluster);
    }
    return (
      (await whatMoves(aurora, cluster, signal)) ??
      (cluster.instances.length === 0
        ? pendingFor(aurora, wanted)
        : restored(aurora, cluster, wanted, signal))
    );
  },

  async plan({targets: {aurora}, input: wanted, run, signal}) {
    const cluster = await aurora.restoring.made(signal);
    return [
      ...(cluster ? [] : [restore(aurora, wanted, run)]),
      ...(cluster && cluster.instances.length > 0 ? [] : [addWriter(aurora, wanted, run)]),
    ];
  },

  async reverse({targets: {aurora}, run, signal}) {
    const cluster = await aurora.restoring.made(signal);
    if (!cluster || cluster.status === 'deleting') {
      return [];
    }
    const why = isOf(cluster, run)
      ? await whyKept(aurora, cluster, signal)
      : `run ${run.id} did not make it`;
    return why === null
      ? [
          ...cluster.instances.map(({identifier}) => removeInstance(aurora, identifier, run)),
          removeCluster(aurora, run),
        ]
      : blocked(
          `Cluster ${aurora.clusterIdentifier} is not deleted: ${why}.`,
          'Reverse first what came after it. If it is no longer wanted, end its use and turn its deletion protection off, then reverse again.',
        );
  },
});

const notOurs = (aurora: AuroraReader, {status, tags}: MadeCluster): Blocked => {
  const by = tags['switcharoo:run'];
  return blocked(
    `RDS has a cluster ${aurora.clusterIdentifier} already (${status}), which ${by === undefined ? 'this run did not make' : `run ${by} made`}.`,
    'Name another clusterIdentifier in the inventory, or leave this entry out and go on with that cluster.',
  );
};

const pendingFor = (aurora: AuroraReader, {bucket, prefix, instanceClass}: RestoreInput) =>
  pending(
    {cluster: null},
    {
      what: `cluster ${aurora.clusterIdentifier}`,
      is: 'none with a writer',
      shouldBe: `restored from ${bucket}${prefix === undefined ? '' : `/${prefix}`}, with a ${instanceClass}`,
    },
  );

/** RDS restores backups of the same major version alone (Aurora user guide, physical migration from MySQL). */
function whyUnfit({sourceEngineVersion, engineVersion}: RestoreInput): Blocked | null {
  const [series] = /^\d+\.\d+/.exec(sourceEngineVersion) ?? [];
  if (series === undefined || !restorable.includes(series)) {
    return blocked(
      `RDS restores no backup of MySQL ${sourceEngineVersion}, only of ${restorable.join(' and ')}.`,
      'Copy it with aurora.seed instead.',
    );
  }
  return engineVersion === undefined || engineVersion.startsWith(`${series}.`)
    ? null
    : blocked(
        `A backup of MySQL ${sourceEngineVersion} gives no cluster of version ${engineVersion}: RDS wants the same major version.`,
        `Give an engineVersion that begins with ${series}.mysql_aurora, and upgrade the cluster afterwards; or copy with aurora.seed.`,
      );
}

const restorable = ['5.7', '8.0'];

/** What is on its way, or went wrong on it; `null` when all of it stands. */
async function whatMoves(aurora: AuroraReader, cluster: MadeCluster, signal: AbortSignal) {
  const writer = cluster.instances.find(({status}) => status !== 'available');
  const moving =
    cluster.status === 'available'
      ? writer && {name: `instance ${writer.identifier}`, status: writer.status}
      : {name: `cluster ${aurora.clusterIdentifier}`, status: cluster.status};
  if (!moving) {
    return null;
  }
  const said = await aurora.restoring.lastEvent(signal);
  const words = `${moving.name} is ${moving.status}${cluster.progress === null ? '' : `, ${cluster.progress} %`}${said === null ? '' : `; RDS said last: ${said}`}`;
  return isForGood(moving.status)
    ? blocked(
        `${words}.`,
        "Look at the cluster's events and its error log; reverse deletes it, then correct the backup or the input.",
      )
    : waiting(words);
}

async function restored(
  aurora: AuroraReader,
  {endpoint, port}: MadeCluster,
  {at}: RestoreInput,
  signal: AbortSignal,
) {
  const told = await aurora.restoring.recoveredAt(signal);
  const found = at ?? told;
  if (!found) {
    return blocked(
      `Cluster ${aurora.clusterIdentifier} is restored, and no event of RDS says at which place of the source's log.`,
      "Give it as at: {file, position}, from xtrabackup_binlog_info in the backup's folder, then resume.",
    );
  }
  return at && told && !samePosition(at, told)
    ? blocked(
        `Cluster ${aurora.clusterIdentifier} was recovered at ${positionText(told)}, as RDS says, and the input says ${positionText(at)}.`,
        'One of them belongs to another backup: compare with xtrabackup_binlog_info, and correct at.',
      )
    : done({...found, host: endpoint, port});
}
