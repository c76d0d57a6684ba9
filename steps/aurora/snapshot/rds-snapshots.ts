import type {DBClusterSnapshot} from '@aws-sdk/client-rds';
import {SwitcharooError} from '../../../src/index.ts';
import {oneLine} from '../../aws/index.ts';
import {type Rds, type RdsClients, undefinedIfMissing} from '../cluster/rds.ts';
import type {Snapshot, SnapshotWriter} from '../contract.ts';
import {snapshotRefused} from './problems.ts';

/** Snapshots of one cluster through the RDS API. */
export class RdsSnapshots implements SnapshotWriter {
  readonly #rds: Rds;
  readonly #cluster: string;

  constructor(rds: Rds, cluster: string) {
    this.#rds = rds;
    this.#cluster = cluster;
  }

  find(identifier: string, abortSignal: AbortSignal): Promise<Snapshot | null> {
    return this.#ask(async ({sdk, reading}) => {
      const request = {DBClusterSnapshotIdentifier: identifier};
      const answer = await reading
        .send(new sdk.DescribeDBClusterSnapshotsCommand(request), {abortSignal})
        .catch((cause) => undefinedIfMissing(cause, 'DBClusterSnapshotNotFoundFault'));
      const [described] = answer?.DBClusterSnapshots ?? [];
      return described ? snapshotOf(described) : null;
    });
  }

  async take(
    identifier: string,
    tags: Readonly<Record<string, string>>,
    abortSignal: AbortSignal,
  ): Promise<void> {
    await this.#write(({sdk, writing}) =>
      writing.send(
        new sdk.CreateDBClusterSnapshotCommand({
          DBClusterIdentifier: this.#cluster,
          DBClusterSnapshotIdentifier: identifier,
          Tags: Object.entries(tags).map(([Key, Value]) => ({Key, Value})),
        }),
        {abortSignal},
      ),
    );
  }

  async remove(identifier: string, abortSignal: AbortSignal): Promise<void> {
    const request = {DBClusterSnapshotIdentifier: identifier};
    await this.#write(({sdk, writing}) =>
      writing.send(new sdk.DeleteDBClusterSnapshotCommand(request), {abortSignal}),
    );
  }

  #ask<Answer>(call: (clients: RdsClients) => Promise<Answer>): Promise<Answer> {
    return this.#rds.ask(`cluster ${this.#cluster}`, call);
  }

  async #write(call: (clients: RdsClients) => Promise<unknown>): Promise<void> {
    await this.#ask((clients) =>
      call(clients).catch((cause: unknown) => {
        throw cause instanceof Error && isRefusal(cause.name)
          ? new SwitcharooError(snapshotRefused(this.#cluster, oneLine(cause.message)), {cause})
          : cause;
      }),
    );
  }
}

/** Errors of both calls (RDS API reference). Credentials and lost answers are handled by `askAws`. */
const isRefusal = (name: string): boolean =>
  /(Fault|QuotaExceeded|InvalidParameter\w*)$/.test(name);

const snapshotOf = (described: DBClusterSnapshot): Snapshot => ({
  status: described.Status ?? 'unknown',
  percent: described.PercentProgress ?? 0,
  cluster: described.DBClusterIdentifier ?? '',
  takenAt: described.SnapshotCreateTime ?? null,
  tags: Object.fromEntries((described.TagList ?? []).map(({Key = '', Value = ''}) => [Key, Value])),
});
