import type {CloudWatchClient} from '@aws-sdk/client-cloudwatch';
import {SwitcharooError} from '../../src/index.ts';

/** What CloudWatch measures of one thing. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly worst: 'Maximum' | 'Minimum';
}

type NotMeasured = {readonly kind: 'not-measured'; readonly why: string};
export type Worst = {readonly kind: 'measured'; readonly value: number} | NotMeasured;

type Sdk = typeof import('@aws-sdk/client-cloudwatch');
type Asking = {readonly now: Date; readonly signal: AbortSignal};
type CloudWatch = {readonly sdk: Sdk; readonly client: CloudWatchClient};

/** The worst value of the last day, of each metric in turn. */
export async function worstOfLastDay(
  cloudWatch: CloudWatch,
  metrics: readonly Metric[],
  asking: Asking,
): Promise<readonly Worst[]> {
  const found = await valuesOf(cloudWatch, metrics, {...asking, lastMs: dayMs, periodS: hour});
  return metrics.map(({worst}, index) => {
    const values = found[index] ?? [];
    return values.length === 0
      ? {kind: 'not-measured', why: 'CloudWatch has measured nothing in the last day'}
      : {kind: 'measured', value: Math[worst === 'Maximum' ? 'max' : 'min'](...values)};
  });
}

/** The worst value of the newest five minutes of which CloudWatch has one, within the last hour. */
export async function newest(
  cloudWatch: CloudWatch,
  metric: Metric,
  asking: Asking,
): Promise<Worst> {
  const window = {...asking, lastMs: hour * 1_000, periodS: fiveMinutes};
  const [values] = await valuesOf(cloudWatch, [metric], window);
  const [value] = values ?? [];
  return value === undefined
    ? {kind: 'not-measured', why: 'CloudWatch has measured nothing in the last hour'}
    : {kind: 'measured', value};
}

/** Newest first. */
async function valuesOf(
  {sdk, client}: CloudWatch,
  metrics: readonly Metric[],
  {now, signal, lastMs, periodS}: Asking & {readonly lastMs: number; readonly periodS: number},
): Promise<readonly (readonly number[])[]> {
  const command = new sdk.GetMetricDataCommand({
    StartTime: new Date(now.getTime() - lastMs),
    EndTime: now,
    ScanBy: 'TimestampDescending',
    MetricDataQueries: metrics.map(({namespace, name, dimensions, worst}, index) => ({
      Id: idOf(index),
      MetricStat: {
        Stat: worst,
        Period: periodS,
        Metric: {
          Namespace: namespace,
          MetricName: name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({Name, Value})),
        },
      },
    })),
  });
  const {MetricDataResults: found = []} = await client.send(command, {abortSignal: signal});
  return metrics.map((_, index) => found.find(({Id}) => Id === idOf(index))?.Values ?? []);
}

/** What is measured is worth knowing, and no reason to stop. */
export function notMeasured(error: unknown, signal: AbortSignal): NotMeasured {
  if (error instanceof SwitcharooError && !signal.aborted) {
    return {kind: 'not-measured', why: error.problem.message.replace(/\.$/, '')};
  }
  throw error;
}

const idOf = (index: number): string => `m${index}`;

const dayMs = 24 * 3_600_000;
const hour = 3_600;
const fiveMinutes = 300;
