import {z} from 'zod';
import {defineGate, done, waiting} from '../../src/index.ts';
import {containerMissing} from './revision/containers.ts';
import {deadlocked, unsupported} from './rollout/obstacles.ts';
import {failed, nothingToRun, steadyFirst, stillRolling} from './rollout/progress.ts';
import {primaryOf} from './rollout/state.ts';
import {isDeadlocked, judgeRollout} from './rollout/verdict.ts';
import {ecsService} from './target.ts';

/** Whether a service can be deployed to: to be passed before anything is built for it. */
export const readyToDeploy = defineGate({
  name: 'ecs.ready-to-deploy',
  summary:
    'Check that a service has the containers, can be rolled out, and has no rollout in progress.',
  targets: {service: ecsService},
  input: z.object({
    containers: z.array(z.string()).min(1),
    desiredCount: z.number().int().nonnegative().optional(),
  }),
  output: z.object({taskDefinition: z.string()}),
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:DescribeTaskDefinition',
      'ecs:ListTasks',
      'ecs:DescribeTasks',
      'ecs:DescribeServiceDeployments',
      'elasticloadbalancing:DescribeTargetHealth',
    ],
  },
  timeoutMs: 15 * 60_000,

  async check({input: {containers, desiredCount}, targets: {service}, signal}) {
    const snapshot = await service.snapshot(signal);
    const primary = primaryOf(snapshot.service);
    const obstacle = unsupported(service.name, snapshot.service, {desiredCount});
    if (obstacle || !primary) {
      return obstacle ?? waiting(`${service.name} has no deployment yet`);
    }
    const definition = await service.taskDefinition(primary.taskDefinition, signal);
    const missing = containerMissing(service.name, primary.taskDefinition, definition, containers);
    if (missing) {
      return missing;
    }
    const count = desiredCount ?? snapshot.service.desiredCount;
    if (count === 0) {
      return nothingToRun(service.name, 'Set the number of tasks, or start the service first.');
    }
    if (isDeadlocked(snapshot.service, count)) {
      return deadlocked(service.name, snapshot.service, count);
    }
    const rollout = judgeRollout(snapshot);
    switch (rollout.kind) {
      case 'good':
        return done({taskDefinition: primary.taskDefinition});
      case 'moving':
        return stillRolling(service.name, rollout, snapshot.service);
      case 'failed':
        return failed(service.name, rollout, steadyFirst);
    }
  },
});
