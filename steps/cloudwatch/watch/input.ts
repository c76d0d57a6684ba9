import {z} from 'zod';

const statistic = z
  .string()
  .regex(
    /^(Sum|Average|Minimum|Maximum|p\d{1,2}(\.\d+)?)$/,
    'must be Sum, Average, Minimum, Maximum or a percentile such as p99',
  );

const balancer = z.object({
  /** The end of its ARN: `app/shop/50dc6c495c0c9188`. The whole ARN is taken too. */
  loadBalancer: z.string().transform((name) => name.replace(/^arn:.*:loadbalancer\//, '')),
  /** Answers with 5xx, of the load balancer and of its targets, in percent of all requests. */
  errorPercentMax: z.coerce.number().min(0).max(100).default(1),
  /** How long the targets may take to answer, in ms. */
  latencyMsMax: z.coerce.number().positive().default(1_000),
  latencyStatistic: statistic.default('p99'),
  /** With fewer requests, nothing is proven. */
  requestsMin: z.coerce.number().int().min(1).default(100),
});

const metric = z
  .object({
    /** As a person reads it: `replication lag of Aurora`. */
    title: z.string().min(1),
    namespace: z.string(),
    name: z.string(),
    dimensions: z.record(z.string(), z.string()).default({}),
    statistic: statistic.default('Maximum'),
    atMost: z.coerce.number().optional(),
    atLeast: z.coerce.number().optional(),
  })
  .refine(({atMost, atLeast}) => atMost !== undefined || atLeast !== undefined, {
    error: 'set atMost, atLeast or both',
  });

export const watchInput = z
  .object({
    /** From when it counts: when writes were opened, say. */
    since: z.coerce.date(),
    /** CloudWatch has a value a minute: less is of use in the lab only. */
    minutes: z.coerce
      .number()
      .positive()
      .max(24 * 60)
      .default(10),
    alarms: z.array(z.string()).default([]),
    alarmPrefix: z.string().min(1).optional(),
    balancer: balancer.optional(),
    metrics: z.array(metric).default([]),
    /** How long it waits for values that are late, in ms, until it is inconclusive. */
    lateMsMax: z.coerce
      .number()
      .int()
      .min(0)
      .default(5 * 60_000),
  })
  .refine(
    ({alarms, alarmPrefix, balancer: of, metrics}) =>
      alarms.length + metrics.length > 0 || of !== undefined || alarmPrefix !== undefined,
    {error: 'name alarms, a load balancer or metrics'},
  );

export type WatchInput = z.output<typeof watchInput>;
export type WatchedBalancer = z.output<typeof balancer>;
export type MetricLimit = z.output<typeof metric>;
