import {defineFragment} from 'switcharoo';
import {auroraCluster, readyAsTarget, replicateFrom} from 'switcharoo/aurora';
import {caughtUp, mysqlServer, readyAsSource, verifyOverReplica} from 'switcharoo/mysql';
import {hostedZone, lowerTtl} from 'switcharoo/route53';
import {z} from 'zod';
import {namesOf, siteNames} from './names.ts';

/** Days before a cutover: check both ends, replicate into Aurora, and lower the TTL. No user notices. */
export const prepare = defineFragment(
  {
    params: z.object({
      ...siteNames.shape,
      lowTtlSeconds: z.coerce.number().int().positive(),
      /** How Aurora reaches the dedicated replica, and the replica's position in the seed of Aurora. */
      replicaHost: z.string(),
      replicaPort: z.coerce.number().int(),
      seedFile: z.string(),
      seedPosition: z.coerce.number().int(),
      lagMsMax: z.coerce.number().int().default(2_000),
    }),
    targets: {source: mysqlServer, replica: mysqlServer, aurora: auroraCluster, zone: hostedZone},
    earlier: {},
  },
  (runbook) =>
    runbook
      .phase('Prepare')
      .step('ready-source', readyAsSource, {
        on: {source: 'source', replica: 'replica'},
        input: () => ({}),
      })
      .step('ready-aurora', readyAsTarget, {
        on: {aurora: 'aurora', source: 'source', replica: 'replica'},
        input: () => ({}),
      })
      .step('replicate', replicateFrom, {
        on: {aurora: 'aurora', upstream: 'replica'},
        input: ({params}) => ({
          host: params.replicaHost,
          port: params.replicaPort,
          file: params.seedFile,
          position: params.seedPosition,
        }),
        requires: ['ready-source', 'ready-aurora'],
      })
      .step('lower-ttl', lowerTtl, {
        on: {zone: 'zone'},
        input: ({params}) => ({
          names: namesOf(params).map((name) => ({name})),
          ttlSeconds: params.lowTtlSeconds,
        }),
      })
      .step('near', caughtUp, {
        on: {upstream: 'replica', replica: 'aurora'},
        input: ({params}) => ({lagMsMax: params.lagMsMax}),
        after: ['replicate'],
        // A first catch-up after a load of days takes hours.
        timeoutMs: 24 * 3_600_000,
      })
      // Outside the outage, and again before the cutover once it is a week old.
      .step('verify-data', verifyOverReplica, {
        on: {source: 'source', replica: 'replica', target: 'aurora'},
        input: () => ({}),
        after: ['near'],
      }),
);
