import {
  type Blocked,
  blocked,
  type Difference,
  done,
  elapsedMs,
  pending,
  remarked,
  waiting,
  waitingFor,
} from '../../../src/index.ts';
import {deadlocked} from './obstacles.ts';
import {missingOriginal, originalOf} from './original.ts';
import {strategyRemark} from './stages.ts';
import {
  type DeploymentState,
  primaryOf,
  type ServiceState,
  type Snapshot,
  shortName,
} from './state.ts';
import {before, type RolloutInput, type RolloutLook, type RolloutOutcome} from './step.ts';
import {isDeadlocked, joined, judgeRollout, type RolloutVerdict, stopReasons} from './verdict.ts';

/** Between the clock of this machine and that of AWS: times of AWS count only when they are older than this. */
const clockSkewMs = 60_000;

/** Reports what changed since the last check, once this run has started to act; answers what flaps. */
export function reportChanges(
  {targets: {service}, run, report}: RolloutLook,
  snapshot: Snapshot,
): readonly string[] {
  if (run.started && !report) {
    // A plan takes no change away: the check of a run that follows must still report it.
    return [];
  }
  const {lines, flaps} = service.changesIn(snapshot);
  for (const line of run.started ? lines : []) {
    report?.(line);
  }
  return flaps;
}

/** The service does not show the last update that this session sent. */
export function lostUpdate(look: RolloutLook, snapshot: Snapshot): RolloutOutcome | undefined {
  const {service} = look.targets;
  const {fate, sent} = service.fateOfUpdate(snapshot);
  const running = shortName(primaryOf(snapshot.service)?.taskDefinition ?? 'nothing');
  if (!sent || fate === 'in-place' || fate === 'not-arrived') {
    return undefined;
  }
  const updated = shortName(sent.taskDefinition);
  const image = before.safeParse(look.run.before);
  service.unchangedSince(undefined, look.now);
  if (fate === 'not-visible') {
    return waiting(`${updated} was sent, but ECS does not show it yet`);
  }
  if (
    fate === 'superseded' &&
    !(image.success && shortName(image.data.taskDefinition) === running)
  ) {
    return blocked(
      `Somebody else has deployed ${running} to the ${service.name} after ${updated} was sent.`,
      'Stop the other deployments of this service. Then resume, or reverse.',
    );
  }
  const stopped = stopReasons(snapshot.tasks, sent.deployment?.id);
  const reasons = stopped.length > 0 ? stopped : failureOf(snapshot.service, sent.deployment?.id);
  return blocked(
    `ECS has rolled the ${service.name} back from ${updated} to ${running}: ${joined(reasons) || 'it gives no reason'}.`,
    'Fix the cause, stop here and resume: the run deploys it again. Or reverse.',
  );
}

const failureOf = ({deployments}: ServiceState, id: string | undefined): readonly string[] =>
  deployments.flatMap((deployment) =>
    deployment.id === id ? (deployment.rolloutStateReason ?? []) : [],
  );

/** The service runs something else. Before that can be a before-image, its rollout must have ended. */
export async function beforeRollout(
  look: RolloutLook,
  snapshot: Snapshot,
  primary: DeploymentState,
  differences: readonly Difference[],
  clash?: Blocked,
): Promise<RolloutOutcome> {
  const {name} = look.targets.service;
  const count = look.input.desiredCount ?? snapshot.service.desiredCount;
  const rollout = judgeRollout(snapshot);
  look.targets.service.unchangedSince(undefined, look.now);
  if (rollout.kind === 'moving') {
    return stillRolling(name, rollout, snapshot.service);
  }
  if (rollout.kind === 'failed') {
    return failed(name, rollout, steadyFirst);
  }
  if (count === 0 && look.input.desiredCount === undefined) {
    return nothingToRun(name, 'Set the input desiredCount of the step.');
  }
  if (isDeadlocked(snapshot.service, count)) {
    return deadlocked(name, snapshot.service, count);
  }
  const desiredCount = look.input.desiredCount === undefined ? null : snapshot.service.desiredCount;
  if (clash) {
    return clash;
  }
  const taskDefinition = await originalOf(look, primary.taskDefinition);
  const verdict = pending(
    {taskDefinition, desiredCount},
    ...differences,
    ...daemonDifferences(snapshot.service),
    ...(await missingOriginal(look, taskDefinition)),
  );
  return remarked(verdict, strategyRemark(name, snapshot.service));
}

/** ECS stops the task of an instance before it starts the new one there. */
const daemonDifferences = ({scheduling, desiredCount}: ServiceState): readonly Difference[] =>
  scheduling === 'DAEMON'
    ? [
        {
          what: 'tasks of the DAEMON service',
          is: `${desiredCount}, one on each instance`,
          shouldBe: 'stopped and started again, instance by instance',
        },
      ]
    : [];

/** The service runs the new revision. It is done when two checks, far enough apart, saw all of it healthy. */
export function duringRollout(
  look: RolloutLook,
  snapshot: Snapshot,
  primary: DeploymentState,
  flaps: readonly string[],
): RolloutOutcome {
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
      'Reverse. Or fix the cause, force a new deployment of the service, and resume.',
    );
  }
  if (rollout.kind === 'moving') {
    return waitingFor([rollout.progress, ...flaps].join('. '), snapshot.service.bakeMs);
  }
  const seenMs = elapsedMs(since, look.now);
  // By the clock of AWS and ours: they may differ.
  const agedMs = elapsedMs(rollout.since, look.now) - clockSkewMs;
  const {steadyMs} = look.input;
  return (seenMs > 0 && seenMs >= steadyMs) || agedMs >= steadyMs
    ? done({taskDefinition: primary.taskDefinition, deployment: primary.id})
    : waitingFor(
        `${shortName(primary.taskDefinition)}: all ${snapshot.service.desiredCount} tasks are healthy; watched for ${seenMs} of ${steadyMs} ms`,
        snapshot.service.bakeMs,
      );
}

export const steadyFirst =
  'Bring the service to a steady state first: a reversal needs a healthy revision to return to.';

export const stillRolling = (
  name: string,
  {progress}: RolloutVerdict & {kind: 'moving'},
  {bakeMs}: ServiceState,
) => waitingFor(`the ${name} is still rolling out ${progress}`, bakeMs);

export const failed = (
  name: string,
  {reason}: RolloutVerdict & {kind: 'failed'},
  hint: string,
): Blocked => blocked(`On the ${name}, ${reason}.`, hint);

export const nothingToRun = (name: string, hint: string): Blocked =>
  blocked(`The ${name} has a desired count of 0: nothing would run after the deployment.`, hint);

export const countDifference = (
  service: ServiceState,
  {desiredCount}: Pick<RolloutInput, 'desiredCount'>,
): readonly Difference[] =>
  desiredCount === undefined || desiredCount === service.desiredCount
    ? []
    : [{what: 'desired count', is: String(service.desiredCount), shouldBe: String(desiredCount)}];
