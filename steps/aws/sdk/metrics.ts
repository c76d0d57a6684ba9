import type {CloudWatchClient, GetMetricDataCommandOutput} from '@aws-sdk/client-cloudwatch';
import {SwitcharooError, shifted} from '../../../src/index.ts';
import {oneLine} from './problems.ts';

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

/** The values of each metric by the minute, oldest first. `statistic`: `Sum`, `p99` and the like. */
export async function metricSeries(
  {sdk, client}: CloudWatch,
  metrics: readonly StatisticOf[],
  {from, to, signal}: {readonly from: Date; readonly to: Date; readonly signal: AbortSignal},
): Promise<readonly (readonly {readonly at: Date; readonly value: number}[])[]> {
  const request = {
    StartTime: from,
    EndTime: to,
    ScanBy: 'TimestampAscending' as const,
    MetricDataQueries: queriesOf(metrics, minute),
  };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(longestAnswerMs)]);
  const pages = sdk.paginateGetMetricData({client}, request, {abortSignal: limited});
  const series = metrics.map((): {at: Date; value: number}[] => []);
  for await (const {MetricDataResults = []} of pages) {
    for (const {Id, Values = [], Timestamps = []} of MetricDataResults) {
      const ofMetric = series.find((_, index) => queryId(index) === Id);
      Values.forEach((value, index) => {
        const at = Timestamps[index];
        if (at) {
          ofMetric?.push({at, value});
        }
      });
    }
  }
  return series;
}

interface StatisticOf extends Pick<Metric, 'namespace' | 'name' | 'dimensions'> {
  readonly statistic: string;
}

const queriesOf = (metrics: readonly StatisticOf[], periodS: number) =>
  metrics.map(({namespace, name, dimensions, statistic}, index) => ({
    Id: queryId(index),
    MetricStat: {
      Stat: statistic,
      Period: periodS,
      Metric: {
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({Name, Value})),
      },
    },
  }));

/** The values of each metric, newest first. */
async function valuesOf(
  {sdk, client}: CloudWatch,
  metrics: readonly Metric[],
  {now, signal, lastMs, periodS}: Request & {readonly lastMs: number; readonly periodS: number},
): Promise<readonly (readonly number[])[]> {
  const request = {
    StartTime: shifted(now, -lastMs),
    EndTime: now,
    ScanBy: 'TimestampDescending' as const,
    MetricDataQueries: queriesOf(
      metrics.map((metric) => ({...metric, statistic: metric.worst})),
      periodS,
    ),
  };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(longestAnswerMs)]);
  const pages = sdk.paginateGetMetricData({client}, request, {abortSignal: limited});
  return valuesByQuery(pages, metrics.length);
}

/** A page may lack a query, or the values of one that an earlier page began. */
async function valuesByQuery(
  pages: AsyncIterable<GetMetricDataCommandOutput>,
  queries: number,
): Promise<readonly (readonly number[])[]> {
  const values: number[][] = Array.from({length: queries}, () => []);
  for await (const {MetricDataResults = []} of pages) {
    for (const {Id, Values = []} of MetricDataResults) {
      values.find((_, index) => queryId(index) === Id)?.push(...Values);
    }
  }
  return values;
}

/**
 * What cannot be read is said, and stops nothing: a missing right, a figure that the service does not have, a service
 * that is late. An operator who stops the run, and a fault of ours, do.
 */
export function notMeasured(error: unknown, signal: AbortSignal): NotMeasured {
  if (signal.aborted || !(error instanceof Error)) {
    throw error;
  }
  if (error instanceof SwitcharooError) {
    return {kind: 'not-measured', why: error.problem.message.replace(/\.$/, '')};
  }
  if (error.name === 'AbortError' || error.name === 'TimeoutError') {
    return {kind: 'not-measured', why: `AWS has not answered within ${longestAnswerMs / 1_000} s`};
  }
  if ('$fault' in error) {
    const answer = oneLine(error.message).replace(/\.$/, '');
    return {kind: 'not-measured', why: answer ? `${error.name}: ${answer}` : error.name};
  }
  throw error;
}

const queryId = (index: number): string => `m${index}`;

/** Less than a check may take: it is the figure that is given up, and not the check. */
const longestAnswerMs = 20_000;
const dayMs = 24 * 3_600_000;
const hour = 3_600;
const minute = 60;
const fiveMinutes = 300;
