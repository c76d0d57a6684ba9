export {type AwsPlace, arnOf, partitionOf} from './sdk/arns.ts';
export {callerOf} from './sdk/caller.ts';
export {
  type AwsClients,
  awsClients,
  type ClientSettings,
  type LazyAwsClients,
} from './sdk/clients.ts';
export {AwsClock, awsClockAheadMs} from './sdk/clock.ts';
export {type AwsConfig, awsConfig, awsPartOf} from './sdk/config.ts';
export {childOf, type Ec2Element, type Ec2Sender, itemsOf, readEc2, textOf} from './sdk/ec2.ts';
export {keptAnswer, type UnknownField, unknownFields} from './sdk/kept-answer.ts';
export {
  type Metric,
  metricSeries,
  newest,
  notMeasured,
  type Worst,
  worstOfLastDay,
} from './sdk/metrics.ts';
export {everyItem} from './sdk/pages.ts';
export {askAws, awsProblem, oneLine} from './sdk/problems.ts';
export {isThrottled} from './sdk/refusals.ts';
export {regionOf} from './sdk/region.ts';
export {awsRemarks} from './sdk/remarks.ts';
export {awsRights, type ResourcesOf, simulatedRights} from './sdk/rights.ts';
export {readingClient, writingClient} from './sdk/settings.ts';
export {awsShares} from './sdk/shares.ts';
