import {defineFragment} from 'switcharoo';
import {openWrites} from 'switcharoo/aurora';
import {watchMetrics} from 'switcharoo/cloudwatch';
import {watchReplication} from 'switcharoo/mysql';
import {z} from 'zod';

export const watched = z.object({
  /** Watches the new side before a person accepts it. Metrics need a target `cloudwatch`. */
  watch: z
    .object({
      /** Less than one only in a rehearsal: CloudWatch has a value a minute. */
      minutes: z.coerce.number().positive().default(10),
      /** How far the old source may be behind Aurora. */
      lagMsMax: z.coerce.number().int().optional(),
      alarms: z.array(z.string()).default([]),
      alarmPrefix: z.string().optional(),
      balancer: z
        .object({
          loadBalancer: z.string(),
          errorPercentMax: z.coerce.number().optional(),
          latencyMsMax: z.coerce.number().optional(),
          /** With fewer requests, nothing is proven. */
          requestsMin: z.coerce.number().optional(),
        })
        .optional(),
    })
    .optional(),
});
type Watched = z.output<typeof watched>;

/** What the question whether the cutover is accepted comes after. */
export const watchIds = ['watch-replication', 'watch-metrics'] as const;

/** Before the question whether the cutover is accepted: what a reversal relies on, and what visitors see. */
export const watch = defineFragment(
  {params: watched, targets: {}, earlier: {'open-writes': openWrites}},
  (runbook) =>
    runbook
      // It belongs to the phase of the question after it.
      .phase('Cut over')
      .each(
        'watch-replication',
        {
          title: 'Watch reverse replication',
          of: ({watch: of}) => (of ? [of] : []),
          name: () => 'source',
        },
        watchReplication,
        ({minutes, lagMsMax}) => ({
          on: {upstream: 'aurora', replica: 'source'},
          input: ({times}) => ({
            since: times['open-writes'],
            minutes,
            ...(lagMsMax === undefined ? {} : {lagMsMax}),
          }),
          after: ['open-writes'],
        }),
      )
      .each(
        'watch-metrics',
        {
          title: 'Watch metrics',
          of: ({watch: of}: Watched) =>
            (of ? [of] : []).filter(
              ({alarms, alarmPrefix, balancer}) =>
                alarms.length > 0 || alarmPrefix !== undefined || balancer !== undefined,
            ),
          name: () => 'cloudwatch',
        },
        watchMetrics,
        ({minutes, alarms, alarmPrefix, balancer}) => ({
          on: {cloudwatch: 'cloudwatch'},
          input: ({times}) => ({
            since: times['open-writes'],
            ...{minutes, alarms, alarmPrefix, balancer},
          }),
          after: ['open-writes'],
        }),
      ),
);
