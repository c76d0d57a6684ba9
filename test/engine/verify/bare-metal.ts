import runbook from '../../../runbooks/bare-metal-to-ecs.ts';

const options = [
  'moreServices',
  'workers',
  'schedules',
  'documents',
  'redis',
  'redisQueues',
  'sqsQueues',
  'consumers',
];

/** The simplest cutover, without what only parameters add: each fault is tried on few states. */
export const bareMetal = runbook.expanded(
  Object.fromEntries([...options, 'maintenancePages'].map((name) => [name, []])) as never,
);
