import {defineFragment} from 'switcharoo';
import {ecsService} from 'switcharoo/ecs';
import {loadBalancer, routesHosts} from 'switcharoo/elb';
import {certificatesValid, webSite} from 'switcharoo/smoke';
import {z} from 'zod';
import {namesOf, siteNames} from './names.ts';

/** Before anybody waits: every name reaches the new service, and shows its visitors a valid certificate. */
export const newSideReady = defineFragment(
  {
    params: z.object({
      ...siteNames.shape,
      /** The port on which the new side's load balancer answers for the site. */
      sitePort: z.coerce.number().int().default(443),
      /** The port at which its certificates are checked, and for how many more days they must be valid. */
      tlsPort: z.coerce.number().int().default(443),
      certificateDaysLeft: z.coerce.number().int().nonnegative().default(14),
    }),
    targets: {service: ecsService, balancer: loadBalancer, site: webSite},
    earlier: {},
  },
  (runbook) =>
    runbook
      .phase('Check the new side')
      .step('names-routed', routesHosts, {
        on: {balancer: 'balancer', service: 'service'},
        input: ({params}) => ({port: params.sitePort, hosts: namesOf(params)}),
      })
      .step('certificates', certificatesValid, {
        on: {site: 'site'},
        input: ({params, outputs}) => ({
          names: namesOf(params),
          at: [outputs['names-routed'].alias.dnsName],
          port: params.tlsPort,
          daysLeft: params.certificateDaysLeft,
        }),
      }),
);
