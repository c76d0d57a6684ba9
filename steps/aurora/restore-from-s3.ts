import {z} from 'zod';
import {type Blocked, blocked, defineStep, done, pending, waiting} from '../../src/index.ts';
import {positionSchema, positionText, samePosition} from '../mysql/index.ts';
import type {AuroraReader, RestoredCluster} from './contract.ts';
import {addWriter, deleteCluster, deleteInstance, restoreCluster} from './restore/actions.ts';
import {type RestoreInput, restoreInput} from './restore/input.ts';
import {
  createdByText,
  isOfRun,
  keepReason,
  progressText,
  restoreFix,
} from './restore/restored-cluster.ts';
import {auroraCluster} from './target.ts';

/** The first copy of a source that is too large for a dump: RDS restores a backup of its files from S3. */
export const restoreFromS3 = defineStep({
  name: 'aurora.restore-from-s3',
  summary: 'Restore an Aurora cluster from an XtraBackup in S3, and add a writer.',
  targets: {aurora: auroraCluster},
  input: restoreInput,
  before: z.object({cluster: z.null()}),
  /** The position of the backup in the source's own log, and the endpoint of the cluster. */
  output: positionSchema.extend({host: z.string(), port: z.number()}),
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
    'Deletes the cluster that this run created, unless it is protected or in use. No snapshot is kept.',
  effects: [{fact: 'copied', to: 'aurora'}],
  timeoutMs: 3 * 24 * 3_600_000,
  neverSkip: 'Without it, Aurora lacks the data that replication builds on.',
  poll: {firstMs: 1_000, mostMs: 15_000},

  async check({targets: {aurora}, input, run, signal}) {
    const cluster = await aurora.restore.cluster(signal);
    if (!cluster) {
      return versionUnfit(input) ?? pendingFor(aurora, input);
    }
    if (!isOfRun(cluster, run)) {
      return existsAlready(aurora, cluster);
    }
    return (
      (await notAvailable(aurora, cluster, signal)) ??
      (cluster.instances.length === 0
        ? pendingFor(aurora, input)
        : verdictOnRestored(aurora, cluster, input, signal))
    );
  },

  async plan({targets: {aurora}, input, run, signal}) {
    const cluster = await aurora.restore.cluster(signal);
    return [
      ...(cluster ? [] : [restoreCluster(aurora, input, run)]),
      ...(cluster && cluster.instances.length > 0 ? [] : [addWriter(aurora, input, run)]),
    ];
  },

  async reverse({targets: {aurora}, run, signal}) {
    const cluster = await aurora.restore.cluster(signal);
    if (!cluster || cluster.status === 'deleting') {
      return [];
    }
    const reason = isOfRun(cluster, run)
      ? await keepReason(aurora, cluster, signal)
      : `run ${run.id} did not create it`;
    return reason === null
      ? [
          ...cluster.instances.map(({identifier}) => deleteInstance(aurora, identifier, run)),
          deleteCluster(aurora, run),
        ]
      : blocked(
          `Cluster ${aurora.clusterIdentifier} is not deleted: ${reason}.`,
          'Reverse the later entries first. If the cluster is no longer needed, end its use, turn its deletion protection off, and reverse again.',
        );
  },
});

const existsAlready = (aurora: AuroraReader, cluster: RestoredCluster): Blocked =>
  blocked(
    `Cluster ${aurora.clusterIdentifier} already exists (${cluster.status}), and ${createdByText(cluster)}.`,
    'Set another clusterIdentifier in the inventory, or leave this entry out and continue with that cluster.',
  );

const pendingFor = (aurora: AuroraReader, {bucket, prefix, instanceClass}: RestoreInput) =>
  pending(
    {cluster: null},
    {
      what: `cluster ${aurora.clusterIdentifier}`,
      is: 'missing, or without a writer',
      shouldBe: `restored from ${bucket}${prefix === undefined ? '' : `/${prefix}`}, with a ${instanceClass}`,
    },
  );

/** RDS restores backups of the same major version alone (Aurora user guide, physical migration from MySQL). */
function versionUnfit({sourceEngineVersion, engineVersion}: RestoreInput): Blocked | null {
  const [series] = /^\d+\.\d+/.exec(sourceEngineVersion) ?? [];
  if (series === undefined || !restorableSeries.includes(series)) {
    return blocked(
      `RDS cannot restore a backup of MySQL ${sourceEngineVersion}, only of ${restorableSeries.join(' and ')}.`,
      'Copy it with aurora.seed instead.',
    );
  }
  return engineVersion === undefined || engineVersion.startsWith(`${series}.`)
    ? null
    : blocked(
        `A backup of MySQL ${sourceEngineVersion} cannot become a cluster of version ${engineVersion}: RDS requires the same major version.`,
        `Give an engineVersion that begins with ${series}.mysql_aurora and upgrade the cluster afterwards, or copy with aurora.seed.`,
      );
}

const restorableSeries = ['5.7', '8.0'];

/** The part that is not available yet, or has failed; `null` when cluster and instances are available. */
async function notAvailable(aurora: AuroraReader, cluster: RestoredCluster, signal: AbortSignal) {
  const instance = cluster.instances.find(({status}) => status !== 'available');
  const part =
    cluster.status === 'available'
      ? instance && {name: `instance ${instance.identifier}`, status: instance.status}
      : {name: `cluster ${aurora.clusterIdentifier}`, status: cluster.status};
  if (!part) {
    return null;
  }
  const event = await aurora.restore.lastEvent(signal);
  const text = `${progressText(part.name, part.status, cluster)}${event === null ? '' : `; last event: ${event}`}`;
  const fix = restoreFix(part.status);
  return fix === null
    ? waiting(text)
    : blocked(
        `${text}.`,
        `${fix} If that does not help, reverse, correct the backup or the input, and run again.`,
      );
}

async function verdictOnRestored(
  aurora: AuroraReader,
  {endpoint, port}: RestoredCluster,
  {at}: RestoreInput,
  signal: AbortSignal,
) {
  const recovered = await aurora.restore.recoveredAt(signal);
  const position = at ?? recovered;
  if (!position) {
    return blocked(
      `Cluster ${aurora.clusterIdentifier} is restored, but no event of RDS has its position in the source's log.`,
      "Give it as at: {file, position}, from xtrabackup_binlog_info in the backup's folder, then resume.",
    );
  }
  return at && recovered && !samePosition(at, recovered)
    ? blocked(
        `RDS recovered cluster ${aurora.clusterIdentifier} at ${positionText(recovered)}, but the input says ${positionText(at)}.`,
        "Compare both with xtrabackup_binlog_info in the backup's folder, and correct at.",
      )
    : done({...position, host: endpoint, port});
}
