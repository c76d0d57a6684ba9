export {
  type AwsClients,
  awsClients,
  type ClientSettings,
  type LazyAwsClients,
} from './sdk/clients.ts';
export {type Metric, newest, notMeasured, type Worst, worstOfLastDay} from './sdk/metrics.ts';
export {askAws, awsProblem, oneLine} from './sdk/problems.ts';
export {awsRights, type ResourcesOf} from './sdk/rights.ts';
export {type AwsConfig, awsConfig, readingClient, writingClient} from './sdk/settings.ts';
