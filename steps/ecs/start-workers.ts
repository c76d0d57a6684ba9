import {z} from 'zod';
import {
  type Blocked,
  blocked,
  defineStep,
  type Look,
  NotTold,
  pending,
  waiting,
} from '../../src/index.ts';
import type {ScalableTarget} from './contract.ts';
import {unsupported} from './rollout/obstacles.ts';
import {duringRollout, lostUpdate, reportChanges} from './rollout/progress.ts';
import {type DeploymentState, primaryOf, type Snapshot, shortName} from './rollout/state.ts';
import {
  before,
  output,
  type RolloutOutcome,
  rolloutInput,
  type ServiceAction,
  targets,
} from './rollout/step.ts';

const input = rolloutInput.extend({
  /** How many tasks it starts. */
  desiredCount: z.number().int().positive(),
});

type WorkersLook = Look<typeof targets, z.output<typeof input>>;

/**
 * Starts the tasks of a service that was deployed with a desired count of 0, such as one that works on queues. Placed
 * after the entry that opens writes, its reversal comes before the one that refuses them: every task has ended then.
 */
export const startWorkers = defineStep({
  name: 'ecs.start-workers',
  summary:
    'Start the tasks of an ECS service that has a desired count of 0, and wait until they run.',
  targets,
  input,
  before,
  output,
  reverses: 'Sets the desired count to 0 again, and waits until no task of the service is left.',
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:ListTasks',
      'ecs:DescribeTasks',
      'ecs:UpdateService',
      'ecs:DescribeServiceDeployments',
      'iam:PassRole (the task role and the execution role)',
      'elasticloadbalancing:DescribeTargetHealth',
      'application-autoscaling:DescribeScalableTargets',
    ],
  },
  effects: [{fact: 'workers', of: 'service', are: 'running'}],
  timeoutMs: 15 * 60_000,
  poll: {firstMs: 100, mostMs: 1_000},

  async check(look) {
    const {service} = look.targets;
    const snapshot = await service.snapshot(look.signal);
    const primary = primaryOf(snapshot.service);
    const flaps = reportChanges(look, snapshot);
    const obstacle =
      unsupported(service.name, snapshot.service, look.input) ?? lostUpdate(look, snapshot);
    if (obstacle || !primary) {
      return obstacle ?? waiting(`${service.name} has no deployment yet`);
    }
    const {desiredCount} = snapshot.service;
    if (desiredCount === 0) {
      return stopped(look, snapshot, primary);
    }
    if (!look.run.started) {
      return runsAlready(service.name, snapshot);
    }
    return desiredCount === look.input.desiredCount
      ? duringRollout(look, snapshot, primary, flaps)
      : blocked(
          `The ${service.name} has a desired count of ${desiredCount}, and this run set it to ${look.input.desiredCount}.`,
          `Set it to ${look.input.desiredCount} and suspend its automatic scaling, then resume. Or reverse.`,
        );
  },

  async plan(look) {
    const {service: state} = await look.targets.service.snapshot(look.signal);
    const count = look.input.desiredCount;
    return state.desiredCount === count ? [] : [setting(count, `start ${tasksText(count)}`)];
  },

  async reverse(look) {
    const {service} = look.targets;
    const snapshot = await service.snapshot(look.signal);
    // What is read may be older than what a run sent before it died: only the answer to an update is sure.
    const {sent} = service.fateOfUpdate(snapshot);
    return snapshot.service.desiredCount === 0 && sent?.desiredCount === 0
      ? []
      : [setting(0, 'stop all tasks')];
  },
});

/** Nobody started them, or a reversal stops them: then it waits for the last one, which may still write. */
async function stopped(
  look: WorkersLook,
  snapshot: Snapshot,
  {taskDefinition}: DeploymentState,
): Promise<RolloutOutcome> {
  const {service} = look.targets;
  const {desiredCount} = look.input;
  service.unchangedSince(undefined, look.now);
  const live = liveTasks(snapshot);
  if (live > 0) {
    return waiting(`${tasksText(live)} of the ${service.name} still to end`);
  }
  const scaled = look.run.started ? undefined : await mayScale(look);
  return (
    scaled ??
    pending(
      {taskDefinition, desiredCount: 0},
      {
        what: `tasks of the ${service.name}`,
        is: 'none',
        shouldBe: `${desiredCount} of ${shortName(taskDefinition)}`,
      },
    )
  );
}

/**
 * Automatic scaling could start tasks at any time: before writes are open, and while a reversal refuses them. With a
 * MinCapacity above 0 even a change of its settings starts some (Application Auto Scaling API, RegisterScalableTarget).
 */
async function mayScale({targets: {service}, signal}: WorkersLook): Promise<Blocked | undefined> {
  const target = await service.scaling(signal).catch(nothingTold);
  if (!target || target.max === 0) {
    return undefined;
  }
  if (target.min > 0) {
    return blocked(
      `Application Auto Scaling keeps at least ${tasksText(target.min)} of the ${service.name}: it may start them at any time.`,
      'Set its MinCapacity to 0 until the cutover is accepted: aws application-autoscaling register-scalable-target',
    );
  }
  return target.suspended.out && target.suspended.scheduled
    ? undefined
    : blocked(
        `Application Auto Scaling may start tasks of the ${service.name} by itself, up to ${target.max}.`,
        'Suspend it with ecs.suspend-scaling in an entry before this one, and restore it after this one.',
      );
}

/** Where this account may not see it, nothing is known of it. */
function nothingTold(error: unknown): ScalableTarget | undefined {
  if (error instanceof NotTold) {
    return undefined;
  }
  throw error;
}

const runsAlready = (name: string, snapshot: Snapshot): Blocked =>
  blocked(
    `The ${name} has a desired count of ${snapshot.service.desiredCount} and ${tasksText(liveTasks(snapshot))}, which this run did not start.`,
    'Check which database they write to. Set the desired count to 0, wait until they have ended, and try again.',
  );

/** A list of tasks and the counts of the service may each be a moment older than the other. */
const liveTasks = ({service: {runningCount, pendingCount}, tasks}: Snapshot): number =>
  Math.max(
    runningCount + pendingCount,
    tasks.filter(({lastStatus}) => lastStatus !== 'STOPPED').length,
  );

/** The task definition stays: with the same one, ECS begins no new deployment. */
const setting = (desiredCount: number, does: string): ServiceAction => ({
  on: 'service',
  does: `${does} of the service: set its desired count to ${desiredCount}`,
  perform: async (service, signal) => {
    const primary = primaryOf((await service.snapshot(signal)).service);
    if (primary) {
      await service.update({taskDefinition: primary.taskDefinition, desiredCount}, signal);
    }
  },
});

const tasksText = (count: number): string => `${count} ${count === 1 ? 'task' : 'tasks'}`;
