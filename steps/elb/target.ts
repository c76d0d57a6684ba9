import {z} from 'zod';
import {defineTarget} from '../../src/index.ts';
import {awsConfig, awsRemarks, awsRights, awsShares} from '../aws/index.ts';
import {AwsBalancerCalls} from './balancer/aws-calls.ts';
import {balancerName} from './balancer/problems.ts';
import {resourcesOf} from './balancer/resources.ts';
import {openBalancer} from './balancer/session.ts';
import {balancerPreflight} from './checks/balancer.ts';

/** An application load balancer. Its account and region are those of the AWS settings. */
export const loadBalancer = defineTarget({
  kind: 'load-balancer',
  config: z.object({loadBalancer: z.string(), ...awsConfig.shape}),
  rights: async ({loadBalancer: balancer, ...aws}, needs, context) => [
    await awsRights(aws, needs, resourcesOf(balancer), context),
  ],
  open: async (config) => ({
    ...openBalancer(balancerName(config), new AwsBalancerCalls(config)),
    remarks: () => awsRemarks(config),
  }),
  preflight: balancerPreflight,
  shares: awsShares,
});
