import {preflightOf} from '../../../src/index.ts';
import type {BalancerReader} from '../contract.ts';

/** Whether a load balancer is there and works. */
export const balancerPreflight = preflightOf<BalancerReader>([
  {
    name: 'balancer-not-active',
    severity: 'blocks',
    expects: 'The load balancer is active.',
    consequence: 'It answers no requests, or not all of them.',
    fix: 'Wait while it is provisioning; otherwise read its state in the EC2 console.',
    find: async (balancer, signal) => {
      const {state} = (await balancer.look(httpsPort, signal)).balancer;
      return state === 'active' ? [] : [{is: `the ${balancer.name} is ${state}`}];
    },
  },
]);

/** The state is the same whatever port is looked at. */
const httpsPort = 443;
