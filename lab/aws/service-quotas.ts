import {type JsonInput, jsonService} from './json-service.ts';
import {AwsError} from './replies.ts';
import type {AwsService} from './service.ts';

interface Quota {
  readonly service: string;
  readonly code: string;
  readonly name: string;
  readonly value: number;
}

/** Service Quotas, as far as a deployment asks it: quotas of the account, and the defaults of those it never raised. */
export const createServiceQuotas = (
  quotas: readonly Quota[],
  {defaults = quotas}: {readonly defaults?: readonly Quota[]} = {},
): AwsService =>
  jsonService('servicequotas', 'ServiceQuotasV20190624.', {
    GetServiceQuota: (input) => quotaIn(quotas, input),
    GetAWSDefaultServiceQuota: (input) => quotaIn(defaults, input),
  });

function quotaIn(quotas: readonly Quota[], {ServiceCode, QuotaCode}: JsonInput) {
  const quota = quotas.find(({service, code}) => service === ServiceCode && code === QuotaCode);
  if (!quota) {
    throw new AwsError(
      'NoSuchResourceException',
      'The request failed because the specified service does not exist.',
    );
  }
  return {
    Quota: {
      ServiceCode,
      QuotaCode,
      QuotaName: quota.name,
      Value: quota.value,
      Unit: 'None',
      Adjustable: true,
      GlobalQuota: false,
    },
  };
}

/** Fargate's two quotas (Service Quotas, service `fargate`). */
export const fargateQuotas = (vcpu: number): readonly Quota[] => [
  {
    service: 'fargate',
    code: 'L-3032A538',
    name: 'Fargate On-Demand vCPU resource count',
    value: vcpu,
  },
  {service: 'fargate', code: 'L-36FBB829', name: 'Fargate Spot vCPU resource count', value: vcpu},
];
