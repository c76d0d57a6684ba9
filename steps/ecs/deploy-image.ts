import {z} from 'zod';
import {defineStep, type Look, SwitcharooError, waiting} from '../../src/index.ts';
import type {RolloutReader} from './contract.ts';
import {withUnknown} from './revision/differences.ts';
import {revisionMissing} from './revision/revisions.ts';
import {
  chosenContainer,
  containerOf,
  type Definition,
  digestOf,
  imageDifferences,
  withImage,
} from './revision/task-definition.ts';
import {containerUnclear, secretClash, unsupported} from './rollout/obstacles.ts';
import {originalOf, registeringOriginal} from './rollout/original.ts';
import {
  beforeRollout,
  countDifference,
  duringRollout,
  lostUpdate,
  reportChanges,
} from './rollout/progress.ts';
import {countText, reversal, serviceDrifted} from './rollout/reversal.ts';
import {primaryOf} from './rollout/state.ts';
import {
  type Before,
  before,
  output,
  reverses,
  rolloutInput,
  type ServiceAction,
  targets,
} from './rollout/step.ts';

const input = rolloutInput.extend({
  image: z.string().min(1),
  /** Set or replaced in the container; its other variables stay. */
  environment: z.record(z.string(), z.string()),
  /** Needed where more than one container serves a port. */
  container: z.string().optional(),
});
type Input = z.output<typeof input>;
type ServiceLook = Look<typeof targets, Input>;

/** Deploys an image with its environment to an ECS service, and waits until its own rollout is steady. */
export const deployImage = defineStep({
  name: 'ecs.deploy-image',
  summary:
    'Deploy an image with its environment to an ECS service, and wait until the rollout is steady.',
  targets,
  input,
  before,
  output,
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:DescribeTaskDefinition',
      'ecs:ListTaskDefinitions',
      'ecs:ListTasks',
      'ecs:DescribeTasks',
      'ecs:RegisterTaskDefinition',
      'ecs:TagResource',
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
  neverSkip: 'Without it, traffic goes to a service that does not run the new image.',
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
    const definition = await service.taskDefinition(primary.taskDefinition, look.signal);
    const container = chosenContainer(definition, look.input.container);
    if (container === undefined) {
      return containerUnclear(service.name, primary, definition, look.input);
    }
    const changes = [
      ...imageDifferences(definition, {...look.input, container}),
      ...countDifference(snapshot.service, look.input),
    ];
    const differences = await withUnknown(look, primary.taskDefinition, changes);
    const clash = secretClash(service.name, containerOf(definition, container), look.input);
    return differences.length > 0
      ? beforeRollout(look, snapshot, primary, differences, clash)
      : duringRollout(look, snapshot, primary, flaps);
  },

  async plan(look, before) {
    const {service} = look.targets;
    const state = (await service.snapshot(look.signal)).service;
    const primary = primaryOf(state)?.taskDefinition ?? before.taskDefinition;
    const running = await originalOf(look, primary);
    const definition = await definitionToRun(look, before);
    const runsIt = await isEqual(look, running, definition);
    if (!runsIt && running !== before.taskDefinition) {
      throw new SwitcharooError(serviceDrifted(service.name, running, before));
    }
    const revision = runsIt
      ? await service.deployable(running, look.signal)
      : await service.revisionOf(definition, look.signal);
    const again = await registeringOriginal(look, before);
    const isRegistered = revision !== undefined || (runsIt && again.length > 0);
    const isInPlace = runsIt && countDifference(state, look.input).length === 0;
    return [
      ...again,
      ...(isRegistered ? [] : [registering(definition, look.input)]),
      ...(isInPlace ? [] : [deploying(definition, revision, look.input)]),
    ];
  },

  reverse: (look, before) =>
    reversal(look, before, async (running) =>
      isEqual(look, running, await definitionToRun(look, before)),
    ),
});

/** The definition to run, made from the one that ran before; that one itself when it has the image already. */
async function definitionToRun(look: ServiceLook, {taskDefinition}: Before): Promise<Definition> {
  const {service} = look.targets;
  const base = await service.taskDefinition(taskDefinition, look.signal);
  const container = chosenContainer(base, look.input.container);
  return container === undefined ? base : withImage(base, {...look.input, container});
}

async function isEqual(look: ServiceLook, arn: string, other: Definition): Promise<boolean> {
  const definition = await look.targets.service.taskDefinition(arn, look.signal);
  return digestOf(definition) === digestOf(other);
}

const registering = (definition: Definition, {image, environment}: Input): ServiceAction => ({
  on: 'service',
  does: `register a task definition of family ${definition.family} with image ${image}${environmentText(environment)}`,
  perform: (service, signal) => service.register(definition, signal),
});

/** `revision` is not known yet where it is still to be registered. */
const deploying = (
  definition: Definition,
  revision: string | undefined,
  {image, desiredCount}: Input,
): ServiceAction => ({
  on: 'service',
  does: `update the service to run ${definition.family} with image ${image}${countText(desiredCount)}`,
  perform: async (service, signal) => {
    const taskDefinition = revision ?? (await registeredRevision(service, definition, signal));
    await service.update(
      {taskDefinition, ...(desiredCount === undefined ? {} : {desiredCount})},
      signal,
    );
  },
});

async function registeredRevision(
  service: RolloutReader,
  definition: Definition,
  signal: AbortSignal,
): Promise<string> {
  const revision = await service.revisionOf(definition, signal);
  if (revision === undefined) {
    throw revisionMissing(service.name, definition.family ?? '');
  }
  return revision;
}

function environmentText(environment: Readonly<Record<string, string>>): string {
  const names = Object.keys(environment).sort();
  return names.length === 0 ? '' : ` and environment ${names.join(', ')}`;
}
