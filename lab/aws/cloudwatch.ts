import {type LabAlarm, operationsOn} from './cloudwatch-alarms.ts';
import {type JsonInput, jsonService} from './json-service.ts';
import {AwsError, json10Reply} from './replies.ts';
import type {AwsService} from './service.ts';

/** What was measured, under the names that CloudWatch has for it: now, or at another time. */
export type Measure = (metric: {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}) => readonly (number | Measured)[];

interface Measured {
  readonly at: Date;
  readonly value: number;
}

interface Query {
  readonly Id?: string;
  readonly MetricStat?: {
    readonly Stat?: string;
    readonly Period?: number;
    readonly Metric?: {
      readonly Namespace?: string;
      readonly MetricName?: string;
      readonly Dimensions?: readonly {readonly Name: string; readonly Value: string}[];
    };
  };
}

/** CloudWatch: GetMetricData over what is measured, and alarms with their actions. */
export function createCloudWatch(measure: Measure, alarms: LabAlarm[] = []): AwsService {
  const service = jsonService('monitoring', 'GraniteServiceVersion20100801.', {
    GetMetricData: (input) => ({
      MetricDataResults: queriesOf(input).map((query) => result(query, input, measure)),
    }),
    ...operationsOn(alarms),
  });
  return {...service, handle: async (request) => json10Reply(await service.handle(request))};
}

// A client of the SDK sends the modelled shape.
const queriesOf = (input: JsonInput): readonly Query[] =>
  (input['MetricDataQueries'] ?? []) as readonly Query[];

function result(
  {Id = '', MetricStat: {Stat = 'Average', Period = 60, Metric = {}} = {}}: Query,
  input: JsonInput,
  measure: Measure,
) {
  const statistic = statisticOf(Stat);
  // What is measured now was measured by the end of the time that is asked for, whatever the caller's clock says.
  const now = new Date(Number(input['EndTime']) * 1_000);
  const values = measure({
    namespace: Metric.Namespace ?? '',
    name: Metric.MetricName ?? '',
    dimensions: Object.fromEntries((Metric.Dimensions ?? []).map(({Name, Value}) => [Name, Value])),
  }).map((value) => (typeof value === 'number' ? {at: now, value} : value));
  const periods = new Map<number, number[]>();
  for (const {at, value} of values) {
    const seconds = at.getTime() / 1_000;
    if (seconds >= Number(input['StartTime']) && seconds <= Number(input['EndTime'])) {
      const begin = Math.floor(seconds / Period) * Period;
      periods.set(begin, [...(periods.get(begin) ?? []), value]);
    }
  }
  const inOrder = [...periods].sort(([left], [right]) => left - right);
  if (input['ScanBy'] !== 'TimestampAscending') {
    inOrder.reverse();
  }
  return {
    Id,
    Label: Metric.MetricName,
    Timestamps: inOrder.map(([begin]) => begin),
    Values: inOrder.map(([, ofPeriod]) => statistic(ofPeriod)),
    StatusCode: 'Complete',
  };
}

type Statistic = (values: readonly number[]) => number;

const sum: Statistic = (values) => values.reduce((total, value) => total + value, 0);

const statistics: Readonly<Record<string, Statistic>> = {
  Average: (values) => sum(values) / values.length,
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
  Sum: sum,
};

function statisticOf(stat: string): Statistic {
  const [, percent] = /^p(\d{1,2}(?:\.\d+)?)$/.exec(stat) ?? [];
  const statistic = percent === undefined ? statistics[stat] : percentile(Number(percent));
  if (!statistic) {
    throw new AwsError('ValidationError', `The value ${stat} for parameter Stat is invalid.`);
  }
  return statistic;
}

const percentile =
  (percent: number): Statistic =>
  (values) => {
    const inOrder = values.toSorted((left, right) => left - right);
    return inOrder[Math.ceil((percent / 100) * inOrder.length) - 1] ?? 0;
  };
