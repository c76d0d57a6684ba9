import type {CloudWatchClient} from '@aws-sdk/client-cloudwatch';
import {type AwsConfig, readingClient} from '../../aws/client.ts';
import {type Metric, notMeasured, type Worst, worstOfLastDay} from '../../aws/metrics.ts';
import {askAws} from '../../aws/problems.ts';

/** The least that an instance had left in the last day, in bytes. */
export interface LeastRoom {
  /** For temporary tables and sorting, and for logs: what a cluster's volume gives no room for. */
  readonly localStorage: Worst;
  readonly memory: Worst;
}

/** Asks CloudWatch, and loads its client only then. */
export function roomOf(config: AwsConfig) {
  let client: CloudWatchClient | undefined;
  return {
    least: async (instance: string, signal: AbortSignal): Promise<LeastRoom> => {
      const least = (name: string): Metric => ({
        namespace: 'AWS/RDS',
        name,
        dimensions: {DBInstanceIdentifier: instance},
        worst: 'Minimum',
      });
      const metrics = [least('FreeLocalStorage'), least('FreeableMemory')];
      const [localStorage = unasked, memory = unasked] = await askAws(
        `instance ${instance}`,
        async () => {
          const sdk = await import('@aws-sdk/client-cloudwatch');
          client ??= new sdk.CloudWatchClient(readingClient(config));
          return worstOfLastDay({sdk, client}, metrics, {now: new Date(), signal});
        },
      ).catch((error: unknown) => metrics.map(() => notMeasured(error, signal)));
      return {localStorage, memory};
    },
    close: () => client?.destroy(),
  };
}

const unasked: Worst = {kind: 'not-measured', why: 'nobody asked'};
