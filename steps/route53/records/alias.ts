import {z} from 'zod';

/** An alias in the input of a step. `elb.routes-hosts` gives that of a load balancer. */
export const aliasInput = z.object({
  /** Of the zone that the name below lies in: for a load balancer its CanonicalHostedZoneId. */
  hostedZoneId: z.string(),
  dnsName: z.string(),
  /** True: Route 53 leaves the answer out while the target is unhealthy, where another set can answer instead. */
  evaluateTargetHealth: z.boolean().default(false),
});

/** The TTL of a load balancer's name, and of an alias to it: AWS sets it, and it cannot be changed. */
export const aliasTtlSeconds = 60;

/** Types that send clients to an address: a set that the step does not change keeps sending them to the old one. */
export const addressTypes = ['A', 'AAAA', 'CNAME', 'HTTPS', 'SVCB'];
