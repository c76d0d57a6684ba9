import {setTimeout as sleep} from 'node:timers/promises';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import type {AuroraReader, AuroraWriter, RestoredCluster} from '../contract.ts';
import type {RestoreInput} from './input.ts';
import {clusterKept, clusterMissing, clusterOfAnotherRun, restoreFailed} from './problems.ts';
import {
  isOfRun,
  keepReason,
  progressText,
  type RunEntry,
  restoreFix,
  tagsOf,
} from './restored-cluster.ts';

export const restoreCluster = (aurora: AuroraReader, input: RestoreInput, run: RunEntry) =>
  ({
    on: 'aurora',
    does: `restore cluster ${aurora.clusterIdentifier} from the backup in ${input.bucket}${input.prefix === undefined ? '' : `/${input.prefix}`}`,
    perform: async (writer: AuroraWriter, signal: AbortSignal) => {
      signal.throwIfAborted();
      const cluster = await writer.restore.cluster(signal);
      if (cluster && !isOfRun(cluster, run)) {
        throw new SwitcharooError(clusterOfAnotherRun(aurora.clusterIdentifier, run.id));
      }
      if (!cluster) {
        await writer.restore.fromS3({...input, tags: tagsOf(run)}, signal);
      }
    },
  }) as const;

/**
 * A cluster takes instances once it is available. After a crash `check` waits for that, and plans the instance then.
 */
export const addWriter = (aurora: AuroraReader, input: RestoreInput, run: RunEntry) => {
  const identifier = input.instanceIdentifier ?? `${aurora.clusterIdentifier}-1`;
  return {
    on: 'aurora',
    does: `add the writer ${identifier}, a ${input.instanceClass}, as soon as the cluster is restored`,
    perform: async (writer: AuroraWriter, signal: AbortSignal, say: ReportProgress) => {
      signal.throwIfAborted();
      const {instances} = await untilRestored(writer, run, signal, say);
      if (instances.length === 0) {
        const order = {identifier, instanceClass: input.instanceClass, tags: tagsOf(run)};
        await writer.restore.addInstance(order, signal);
      }
    },
  } as const;
};

export const deleteInstance = (aurora: AuroraReader, identifier: string, run: RunEntry) =>
  ({
    on: 'aurora',
    does: `delete instance ${identifier} of cluster ${aurora.clusterIdentifier}`,
    perform: async (writer: AuroraWriter, signal: AbortSignal, say: ReportProgress) => {
      signal.throwIfAborted();
      const cluster = await untilCreated(writer, signal, say);
      const instance = cluster?.instances.find((candidate) => candidate.identifier === identifier);
      if (instance && instance.status !== 'deleting') {
        await refuseIfKept(writer, run, signal);
        await writer.restore.deleteInstance(identifier, signal);
      }
    },
  }) as const;

export const deleteCluster = (aurora: AuroraReader, run: RunEntry) =>
  ({
    on: 'aurora',
    does: `delete cluster ${aurora.clusterIdentifier}, without a snapshot`,
    perform: async (writer: AuroraWriter, signal: AbortSignal, say: ReportProgress) => {
      signal.throwIfAborted();
      const cluster = await untilCreated(writer, signal, say);
      if (cluster && cluster.status !== 'deleting') {
        await refuseIfKept(writer, run, signal);
        await writer.restore.deleteCluster(signal);
      }
    },
  }) as const;

async function untilRestored(
  aurora: AuroraWriter,
  run: RunEntry,
  signal: AbortSignal,
  say: ReportProgress,
): Promise<RestoredCluster> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 1.5, mostWaitMs)) {
    const cluster = await clusterOfRun(aurora, run, signal);
    if (cluster.status === 'available') {
      return cluster;
    }
    if (restoreFix(cluster.status) !== null) {
      const event = await aurora.restore.lastEvent(signal);
      throw new SwitcharooError(restoreFailed(aurora.clusterIdentifier, cluster.status, event));
    }
    say(progressText(`cluster ${aurora.clusterIdentifier}`, cluster.status, cluster));
    await sleep(waitMs, undefined, {signal});
  }
}

const firstWaitMs = 200;
const mostWaitMs = 15_000;

async function clusterOfRun(
  aurora: AuroraWriter,
  run: RunEntry,
  signal: AbortSignal,
): Promise<RestoredCluster> {
  const cluster = await aurora.restore.cluster(signal);
  if (!cluster) {
    throw new SwitcharooError(clusterMissing(aurora.clusterIdentifier));
  }
  if (!isOfRun(cluster, run)) {
    throw new SwitcharooError(clusterOfAnotherRun(aurora.clusterIdentifier, run.id));
  }
  return cluster;
}

/** RDS deletes nothing that it is still creating. */
async function untilCreated(
  aurora: AuroraWriter,
  signal: AbortSignal,
  say: ReportProgress,
): Promise<RestoredCluster | null> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 1.5, mostWaitMs)) {
    const cluster = await aurora.restore.cluster(signal);
    const states = cluster ? [cluster.status, ...cluster.instances.map(({status}) => status)] : [];
    if (!states.includes('creating')) {
      return cluster;
    }
    say(`cluster ${aurora.clusterIdentifier} is being created; it is deleted once it exists`);
    await sleep(waitMs, undefined, {signal});
  }
}

async function refuseIfKept(
  aurora: AuroraWriter,
  run: RunEntry,
  signal: AbortSignal,
): Promise<void> {
  const reason = await keepReason(aurora, await clusterOfRun(aurora, run, signal), signal);
  if (reason !== null) {
    throw new SwitcharooError(clusterKept(aurora.clusterIdentifier, reason));
  }
}
