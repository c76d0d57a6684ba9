import {defineFragment} from 'switcharoo';
import {auroraCluster, openWrites} from 'switcharoo/aurora';
import {caughtUp, mysqlServer, replicateBack, stopReplication} from 'switcharoo/mysql';
import {hostedZone, lowerTtl, restoreTtl, swapRecords} from 'switcharoo/route53';
import {z} from 'zod';

/** After the cutover is accepted: restore the TTL, and stop reverse replication at the point of no return. */
export const settle = defineFragment(
  {
    params: z.object({lagMsMax: z.coerce.number().int().default(2_000)}),
    targets: {source: mysqlServer, aurora: auroraCluster, zone: hostedZone},
    earlier: {
      'lower-ttl': lowerTtl,
      'reverse-replication': replicateBack,
      'open-writes': openWrites,
      swap: swapRecords,
    },
  },
  (runbook) =>
    runbook
      .phase('Settle')
      .step('reverse-caught-up', caughtUp, {
        on: {upstream: 'aurora', replica: 'source'},
        input: ({params}) => ({lagMsMax: params.lagMsMax}),
        after: ['reverse-replication', 'open-writes'],
      })
      .pointOfNoReturn('Writes on Aurora no longer reach the old source.')
      .step('stop-replication', stopReplication, {
        on: {replica: 'source'},
        input: () => ({}),
        after: ['reverse-caught-up'],
      })
      // Until here it is low: a reversal waits until resolvers have dropped the new addresses. An alias has none.
      .step('restore-ttl', restoreTtl, {
        on: {zone: 'zone'},
        input: ({outputs}) => ({names: outputs['lower-ttl'].names}),
        after: ['swap'],
      }),
);
