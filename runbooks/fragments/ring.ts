import {defineFragment} from 'switcharoo';
import {auroraCluster, openWritesInRing, replicateFrom, takeRingDown} from 'switcharoo/aurora';
import {armRing, caughtUp, mysqlServer, ringPossible} from 'switcharoo/mysql';
import {hostedZone, lowerTtl, restoreTtl, swapRecords} from 'switcharoo/route53';
import {z} from 'zod';

/** Days before a cutover: Aurora's writes will come back to the source. From here on nobody may write on Aurora. */
export const prepareRing = defineFragment(
  {
    params: z.object({
      /** How the old source reaches Aurora. */
      auroraHost: z.string(),
      auroraPort: z.coerce.number().int(),
      /**
       * The source accepts writes again by itself so long after its freeze was prepared, if nobody opens Aurora: where
       * it can (5.6 and MariaDB, event_scheduler ON). Without it only a resume or a reversal ends the freeze.
       */
      freezeEndsItselfAfterSeconds: z.coerce.number().int().positive().optional(),
    }),
    targets: {source: mysqlServer, replica: mysqlServer, aurora: auroraCluster},
    earlier: {replicate: replicateFrom, near: caughtUp},
  },
  (runbook) =>
    runbook
      .phase('Arm the ring')
      .step('ring-possible', ringPossible, {
        on: {source: 'source', replica: 'replica', aurora: 'aurora'},
        input: () => ({}),
        after: ['replicate'],
      })
      .step('arm-ring', armRing, {
        on: {source: 'source', replica: 'replica', aurora: 'aurora'},
        input: ({params}) => ({host: params.auroraHost, port: params.auroraPort}),
        after: ['near', 'ring-possible'],
      }),
);

export const freezeOf = ({freezeEndsItselfAfterSeconds}: z.output<typeof prepareRing.params>) => ({
  endsItselfAfterSeconds: freezeEndsItselfAfterSeconds ?? null,
});

/** After the cutover is accepted: restore the TTL, and take the ring down at the point of no return. */
export const settleRing = defineFragment(
  {
    params: z.object({lagMsMax: z.coerce.number().int().default(2_000)}),
    targets: {source: mysqlServer, aurora: auroraCluster, zone: hostedZone},
    earlier: {'lower-ttl': lowerTtl, 'open-writes': openWritesInRing, swap: swapRecords},
  },
  (runbook) =>
    runbook
      .phase('Settle')
      .step('reverse-caught-up', caughtUp, {
        on: {upstream: 'aurora', replica: 'source'},
        input: ({params}) => ({lagMsMax: params.lagMsMax}),
        after: ['open-writes'],
      })
      .pointOfNoReturn('Writes on Aurora no longer reach the old source.')
      // Aurora's own procedures for it take seconds: nobody waits for them here.
      .step('take-ring-down', takeRingDown, {
        on: {aurora: 'aurora', source: 'source'},
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
