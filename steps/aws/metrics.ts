import type {CloudWatchClient} from '@aws-sdk/client-cloudwatch';
import {SwitcharooError} from '../../src/index.ts';

/** What CloudWatch measures of one thing. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly worst: 'Maximum' | 'Minimum';
}

export type Worst =
  | {readonly kind: 'measured'; readonly value: number}
  | {readonly kind: 'not-measured'; readonly why: string};

type Sdk = typeof import('@aws-sdk/client-cloudwatch');
type Asking = {readonly now: Date; readonly signal: AbortSignal};

/** The worst value of the last day, of each metric in turn. */
export async function worstOfLastDay(
  {sdk, client}: {readonly sdk: Sdk; readonly client: CloudWatchClient},
  metrics: readonly Metric[],
  {now, signal}: Asking,
): Promise<readonly Worst[]> {
  const command = new sdk.GetMetricDataCommand({
    StartTime: new Date(now.getTime() - dayMs),
    EndTime: now,
    MetricDataQueries: metrics.map(({namespace, name, dimensions, worst}, index) => ({
      Id: idOf(index),
      MetricStat: {
        Stat: worst,
        Period: hour,
        Metric: {
          Namespace: namespace,
          MetricName: name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({Name, Value})),
        },
      },
    })),
  });
  const {MetricDataResults: found = []} = await client.send(command, {abortSignal: signal});
  return metrics.map(({worst}, index) => {
    const values = found.find(({Id}) => Id === idOf(index))?.Values ?? [];
    return values.length === 0
      ? {kind: 'not-measured', why: 'CloudWatch has measured nothing in the last day'}
      : {kind: 'measured', value: Math[worst === 'Maximum' ? 'max' : 'min'](...values)};
  });
}

/** What is measured is worth knowing, and no reason to stop. */
export function notMeasured(error: unknown, signal: AbortSignal): Worst {
  if (error instanceof SwitcharooError && !signal.aborted) {
    return {kind: 'not-measured', why: error.problem.message.replace(/\.$/, '')};
  }
  throw error;
}

const idOf = (index: number): string => `m${index}`;

const dayMs = 24 * 3_600_000;
const hour = 3_600;
