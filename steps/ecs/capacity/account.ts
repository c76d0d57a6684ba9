import {type AwsConfig, readingClient} from '../../aws/client.ts';
import {newest, notMeasured} from '../../aws/metrics.ts';
import type {EcsNames} from '../api/aws-calls.ts';
import {lazyClients} from '../api/clients.ts';

/** What is left of what an account lends to all of its tasks, and that in words with numbers. */
export type Left =
  | {readonly kind: 'measured'; readonly left: number; readonly says: string}
  | {readonly kind: 'not-measured'; readonly why: string};

export type FargateKind = 'FARGATE' | 'FARGATE_SPOT';

export interface AccountReader {
  /** The free addresses of these subnets together: a task with a network interface of its own takes one. */
  freeAddresses(subnets: readonly string[], signal: AbortSignal): Promise<Left>;
  /** The vCPU that Fargate still gives this account beside those that run. */
  vcpu(kind: FargateKind, now: Date, signal: AbortSignal): Promise<Left>;
}

/** Names of the quota and of its use (Fargate's entry in Service Quotas; ECS developer guide, "AWS Fargate usage metrics"). */
const fargate: Readonly<Record<FargateKind, {readonly quota: string; readonly class: string}>> = {
  FARGATE: {quota: 'L-3032A538', class: 'Standard/OnDemand'},
  FARGATE_SPOT: {quota: 'L-36FBB829', class: 'Standard/Spot'},
};

export const quotaOf = (kind: FargateKind): string => fargate[kind].quota;

export function openAccount(config: AwsConfig & EcsNames): {
  readonly reader: AccountReader;
  close(): Promise<void>;
} {
  const network = lazyClients(
    config,
    async () => {
      const sdk = await import('@aws-sdk/client-ec2');
      return {sdk, client: new sdk.EC2Client(readingClient(config))};
    },
    ({client}) => [client],
  );
  const usage = lazyClients(
    config,
    async () => {
      const [quotas, metrics] = await Promise.all([
        import('@aws-sdk/client-service-quotas'),
        import('@aws-sdk/client-cloudwatch'),
      ]);
      return {
        quotas,
        metrics,
        asking: new quotas.ServiceQuotasClient(readingClient(config)),
        measuring: new metrics.CloudWatchClient(readingClient(config)),
      };
    },
    ({asking, measuring}) => [asking, measuring],
  );

  const reader: AccountReader = {
    freeAddresses: (subnets, signal) =>
      network
        .ask(async ({sdk, client}): Promise<Left> => {
          const command = new sdk.DescribeSubnetsCommand({SubnetIds: [...subnets]});
          const {Subnets: found = []} = await client.send(command, {abortSignal: signal});
          // Those that the VPC keeps for itself are not counted among them (EC2 API reference, Subnet).
          const left = found.reduce((sum, one) => sum + (one.AvailableIpAddressCount ?? 0), 0);
          const has = subnets.length === 1 ? 'subnet' : 'subnets';
          return {
            kind: 'measured',
            left,
            says: `${has} ${subnets.join(', ')} ${subnets.length === 1 ? 'has' : 'have'} ${left} free ${left === 1 ? 'address' : 'addresses'}`,
          };
        })
        .catch((error: unknown) => notMeasured(error, signal)),

    vcpu: (kind, now, signal) =>
      usage
        .ask(async ({quotas, metrics, asking, measuring}): Promise<Left> => {
          const asked = {ServiceCode: 'fargate', QuotaCode: quotaOf(kind)};
          const command = new quotas.GetServiceQuotaCommand(asked);
          const {Quota} = await asking.send(command, {abortSignal: signal});
          const used = await newest(
            {sdk: metrics, client: measuring},
            {
              namespace: 'AWS/Usage',
              name: 'ResourceCount',
              dimensions: {
                Service: 'Fargate',
                Type: 'Resource',
                Resource: 'vCPU',
                Class: fargate[kind].class,
              },
              worst: 'Maximum',
            },
            {now, signal},
          );
          const most = Quota?.Value;
          if (most === undefined || used.kind === 'not-measured') {
            const why = used.kind === 'measured' ? 'Service Quotas has no value for it' : used.why;
            return {kind: 'not-measured', why};
          }
          return {
            kind: 'measured',
            left: Math.max(0, most - used.value),
            says: `the account runs ${used.value} of at most ${most} vCPU on ${kind}`,
          };
        })
        .catch((error: unknown) => notMeasured(error, signal)),
  };
  return {
    reader,
    close: async () => {
      await Promise.all([network.close(), usage.close()]);
    },
  };
}
