import {z} from 'zod';

const names = z.array(z.string()).min(1);

/** Queues that old consumers empty while visitors wait. Other queues in Redis are copied with their messages. */
export const params = z.object({
  /** `redis` is a target; the queues are keys of it. */
  redisQueues: z.array(z.object({redis: z.string(), queues: names})).default([]),
  /** `sqs` is a target. The queues must be empty for `steadySeconds`: 75 without it. */
  sqsQueues: z
    .array(z.object({sqs: z.string(), queues: names, steadySeconds: z.coerce.number().optional()}))
    .default([]),
  /** Units that take from the queues: they stop once the queues are empty. `hosts` is a target. */
  consumers: z.array(z.object({hosts: z.string().default('webHosts'), units: names})).default([]),
});
type Queues = z.output<typeof params>;

/** Nothing adds to the queues any more. */
const stopped = ['stop-web', 'stop-crons'] as const;

/** A group with an entry for each Redis. */
export const inRedis = (title: string) => ({
  title,
  of: ({redisQueues}: Queues) => redisQueues,
  name: ({redis}: Queues['redisQueues'][number]) => redis,
});

export const emptyInRedis = ({redis, queues}: Queues['redisQueues'][number]) => ({
  on: {redis},
  input: () => ({queues}),
  requires: stopped,
});

/** A group with an entry for each account of SQS. */
export const inSqs = (title: string) => ({
  title,
  of: ({sqsQueues}: Queues) => sqsQueues,
  name: ({sqs}: Queues['sqsQueues'][number]) => sqs,
});

export const emptyInSqs = ({sqs, queues, steadySeconds}: Queues['sqsQueues'][number]) => ({
  on: {sqs},
  input: () => ({queues, ...(steadySeconds === undefined ? {} : {steadySeconds})}),
  requires: stopped,
});

/** A group with an entry for each group of hosts. */
export const consumersOf = (title: string) => ({
  title,
  of: ({consumers}: Queues) => consumers,
  name: ({hosts}: Queues['consumers'][number]) => hosts,
});

export const stopOf = ({hosts, units}: Queues['consumers'][number]) => ({
  on: {hosts},
  input: () => ({units, watchSeconds: 0}),
  requires: ['go', 'queues-empty', 'sqs-empty'] as const,
});
