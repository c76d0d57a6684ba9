import {
  type AwsConfig,
  awsClients,
  type Metric,
  notMeasured,
  type Worst,
  worstOfLastDay,
} from '../../aws/index.ts';
import type {LeastCapacity} from '../contract.ts';

/** Reads the capacity of instances from CloudWatch. */
export function capacityReader(config: AwsConfig) {
  const cloudWatch = awsClients(
    config,
    () => import('@aws-sdk/client-cloudwatch'),
    (sdk, settings) => new sdk.CloudWatchClient(settings),
    {reads: 'slow'},
  );
  return {
    /** A metric that cannot be read is `not-measured`, with the reason. */
    least: async (instance: string, signal: AbortSignal): Promise<LeastCapacity> => {
      const least = (name: string): Metric => ({
        namespace: 'AWS/RDS',
        name,
        dimensions: {DBInstanceIdentifier: instance},
        worst: 'Minimum',
      });
      const metrics = [least('FreeLocalStorage'), least('FreeableMemory')];
      const [localStorage = missing, memory = missing] = await cloudWatch
        .ask(`instance ${instance}`, ({sdk, reading}) =>
          worstOfLastDay({sdk, client: reading}, metrics, {now: new Date(), signal}),
        )
        .catch((error: unknown) => metrics.map(() => notMeasured(error, signal)));
      return {localStorage, memory};
    },
    close: cloudWatch.close,
  };
}

const missing: Worst = {kind: 'not-measured', why: 'CloudWatch returned no value'};
