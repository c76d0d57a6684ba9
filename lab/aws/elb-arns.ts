import {arnIn} from './partition.ts';

export interface Arns {
  readonly loadBalancer: string;
  readonly listener: string;
  readonly tlsListener: string;
  readonly targetGroup: string;
}

interface BalancerPlace {
  readonly name: string;
  readonly region?: string;
  readonly accountId?: string;
}

/** The target group's ARN is known from the names alone: services are made before the load balancer's API. */
export function arnsOf({
  name,
  region = 'us-east-1',
  accountId = '123456789012',
}: BalancerPlace): Arns {
  const prefix = `${arnIn(region)}:elasticloadbalancing:${region}:${accountId}`;
  return {
    loadBalancer: `${prefix}:loadbalancer/app/${name}/50dc6c495c0c9188`,
    listener: `${prefix}:listener/app/${name}/50dc6c495c0c9188/f2f7dc8efc522ab2`,
    tlsListener: `${prefix}:listener/app/${name}/50dc6c495c0c9188/a6f1c3e09b7d4e52`,
    targetGroup: `${prefix}:targetgroup/${name}/73e2d6bc24d8a067`,
  };
}

/** The ARN of a target group of the load balancer, also of the one with its own name. */
export const groupArnOf = (options: Parameters<typeof arnsOf>[0], name: string): string =>
  arnsOf({...options, name}).targetGroup;
