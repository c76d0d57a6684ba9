import {createHash} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {
  blocked,
  defineStep,
  done,
  pending,
  type ReportProgress,
  SwitcharooError,
  waiting,
} from '../../src/index.ts';
import type {AuroraReader, AuroraWriter, Snapshot} from './contract.ts';
import {type RunEntry, tagsOf} from './restore/restored-cluster.ts';
import {snapshotOfOthers} from './snapshot/problems.ts';
import {auroraCluster} from './target.ts';

/** A restorable state of the cluster before a change, such as that writes are opened there. */
export const takeSnapshot = defineStep({
  name: 'aurora.take-snapshot',
  summary: 'Take a snapshot of the Aurora cluster, and wait until it is available.',
  targets: {aurora: auroraCluster},
  input: z.object({}),
  before: z.object({snapshot: z.null()}),
  output: z.object({snapshot: z.string(), takenAt: z.string().nullable()}),
  needs: {
    aurora: [
      'rds:DescribeDBClusterSnapshots',
      'rds:CreateDBClusterSnapshot',
      'rds:AddTagsToResource',
      'rds:DeleteDBClusterSnapshot',
    ],
  },
  reverses:
    'Deletes the snapshot that this run took: the next run takes a new one. Copies of it are kept.',
  effects: [],
  // A large cluster takes an hour and more; nobody waits for it.
  timeoutMs: 6 * 3_600_000,
  poll: {firstMs: 500, mostMs: 15_000},

  async check({targets: {aurora}, run, signal}) {
    const identifier = snapshotNameOf(aurora, run);
    const snapshot = await aurora.snapshots.find(identifier, signal);
    if (!snapshot) {
      return pending(
        {snapshot: null},
        {
          what: `snapshot of cluster ${aurora.clusterIdentifier}`,
          is: 'missing',
          shouldBe: 'available',
        },
      );
    }
    if (!isOfRun(snapshot, run)) {
      const {message, hint} = snapshotOfOthers(identifier, run.id);
      return blocked(message, hint);
    }
    switch (snapshot.status) {
      case 'available':
        return done({snapshot: identifier, takenAt: snapshot.takenAt?.toISOString() ?? null});
      case 'failed':
        return blocked(
          `RDS could not finish the snapshot ${identifier} of cluster ${aurora.clusterIdentifier}.`,
          `Read the cause: aws rds describe-events --source-type db-cluster-snapshot. Then delete the snapshot and resume: aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier ${identifier}`,
        );
      default:
        return waiting(`snapshot ${identifier} is ${snapshot.status}, ${snapshot.percent} %`);
    }
  },

  async plan({targets: {aurora}, run, signal}) {
    const snapshot = await aurora.snapshots.find(snapshotNameOf(aurora, run), signal);
    return snapshot ? [] : [taking(aurora, run)];
  },

  async reverse({targets: {aurora}, run, signal}) {
    const snapshot = await aurora.snapshots.find(snapshotNameOf(aurora, run), signal);
    return snapshot && isOfRun(snapshot, run) ? [deleting(aurora, run)] : [];
  },
});

const taking = (aurora: AuroraReader, run: RunEntry) =>
  ({
    on: 'aurora',
    does: `take a snapshot of cluster ${aurora.clusterIdentifier}`,
    perform: async ({snapshots}: AuroraWriter, signal: AbortSignal) => {
      signal.throwIfAborted();
      const identifier = snapshotNameOf(aurora, run);
      // An earlier try may have been heard although its answer was lost.
      if (!(await snapshots.find(identifier, signal))) {
        await snapshots.take(identifier, tagsOf(run), signal);
      }
    },
  }) as const;

const deleting = (aurora: AuroraReader, run: RunEntry) =>
  ({
    on: 'aurora',
    does: `delete the snapshot of cluster ${aurora.clusterIdentifier} that this run took`,
    perform: async (writer: AuroraWriter, signal: AbortSignal, say: ReportProgress) => {
      signal.throwIfAborted();
      const identifier = snapshotNameOf(aurora, run);
      const snapshot = await untilCreated(writer, identifier, signal, say);
      if (!snapshot || snapshot.status === 'deleting') {
        return;
      }
      if (!isOfRun(snapshot, run)) {
        throw new SwitcharooError(snapshotOfOthers(identifier, run.id));
      }
      await writer.snapshots.remove(identifier, signal);
    },
  }) as const;

/** RDS deletes no snapshot that it is still creating (API reference, DeleteDBClusterSnapshot). */
async function untilCreated(
  {snapshots}: AuroraReader,
  identifier: string,
  signal: AbortSignal,
  say: ReportProgress,
): Promise<Snapshot | null> {
  for (;;) {
    const snapshot = await snapshots.find(identifier, signal);
    if (snapshot?.status !== 'creating') {
      return snapshot;
    }
    say(
      `snapshot ${identifier} is being created, ${snapshot.percent} %; it is deleted once it exists`,
    );
    await sleep(pauseMs, undefined, {signal});
  }
}

const pauseMs = 1_000;

/**
 * The same for the same entry of a run, so that a lost answer leaves no second one. RDS takes 63 letters, digits and
 * hyphens, and a cluster's own name has up to 63 (API reference, CreateDBClusterSnapshot).
 */
function snapshotNameOf({clusterIdentifier}: AuroraReader, {id, entry}: RunEntry): string {
  const key = createHash('sha256').update(`${id} ${entry}`).digest('hex').slice(0, 12);
  return `${clusterIdentifier.slice(0, 39).replace(/-$/, '')}-switcharoo-${key}`.toLowerCase();
}

const isOfRun = ({tags}: Snapshot, run: RunEntry): boolean =>
  Object.entries(tagsOf(run)).every(([name, value]) => tags[name] === value);
