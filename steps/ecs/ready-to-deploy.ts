import {z} from 'zod';
import {blocked, defineGate, done, waiting} from '../../src/index.ts';
import {containerOf} from './revision/task-definition.ts';
import {deadlocked, unsupported} from './rollout/obstacles.ts';
import {primaryOf, shortName} from './rollout/state.ts';
import {isDeadlocked, judgeRollout} from './rollout/verdict.ts';
import {ecsService} from './target.ts';

/** Whether a service can be deployed to, before anything is built for it. */
export const readyToDeploy = defineGate({
  name: 'ecs.ready-to-deploy',
  summary: 'Make sure that a service is at rest, can roll, and has the containers that are meant.',
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
      'elasticloadbalancing:DescribeTargetHealth',
    ],
  },
  timeoutMs: 15 * 60_000,

  async check({input: {containers, desiredCount}, targets: {service}, signal}) {
    const snapshot = await service.snapshot(signal);
    const primary = primaryOf(snapshot.service);
    const obstacle = unsupported(service.name, snapshot.service);
    if (obstacle || !primary) {
      return obstacle ?? waiting(`${service.name} has no deployment yet`);
    }
    const definition = await service.taskDefinition(primary.taskDefinition, signal);
    const stranger = containers.find((name) => !containerOf(definition, name));
    if (stranger !== undefined) {
      const names = definition.containerDefinitions?.map(({name}) => name) ?? [];
      return blocked(
        `Task definition ${shortName(primary.taskDefinition)} of the ${service.name} has no container ${stranger}; it has ${names.length}: ${names.join(', ')}.`,
        'Correct the name of the container.',
      );
    }
    const count = desiredCount ?? snapshot.service.desiredCount;
    if (count === 0) {
      return blocked(
        `The ${service.name} has a desired count of 0: nothing would run after the deployment.`,
        'Give the number of tasks, or start the service first.',
      );
    }
    if (isDeadlocked(snapshot.service, count)) {
      return deadlocked(service.name, snapshot.service, count);
    }
    const rollout = judgeRollout(snapshot);
    switch (rollout.kind) {
      case 'good':
        return done({taskDefinition: primary.taskDefinition});
      case 'moving':
        return waiting(`the ${service.name} is on its way to ${rollout.progress}`);
      case 'failed':
        return blocked(
          `On the ${service.name}, ${rollout.reason}.`,
          'Bring the service to a steady state first: there is nothing healthy to go back to.',
        );
    }
  },
});
