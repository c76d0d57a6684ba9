import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  type Difference,
  defineStep,
  done,
  type Look,
  pending,
  SwitcharooError,
  type Verdict,
  waiting,
} from '../../src/index.ts';
import {type EcsReader, revisionGone} from './api/session.ts';
import {
  chosenContainer,
  containerOf,
  type Definition,
  differencesOf,
  digestOf,
  withImage,
} from './revision/task-definition.ts';
import {deadlocked, noSuchContainer, secretClash, unsupported} from './rollout/obstacles.ts';
import {
  type DeploymentState,
  primaryOf,
  type ServiceState,
  type Snapshot,
  shortName,
} from './rollout/state.ts';
import {
  isDeadlocked,
  judgeRollout,
  listed,
  type RolloutVerdict,
  type Sent,
  stopReasons,
} from './rollout/verdict.ts';
import {ecsService} from './target.ts';

const targets = {service: ecsService};

const input = z.object({
  image: z.string().min(1),
  /** Set or replaced in the container; its other variables stay. */
  environment: z.record(z.string(), z.string()),
  /** Needed where more than one container serves a port. */
  container: z.string().optional(),
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

const output = z.object({taskDefinition: z.string(), deployment: z.string()});

type Input = z.output<typeof input>;
type Before = z.output<typeof before>;
type Found = Verdict<Before, z.output<typeof output>>;
type ServiceLook = Look<typeof targets, Input>;
/** What any step that rolls a service out is told. */
type RolloutLook = Look<typeof targets, Pick<Input, 'desiredCount' | 'steadyMs'>>;
type ServiceAction = Action<typeof targets>;

/** Between our clock and that of AWS: times of AWS count only when they are older than this. */
const clockSkewMs = 60_000;

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
      'iam:PassRole (the task role and the execution role)',
      'elasticloadbalancing:DescribeTargetHealth',
    ],
  },
  reverses:
    'Stop the rollout if it is in flight, and set the service back to its earlier task definition and desired count.',
  timeoutMs: 15 * 60_000,
  poll: {firstMs: 100, mostMs: 1_000},

  async check(look) {
    const {service} = look.targets;
    const snapshot = await service.snapshot(look.signal);
    const primary = primaryOf(snapshot.service);
    const flaps = tellNews(look, snapshot);
    const obstacle = unsupported(service.name, snapshot.service) ?? lostUpdate(look, snapshot);
    if (obstacle || !primary) {
      return obstacle ?? waiting(`${service.name} has no deployment yet`);
    }
    const definition = await service.taskDefinition(primary.taskDefinition, look.signal);
    const container = chosenContainer(definition, look.input.container);
    if (container === undefined) {
      return noSuchContainer(service.name, primary, definition, look.input);
    }
    const differences = [
      ...differencesOf(definition, {...look.input, container}),
      ...countDifference(snapshot.service, look.input),
    ];
    const clash = secretClash(service.name, containerOf(definition, container), look.input);
    return differences.length > 0
      ? restingOn(look, snapshot, primary, differences, clash)
      : rolledOut(look, snapshot, primary, flaps);
  },

  async plan(look, before) {
    const {service} = look.targets;
    const state = (await service.snapshot(look.signal)).service;
    const running = primaryOf(state)?.taskDefinition ?? before.taskDefinition;
    const wanted = await wantedDefinition(look, before);
    const runsWanted = await isEqual(look, running, wanted);
    if (!runsWanted && running !== before.taskDefinition) {
      throw new SwitcharooError(drifted(service.name, running, before));
    }
    const revision = runsWanted ? running : await service.revisionOf(wanted, look.signal);
    const isAsWanted = runsWanted && countDifference(state, look.input).length === 0;
    return [
      ...(revision === undefined ? [register(wanted, look.input)] : []),
      ...(isAsWanted ? [] : [deploy(wanted, revision, look.input)]),
    ];
  },

  reverse: (look, before) =>
    wayBack(look, before, async (running) =>
      isEqual(look, running, await wantedDefinition(look, before)),
    ),
});

/** The writes that set a service back to what ran before. `isOurs`: whether it runs what the step has deployed. */
export async function wayBack(
  look: RolloutLook,
  before: Before,
  isOurs: (running: string) => Promise<boolean>,
): Promise<readonly ServiceAction[] | Blocked> {
  const {service} = look.targets;
  const snapshot = await service.snapshot(look.signal);
  const primary = primaryOf(snapshot.service);
  const isBack =
    primary?.taskDefinition === before.taskDefinition &&
    (before.desiredCount === null || snapshot.service.desiredCount === before.desiredCount);
  if (!primary || primary.taskDefinition === before.taskDefinition) {
    // A read may be older than what a run sent before it died, and ECS may still be on its way back.
    // Only the answer to an update is sure: where nothing is to change, it changes nothing.
    const {sent} = service.fateOfUpdate(snapshot, look.now);
    return isBack && isSame(sent, before) ? [] : [putBack(before)];
  }
  if (!(await isOurs(primary.taskDefinition))) {
    const {message, hint} = drifted(service.name, primary.taskDefinition, before);
    return blocked(message, hint);
  }
  // A rollback keeps the desired count: for a service that was parked at 0, ECS would start
  // tasks of the earlier revision. The update alone ends the rollout too, and starts nothing.
  const isToStop = primary.rolloutState === 'IN_PROGRESS' && before.desiredCount !== 0;
  return [...(isToStop ? [stopRollout(primary)] : []), putBack(before)];
}

/** Tells what happened since the last look, once this run has begun to act; answers what flaps. */
export function tellNews({targets: {service}, run, report: tell}: RolloutLook, snapshot: Snapshot) {
  if (run.started && !tell) {
    // A plan hears nothing that a run would not be told any more.
    return [];
  }
  const {lines, flaps} = service.newsIn(snapshot);
  for (const line of run.started ? lines : []) {
    tell?.(line);
  }
  return flaps;
}

/** What is to say when the service does not show what this session last asked of it. */
export function lostUpdate(look: RolloutLook, snapshot: Snapshot): Found | undefined {
  const {service} = look.targets;
  const {fate, sent} = service.fateOfUpdate(snapshot, look.now);
  const now = shortName(primaryOf(snapshot.service)?.taskDefinition ?? 'nothing');
  if (!sent || fate === 'in-place' || fate === 'not-arrived') {
    return undefined;
  }
  const asked = shortName(sent.taskDefinition);
  const was = before.safeParse(look.run.before);
  service.unchangedSince(undefined, look.now);
  if (fate === 'not-visible') {
    return waiting(`${asked} was sent, and ECS does not show it yet`);
  }
  if (fate === 'superseded' && !(was.success && shortName(was.data.taskDefinition) === now)) {
    return blocked(
      `Somebody else has deployed ${now} to the ${service.name} after ${asked} was sent.`,
      'Find out who deploys there, and have them stop; then resume, or reverse.',
    );
  }
  const reasons = stopReasons(snapshot.tasks, sent.deployment?.id);
  const why = reasons.length > 0 ? reasons : failureOf(snapshot.service, sent.deployment?.id);
  return blocked(
    `The ${service.name} has gone back from ${asked} to ${now}: ${listed(why) || 'ECS gives no reason'}.`,
    'Correct the cause, stop here and resume: it is deployed again then. Or reverse.',
  );
}

const failureOf = ({deployments}: ServiceState, id: string | undefined): readonly string[] =>
  deployments.flatMap((one) => (one.id === id ? (one.rolloutStateReason ?? []) : []));

/** The service runs something else. Before that can be a before-image, it must have come to rest. */
export function restingOn(
  look: RolloutLook,
  snapshot: Snapshot,
  primary: DeploymentState,
  differences: readonly Difference[],
  clash: Blocked | undefined,
): Found {
  const {name} = look.targets.service;
  const count = look.input.desiredCount ?? snapshot.service.desiredCount;
  const rollout = judgeRollout(snapshot);
  look.targets.service.unchangedSince(undefined, look.now);
  if (rollout.kind === 'moving') {
    return waiting(`the ${name} is on its way to ${rollout.progress}`);
  }
  if (rollout.kind === 'failed') {
    return failed(
      name,
      rollout,
      'Bring the service to a steady state first: there is nothing healthy to go back to.',
    );
  }
  if (count === 0 && look.input.desiredCount === undefined) {
    return blocked(
      `The ${name} has a desired count of 0: nothing would run after the deployment.`,
      'Give the step a desiredCount.',
    );
  }
  if (isDeadlocked(snapshot.service, count)) {
    return deadlocked(name, snapshot.service, count);
  }
  const desiredCount = look.input.desiredCount === undefined ? null : snapshot.service.desiredCount;
  return clash ?? pending({taskDefinition: primary.taskDefinition, desiredCount}, ...differences);
}

/** The service runs what is wanted. It is done when two looks, far enough apart, found all of it well. */
export function rolledOut(
  look: RolloutLook,
  snapshot: Snapshot,
  primary: DeploymentState,
  flaps: readonly string[],
): Found {
  const {service} = look.targets;
  const rollout = judgeRollout(snapshot);
  const since = service.unchangedSince(
    rollout.kind === 'good' ? rollout.signature : undefined,
    look.now,
  );
  if (rollout.kind === 'failed') {
    return failed(
      service.name,
      rollout,
      'Reverse; or correct the cause, force a new deployment of the service, and resume.',
    );
  }
  if (rollout.kind === 'moving') {
    return waiting([rollout.progress, ...flaps].join('. '));
  }
  const seenMs = look.now.getTime() - since.getTime();
  const agedMs = look.now.getTime() - rollout.since.getTime() - clockSkewMs;
  const {steadyMs} = look.input;
  return (seenMs > 0 && seenMs >= steadyMs) || agedMs >= steadyMs
    ? done({taskDefinition: primary.taskDefinition, deployment: primary.id})
    : waiting(
        `${shortName(primary.taskDefinition)}: all ${snapshot.service.desiredCount} tasks are well; watched for ${seenMs} of ${steadyMs} ms`,
      );
}

const failed = (name: string, {reason}: RolloutVerdict & {kind: 'failed'}, hint: string): Blocked =>
  blocked(`On the ${name}, ${reason}.`, hint);

export const countDifference = (
  service: ServiceState,
  {desiredCount}: Pick<Input, 'desiredCount'>,
): readonly Difference[] =>
  desiredCount === undefined || desiredCount === service.desiredCount
    ? []
    : [{what: 'desired count', is: String(service.desiredCount), shouldBe: String(desiredCount)}];

/** The definition to run, made from the one that ran before; that one itself when it is as wanted already. */
async function wantedDefinition(look: ServiceLook, {taskDefinition}: Before): Promise<Definition> {
  const {service} = look.targets;
  const base = await service.taskDefinition(taskDefinition, look.signal);
  const container = chosenContainer(base, look.input.container);
  return container === undefined ? base : withImage(base, {...look.input, container});
}

async function isEqual(look: ServiceLook, arn: string, wanted: Definition): Promise<boolean> {
  const definition = await look.targets.service.taskDefinition(arn, look.signal);
  return digestOf(definition) === digestOf(wanted);
}

const isSame = (sent: Sent | undefined, {taskDefinition, desiredCount}: Before): boolean =>
  sent?.taskDefinition === taskDefinition && (sent.desiredCount ?? null) === desiredCount;

export const drifted = (
  name: string,
  running: string | undefined,
  {taskDefinition}: Pick<Before, 'taskDefinition'>,
) => ({
  code: 'ecs-service-drifted',
  message: `The ${name} runs ${shortName(running ?? 'nothing')}: neither ${shortName(taskDefinition)}, which ran before, nor the revision that this step deploys.`,
  hint: `Find out who deployed it, and set the service to ${shortName(taskDefinition)}; then go on.`,
});

const register = (definition: Definition, {image, environment}: Input): ServiceAction => ({
  on: 'service',
  does: `register a task definition of family ${definition.family} with image ${image}${namesOf(environment)}`,
  perform: (service, signal) => service.register(definition, signal),
});

/** `revision` is not known yet where it is still to be registered. */
const deploy = (
  definition: Definition,
  revision: string | undefined,
  {image, desiredCount}: Input,
): ServiceAction => ({
  on: 'service',
  does: `update the service to run ${definition.family} with image ${image}${countOf(desiredCount)}`,
  perform: async (service, signal) => {
    const taskDefinition = revision ?? (await registered(service, definition, signal));
    await service.update(
      {taskDefinition, ...(desiredCount === undefined ? {} : {desiredCount})},
      signal,
    );
  },
});

async function registered(
  service: EcsReader,
  definition: Definition,
  signal: AbortSignal,
): Promise<string> {
  const revision = await service.revisionOf(definition, signal);
  if (revision === undefined) {
    throw revisionGone(service.name, definition.family ?? '');
  }
  return revision;
}

const stopRollout = ({taskDefinition}: DeploymentState): ServiceAction => ({
  on: 'service',
  does: `stop the rollout of ${shortName(taskDefinition)}, so that ECS rolls it back`,
  perform: (service, signal, say) => service.rollBack(taskDefinition, signal, say),
});

// The earlier revision is still there: nothing is ever deregistered.
const putBack = ({taskDefinition, desiredCount}: Before): ServiceAction => ({
  on: 'service',
  does: `update the service to run ${shortName(taskDefinition)} again${countOf(desiredCount ?? undefined)}`,
  perform: (service, signal) =>
    service.update({taskDefinition, ...(desiredCount === null ? {} : {desiredCount})}, signal),
});

export const countOf = (count: number | undefined): string =>
  count === undefined ? '' : `, desired count ${count}`;

function namesOf(environment: Readonly<Record<string, string>>): string {
  const names = Object.keys(environment).sort();
  return names.length === 0 ? '' : ` and environment ${names.join(', ')}`;
}
