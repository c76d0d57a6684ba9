import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import {clusterGone, clusterKept, clusterNotOurs, restoreFailed} from '../procedures/problems.ts';
import {whyInUse} from '../seed/in-use.ts';
import type {AuroraReader, AuroraWriter} from '../target.ts';
import type {MadeCluster} from './cluster-restore.ts';

const place = z.object({file: z.string(), position: z.coerce.number().int()});

export const restoreInput = z.object({
  /** Where the backup of Percona XtraBackup is, and with which role RDS reads it. */
  bucket: z.string(),
  prefix: z.string().optional(),
  ingestionRoleArn: z.string(),
  /** The version of the server that the backup was made of: `8.0.36`. */
  sourceEngineVersion: z.string(),
  engineVersion: z.string().optional(),
  instanceClass: z.string(),
  /** The writer's; without it the cluster's name and `-1`. */
  instanceIdentifier: z.string().optional(),
  subnetGroup: z.string().optional(),
  securityGroups: z.array(z.string()).default([]),
  parameterGroup: z.string().optional(),
  kmsKeyId: z.string().optional(),
  backupRetentionDays: z.coerce.number().int().min(1).max(35).default(7),
  /** What `xtrabackup_binlog_info` of the backup says. Without it, what RDS says that it has recovered. */
  at: place.optional(),
});
export type RestoreInput = z.output<typeof restoreInput>;
type Run = {readonly id: string; readonly entry: string};

/** How the cluster is known to be this run's: by a lost answer nobody knows whether it was made. */
const tagsOf = ({id, entry}: Run) => ({'switcharoo:run': id, 'switcharoo:entry': entry});

export const isOf = ({tags}: MadeCluster, run: Run): boolean =>
  Object.entries(tagsOf(run)).every(([name, value]) => tags[name] === value);

export const isForGood = (status: string): boolean =>
  /failed|inaccessible|incompatible|storage-full/.test(status);

export const restore = (aurora: AuroraReader, wanted: RestoreInput, run: Run) =>
  ({
    on: 'aurora',
    does: `make cluster ${aurora.clusterIdentifier} of the backup in ${wanted.bucket}${wanted.prefix === undefined ? '' : `/${wanted.prefix}`}`,
    perform: async (writer: AuroraWriter, signal: AbortSignal) => {
      signal.throwIfAborted();
      const cluster = await writer.restoring.made(signal);
      if (cluster && !isOf(cluster, run)) {
        throw new SwitcharooError(clusterNotOurs(aurora.clusterIdentifier, run.id));
      }
      if (!cluster) {
        await writer.restoring.restoreFromS3({...wanted, tags: tagsOf(run)}, signal);
      }
    },
  }) as const;

/** A cluster takes instances once it is available. After a crash `check` waits for that, and plans the instance then. */
export const addWriter = (aurora: AuroraReader, wanted: RestoreInput, run: Run) => {
  const identifier = wanted.instanceIdentifier ?? `${aurora.clusterIdentifier}-1`;
  return {
    on: 'aurora',
    does: `add the writer ${identifier}, a ${wanted.instanceClass}, as soon as the cluster is restored`,
    perform: async (writer: AuroraWriter, signal: AbortSignal, say: ReportProgress) => {
      signal.throwIfAborted();
      const {instances} = await untilRestored(writer, run, signal, say);
      if (instances.length === 0) {
        const order = {identifier, instanceClass: wanted.instanceClass, tags: tagsOf(run)};
        await writer.restoring.addInstance(order, signal);
      }
    },
  } as const;
};

async function untilRestored(
  aurora: AuroraWriter,
  run: Run,
  signal: AbortSignal,
  say: ReportProgress,
): Promise<MadeCluster> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 1.5, mostWaitMs)) {
    const cluster = await ours(aurora, run, signal);
    if (cluster.status === 'available') {
      return cluster;
    }
    if (isForGood(cluster.status)) {
      const said = await aurora.restoring.lastEvent(signal);
      throw new SwitcharooError(restoreFailed(aurora.clusterIdentifier, cluster.status, said));
    }
    say(
      `cluster ${aurora.clusterIdentifier} is ${cluster.status}${cluster.progress === null ? '' : `, ${cluster.progress} %`}`,
    );
    await sleep(waitMs, undefined, {signal});
  }
}

const firstWaitMs = 200;
const mostWaitMs = 15_000;

async function ours(aurora: AuroraWriter, run: Run, signal: AbortSignal): Promise<MadeCluster> {
  const cluster = await aurora.restoring.made(signal);
  if (!cluster) {
    throw new SwitcharooError(clusterGone(aurora.clusterIdentifier));
  }
  if (!isOf(cluster, run)) {
    throw new SwitcharooError(clusterNotOurs(aurora.clusterIdentifier, run.id));
  }
  return cluster;
}

/** Without an instance nobody can have written there. */
export async function whyKept(
  aurora: AuroraReader,
  {deletionProtection, instances}: MadeCluster,
  signal: AbortSignal,
): Promise<string | null> {
  if (deletionProtection) {
    return 'somebody has turned its deletion protection on';
  }
  return instances.some(({status}) => status === 'available') ? whyInUse(aurora, signal) : null;
}

export const removeInstance = (aurora: AuroraReader, identifier: string, run: Run) =>
  ({
    on: 'aurora',
    does: `delete instance ${identifier} of cluster ${aurora.clusterIdentifier}`,
    perform: async (writer: AuroraWriter, signal: AbortSignal, say: ReportProgress) => {
      signal.throwIfAborted();
      const cluster = await untilMade(writer, signal, say);
      const instance = cluster?.instances.find((one) => one.identifier === identifier);
      if (instance && instance.status !== 'deleting') {
        await refuseIfKept(writer, run, signal);
        await writer.restoring.deleteInstance(identifier, signal);
      }
    },
  }) as const;

export const removeCluster = (aurora: AuroraReader, run: Run) =>
  ({
    on: 'aurora',
    does: `delete cluster ${aurora.clusterIdentifier}, without a snapshot`,
    perform: async (writer: AuroraWriter, signal: AbortSignal, say: ReportProgress) => {
      signal.throwIfAborted();
      const cluster = await untilMade(writer, signal, say);
      if (cluster && cluster.status !== 'deleting') {
        await refuseIfKept(writer, run, signal);
        await writer.restoring.deleteCluster(signal);
      }
    },
  }) as const;

/** What is still being made cannot be deleted yet. */
async function untilMade(
  aurora: AuroraWriter,
  signal: AbortSignal,
  say: ReportProgress,
): Promise<MadeCluster | null> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 1.5, mostWaitMs)) {
    const cluster = await aurora.restoring.made(signal);
    const states = cluster ? [cluster.status, ...cluster.instances.map(({status}) => status)] : [];
    if (!states.includes('creating')) {
      return cluster;
    }
    say(`cluster ${aurora.clusterIdentifier} is being made, and is deleted as soon as it can be`);
    await sleep(waitMs, undefined, {signal});
  }
}

async function refuseIfKept(aurora: AuroraWriter, run: Run, signal: AbortSignal): Promise<void> {
  const why = await whyKept(aurora, await ours(aurora, run, signal), signal);
  if (why !== null) {
    throw new SwitcharooError(clusterKept(aurora.clusterIdentifier, why));
  }
}
