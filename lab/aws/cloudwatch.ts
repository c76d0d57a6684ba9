import {type JsonInput, jsonService} from './json-service.ts';
import {AwsError, json10Reply} from './replies.ts';
import type {AwsService} from './service.ts';

/** What is measured now, under the names that CloudWatch has for it. */
export type Measure = (metric: {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}) => readonly number[];

interface Query {
  readonly Id?: string;
  readonly MetricStat?: {
    readonly Stat?: string;
    readonly Metric?: {
      readonly Namespace?: string;
      readonly MetricName?: string;
      readonly Dimensions?: readonly {readonly Name: string; readonly Value: string}[];
    };
  };
}

/** GetMetricData of CloudWatch, over what is measured at the moment of the call: the lab keeps no past. */
export function createCloudWatch(measure: Measure): AwsService {
  const service = jsonService('monitoring', 'GraniteServiceVersion20100801.', {
    GetMetricData: (input) => ({
      MetricDataResults: queriesOf(input).map((query) => result(query, measure)),
    }),
  });
  return {...service, handle: async (request) => json10Reply(await service.handle(request))};
}

// A client of the SDK sends the modelled shape.
const queriesOf = (input: JsonInput): readonly Query[] =>
  (input['MetricDataQueries'] ?? []) as readonly Query[];

function result(
  {Id = '', MetricStat: {Stat = 'Average', Metric = {}} = {}}: Query,
  measure: Measure,
) {
  if (!(Stat in statistics)) {
    throw new AwsError('ValidationError', `The value ${Stat} for parameter Stat is invalid.`);
  }
  const values = measure({
    namespace: Metric.Namespace ?? '',
    name: Metric.MetricName ?? '',
    dimensions: Object.fromEntries((Metric.Dimensions ?? []).map(({Name, Value}) => [Name, Value])),
  });
  const has = values.length > 0;
  return {
    Id,
    Label: Metric.MetricName,
    Timestamps: has ? [Math.floor(Date.now() / 1_000)] : [],
    Values: has ? [statistics[Stat]?.(values)] : [],
    StatusCode: 'Complete',
  };
}

const statistics: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
};
