export {type AwsConfig, awsConfig, readingClient, writingClient} from './client.ts';
export {
  type AwsClients,
  awsClients,
  type ClientSettings,
  type LazyAwsClients,
} from './clients.ts';
export {type Metric, newest, notMeasured, type Worst, worstOfLastDay} from './metrics.ts';
export {askAws, awsProblem, oneLine} from './problems.ts';
export {awsRights, type ResourcesOf} from './rights.ts';
