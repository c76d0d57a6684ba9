import {z} from 'zod';
import {
  type Action,
  blocked,
  defineStep,
  type Look,
  SwitcharooError,
  waiting,
} from '../../src/index.ts';
import {
  countDifference,
  countOf,
  drifted,
  lostUpdate,
  restingOn,
  rolledOut,
  tellNews,
  wayBack,
} from './deploy-image.ts';
import {unsupported} from './rollout/obstacles.ts';
import {primaryOf, shortName} from './rollout/state.ts';
import {ecsService} from './target.ts';

const targets = {service: ecsService};

const input = z.object({
  taskDefinition: z.string(),
  /** What the service must run before: the revision was made from it. */
  base: z.string(),
  /** Left alone when absent: autoscaling may be moving it. */
  desiredCount: z.number().int().nonnegative().optional(),
  /** How long everything must look well before the rollout counts as done. */
  steadyMs: z.number().nonnegative().default(15_000),
});

const before = z.object({
  taskDefinition: z.string(),
  /** `null` when the step does not touch it. */
  desiredCount: z.number().nullable(),
});

type RunLook = Look<typeof targets, z.output<typeof input>>;

/** Updates a service to a revision of its task definition, and waits until its own rollout is steady. */
export const runRevision = defineStep({
  name: 'ecs.run-revision',
  summary:
    'Update an ECS service to a revision of its task definition, and wait until only healthy tasks of it run.',
  targets,
  input,
  before,
  output: z.object({taskDefinition: z.string(), deployment: z.string()}),
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:ListTasks',
      'ecs:DescribeTasks',
      'ecs:UpdateService',
      'ecs:StopServiceDeployment',
      'iam:PassRole (the task role and the execution role)',
      'elasticloadbalancing:DescribeTargetHealth',
    ],
  },
  reverses:
    'Stop the rollout if it is in flight, and set the service back to its earlier task definition and desired count.',
  timeoutMs: 15 * 60_000,
  poll: {firstMs: 100, mostMs: 1_000},

  async check(look) {
    const {
      input: {taskDefinition, base},
      targets: {service},
    } = look;
    const snapshot = await service.snapshot(look.signal);
    const primary = primaryOf(snapshot.service);
    const flaps = tellNews(look, snapshot);
    const obstacle = unsupported(service.name, snapshot.service) ?? lostUpdate(look, snapshot);
    if (obstacle || !primary) {
      return obstacle ?? waiting(`${service.name} has no deployment yet`);
    }
    const count = countDifference(snapshot.service, look.input);
    if (primary.taskDefinition === taskDefinition) {
      return count.length > 0
        ? restingOn(look, snapshot, primary, count, undefined)
        : rolledOut(look, snapshot, primary, flaps);
    }
    if (primary.taskDefinition !== base) {
      const {message, hint} = driftedFrom(look, primary.taskDefinition);
      return blocked(message, hint);
    }
    const revision = {
      what: 'task definition',
      is: shortName(base),
      shouldBe: shortName(taskDefinition),
    };
    return restingOn(look, snapshot, primary, [revision, ...count], undefined);
  },

  async plan(look) {
    const {
      input: {taskDefinition, base},
      targets: {service},
    } = look;
    const state = (await service.snapshot(look.signal)).service;
    const running = primaryOf(state)?.taskDefinition ?? base;
    if (running !== taskDefinition && running !== base) {
      throw new SwitcharooError(driftedFrom(look, running));
    }
    const isAsWanted =
      running === taskDefinition && countDifference(state, look.input).length === 0;
    return isAsWanted ? [] : [updating(look)];
  },

  reverse: (look, before) =>
    wayBack(look, before, async (running) => running === look.input.taskDefinition),
});

const driftedFrom = ({input: {base}, targets: {service}}: RunLook, running: string) =>
  drifted(service.name, running, {taskDefinition: base});

const updating = ({input: {taskDefinition, desiredCount}}: RunLook): Action<typeof targets> => ({
  on: 'service',
  does: `update the service to run ${shortName(taskDefinition)}${countOf(desiredCount)}`,
  perform: (service, signal) =>
    service.update({taskDefinition, ...(desiredCount === undefined ? {} : {desiredCount})}, signal),
});
