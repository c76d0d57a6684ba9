import type {CloudWatchClient} from '@aws-sdk/client-cloudwatch';
import {SwitcharooError, shifted} from '../../../src/index.ts';

/** A metric of CloudWatch for one resource. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly worst: 'Maximum' | 'Minimum';
}

type NotMeasured = {readonly kind: 'not-measured'; readonly why: string};
export type Worst = {readonly kind: 'measured'; readonly value: number} | NotMeasured;

type Sdk = typeof import('@aws-sdk/client-cloudwatch');
type Request = {readonly now: Date; readonly signal: AbortSignal};
type CloudWatch = {readonly sdk: Sdk; readonly client: CloudWatchClient};

/** The worst value of each metric within the last day. */
export async function worstOfLastDay(
  cloudWatch: CloudWatch,
  metrics: readonly Metric[],
  request: Request,
): Promise<readonly Worst[]> {
  const series = await valuesOf(cloudWatch, metrics, {...request, lastMs: dayMs, periodS: hour});
  return metrics.map(({worst}, index) => {
    const values = series[index] ?? [];
    return values.length === 0
      ? {kind: 'not-measured', why: 'CloudWatch has measured nothing in the last day'}
      : {kind: 'measured', value: Math[worst === 'Maximum' ? 'max' : 'min'](...values)};
  });
}

/** The worst value of the newest five minutes that CloudWatch has measured, within the last hour. */
export async function newest(
  cloudWatch: CloudWatch,
  metric: Metric,
  request: Request,
): Promise<Worst> {
  const window = {...request, lastMs: hour * 1_000, periodS: fiveMinutes};
  const [values] = await valuesOf(cloudWatch, [metric], window);
  const [value] = values ?? [];
  return value === undefined
    ? {kind: 'not-measured', why: 'CloudWatch has measured nothing in the last hour'}
    : {kind: 'measured', value};
}

/** The values of each metric, newest first. */
async function valuesOf(
  {sdk, client}: CloudWatch,
  metrics: readonly Metric[],
  {now, signal, lastMs, periodS}: Request & {readonly lastMs: number; readonly periodS: number},
): Promise<readonly (readonly number[])[]> {
  const command = new sdk.GetMetricDataCommand({
    StartTime: shifted(now, -lastMs),
    EndTime: now,
    ScanBy: 'TimestampDescending',
    MetricDataQueries: metrics.map(({namespace, name, dimensions, worst}, index) => ({
      Id: queryId(index),
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
  const {MetricDataResults: results = []} = await client.send(command, {abortSignal: signal});
  return metrics.map((_, index) => results.find(({Id}) => Id === queryId(index))?.Values ?? []);
}

/** A metric that cannot be read is reported, and stops nothing. Other errors are thrown. */
export function notMeasured(error: unknown, signal: AbortSignal): NotMeasured {
  if (error instanceof SwitcharooError && !signal.aborted) {
    return {kind: 'not-measured', why: error.problem.message.replace(/\.$/, '')};
  }
  throw error;
}

const queryId = (index: number): string => `m${index}`;

const dayMs = 24 * 3_600_000;
const hour = 3_600;
const fiveMinutes = 300;
