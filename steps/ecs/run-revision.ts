import {z} from 'zod';
import {blocked, defineStep, type Look, SwitcharooError, waiting} from '../../src/index.ts';
import {unsupported} from './rollout/obstacles.ts';
import {originalOf, registeringOriginal} from './rollout/original.ts';
import {
  beforeRollout,
  countDifference,
  duringRollout,
  lostUpdate,
  reportChanges,
} from './rollout/progress.ts';
import {countText, reversal, serviceDrifted} from './rollout/reversal.ts';
import {primaryOf, shortName} from './rollout/state.ts';
import {
  before,
  output,
  reverses,
  rolloutInput,
  type ServiceAction,
  targets,
} from './rollout/step.ts';

const input = rolloutInput.extend({
  taskDefinition: z.string(),
  /** What the service must run before: the revision was made from it. */
  base: z.string(),
});

type RunLook = Look<typeof targets, z.output<typeof input>>;

/** Updates a service to a revision of its task definition, and waits until its own rollout is steady. */
export const runRevision = defineStep({
  name: 'ecs.run-revision',
  summary:
    'Update an ECS service to a revision of its task definition, and wait until the rollout is steady.',
  targets,
  input,
  before,
  output,
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:ListTasks',
      'ecs:DescribeTasks',
      'ecs:UpdateService',
      'ecs:StopServiceDeployment',
      'ecs:DescribeServiceDeployments',
      'iam:PassRole (the task role and the execution role)',
      'elasticloadbalancing:DescribeTargetHealth',
    ],
  },
  reverses,
  effects: [{fact: 'application', of: 'service', is: 'running'}],
  timeoutMs: 15 * 60_000,
  poll: {firstMs: 100, mostMs: 1_000},

  async check(look) {
    const {
      input: {taskDefinition, base},
      targets: {service},
    } = look;
    const snapshot = await service.snapshot(look.signal);
    const primary = primaryOf(snapshot.service);
    const flaps = reportChanges(look, snapshot);
    const obstacle =
      unsupported(service.name, snapshot.service, look.input) ?? lostUpdate(look, snapshot);
    if (obstacle || !primary) {
      return obstacle ?? waiting(`${service.name} has no deployment yet`);
    }
    const count = countDifference(snapshot.service, look.input);
    if (primary.taskDefinition === taskDefinition) {
      return count.length > 0
        ? beforeRollout(look, snapshot, primary, count)
        : duringRollout(look, snapshot, primary, flaps);
    }
    if ((await originalOf(look, primary.taskDefinition)) !== base) {
      const {message, hint} = driftedFrom(look, primary.taskDefinition);
      return blocked(message, hint);
    }
    const revision = {
      what: 'task definition',
      is: shortName(base),
      shouldBe: shortName(taskDefinition),
    };
    return beforeRollout(look, snapshot, primary, [revision, ...count]);
  },

  async plan(look, before) {
    const {
      input: {taskDefinition, base},
      targets: {service},
    } = look;
    const state = (await service.snapshot(look.signal)).service;
    const running = await originalOf(look, primaryOf(state)?.taskDefinition ?? base);
    if (running !== taskDefinition && running !== base) {
      throw new SwitcharooError(driftedFrom(look, running));
    }
    const isInPlace = running === taskDefinition && countDifference(state, look.input).length === 0;
    const again = await registeringOriginal(look, before);
    return isInPlace ? again : [...again, updating(look)];
  },

  reverse: (look, before) =>
    reversal(look, before, async (running) => running === look.input.taskDefinition),
});

const driftedFrom = ({input: {base}, targets: {service}}: RunLook, running: string) =>
  serviceDrifted(service.name, running, {taskDefinition: base});

const updating = ({input: {taskDefinition, desiredCount}}: RunLook): ServiceAction => ({
  on: 'service',
  does: `update the service to run ${shortName(taskDefinition)}${countText(desiredCount)}`,
  perform: (service, signal) =>
    service.update({taskDefinition, ...(desiredCount === undefined ? {} : {desiredCount})}, signal),
});
