import {newest, notMeasured} from '../../aws/index.ts';
import type {ServiceAccess} from '../api/access.ts';
import type {CapacityReader, FargateKind, Quantity} from '../contract.ts';
import {freeAddressesOf} from './subnets.ts';

type AccountReader = Pick<CapacityReader, 'freeAddresses' | 'freeVcpu'>;

/** Names of the quota and of its use (Service Quotas, Fargate; ECS developer guide, "AWS Fargate usage metrics"). */
const fargate: Readonly<Record<FargateKind, {readonly quota: string; readonly class: string}>> = {
  FARGATE: {quota: 'L-3032A538', class: 'Standard/OnDemand'},
  FARGATE_SPOT: {quota: 'L-36FBB829', class: 'Standard/Spot'},
};

export const quotaOf = (kind: FargateKind): string => fargate[kind].quota;

/** What is free of what all tasks of the account share. A figure that cannot be read is no reason to stop. */
export const accountReader = (access: ServiceAccess): AccountReader => ({
  freeAddresses: (subnets, signal) =>
    freeAddresses(access, subnets, signal).catch((error: unknown) => notMeasured(error, signal)),
  freeVcpu: (kind, now, signal) =>
    freeVcpu(access, kind, now, signal).catch((error: unknown) => notMeasured(error, signal)),
});

async function freeAddresses(
  access: ServiceAccess,
  subnets: readonly string[],
  signal: AbortSignal,
): Promise<Quantity> {
  const free = await access.ecs(({reading}) =>
    freeAddressesOf(reading, access.config, subnets, signal),
  );
  if (free === undefined) {
    return {
      kind: 'not-measured',
      why: `EC2 did not return a count for each of ${subnets.join(', ')}`,
    };
  }
  const has = subnets.length === 1 ? 'subnet' : 'subnets';
  return {
    kind: 'measured',
    free,
    sentence: `${has} ${subnets.join(', ')} ${subnets.length === 1 ? 'has' : 'have'} ${free} free ${free === 1 ? 'address' : 'addresses'}`,
  };
}

async function freeVcpu(
  access: ServiceAccess,
  kind: FargateKind,
  now: Date,
  signal: AbortSignal,
): Promise<Quantity> {
  const quota = await vcpuQuota(access, kind, signal);
  const used = await access.metrics(({sdk, reading}) =>
    newest({sdk, client: reading}, vcpuMetric(kind), {now, signal}),
  );
  if (quota === undefined || used.kind === 'not-measured') {
    const why = used.kind === 'measured' ? 'Service Quotas has no value for it' : used.why;
    return {kind: 'not-measured', why};
  }
  return {
    kind: 'measured',
    free: Math.max(0, quota - used.value),
    sentence: `the account runs ${used.value} of at most ${quota} vCPU on ${kind}`,
  };
}

/** Service Quotas knows no value of its own for a quota that nobody has raised: then the default of AWS is in force. */
const vcpuQuota = (
  access: ServiceAccess,
  kind: FargateKind,
  abortSignal: AbortSignal,
): Promise<number | undefined> =>
  access.quotas(async ({sdk, reading}) => {
    const quota = {ServiceCode: 'fargate', QuotaCode: quotaOf(kind)};
    try {
      const command = new sdk.GetServiceQuotaCommand(quota);
      return (await reading.send(command, {abortSignal})).Quota?.Value;
    } catch (error) {
      if (!(error instanceof Error && error.name === 'NoSuchResourceException')) {
        throw error;
      }
      const command = new sdk.GetAWSDefaultServiceQuotaCommand(quota);
      return (await reading.send(command, {abortSignal})).Quota?.Value;
    }
  });

const vcpuMetric = (kind: FargateKind) =>
  ({
    namespace: 'AWS/Usage',
    name: 'ResourceCount',
    dimensions: {
      Service: 'Fargate',
      Type: 'Resource',
      Resource: 'vCPU',
      Class: fargate[kind].class,
    },
    worst: 'Maximum',
  }) as const;
