import {setTimeout as sleep} from 'node:timers/promises';
import type {ReportProgress} from '../../../src/index.ts';
import type {RolloutReader, RolloutWriter} from '../contract.ts';
import {Revisions} from '../revision/revisions.ts';
import type {RolloutCalls} from './calls.ts';
import {RolloutMemory} from './memory.ts';
import {isInFlight, shiftsTraffic} from './stages.ts';
import {primaryOf, type Snapshot, shortName} from './state.ts';

const rollbackBeginsWithinMs = 10_000;

/** A session with one service that remembers what it sent and saw. `name`: `service web of cluster shop`. */
export function openRollout(
  name: string,
  calls: RolloutCalls,
): {readonly reader: RolloutReader; readonly writer: RolloutWriter} {
  const revisions = new Revisions(calls);
  const memory = new RolloutMemory();
  const reader: RolloutReader = {
    name,
    snapshot: (signal) => snapshotOf(calls, signal),
    taskDefinition: (reference, signal) => revisions.definition(reference, signal),
    unknownFields: (reference, signal) => revisions.unknown(reference, signal),
    deployable: (reference, signal) => revisions.deployable(reference, signal),
    revisionOf: (definition, signal) => revisions.equalTo(definition, signal),
    revisionWhere: (family, matches, signal) => revisions.where(family, matches, signal),
    newestRevision: (family, signal) => revisions.newest(family, signal),
    fateOfUpdate: (snapshot) => memory.fateOfUpdate(snapshot),
    changesIn: (snapshot) => memory.changesIn(snapshot),
    unchangedSince: (signature, now) => memory.unchangedSince(signature, now),
  };
  const writer: RolloutWriter = {
    ...reader,
    async register(definition, signal) {
      const equal = await revisions.equalTo(definition, signal);
      signal.throwIfAborted();
      return equal ?? (await calls.registerTaskDefinition(definition, signal));
    },
    async deregister(taskDefinition, signal) {
      signal.throwIfAborted();
      await calls.deregisterTaskDefinition(taskDefinition, signal);
    },
    async update(update, signal) {
      signal.throwIfAborted();
      await memory.sending(update, () => calls.updateService(update, signal));
    },
    async rollBack(taskDefinition, signal, report) {
      const {currentServiceDeployment: inFlight, ...service} = await calls.describeService(signal);
      // The deployment of another definition belongs to somebody else.
      if (!inFlight || primaryOf(service)?.taskDefinition !== taskDefinition) {
        return;
      }
      signal.throwIfAborted();
      memory.forgetUpdate();
      if ((await calls.stopServiceDeployment(inFlight, signal)) === 'stopping') {
        await (shiftsTraffic(service)
          ? waitForEnd(calls, inFlight, signal, report)
          : waitForRollback(calls, taskDefinition, signal, report));
      }
    },
  };
  return {reader, writer};
}

async function snapshotOf(calls: RolloutCalls, signal: AbortSignal): Promise<Snapshot> {
  const service = await calls.describeService(signal);
  const groups = service.targetGroups.flatMap((group) =>
    [group, service.alternates[group] ?? []].flat(),
  );
  const {currentServiceDeployment: current} = service;
  const [tasks, targets, staged] = await Promise.all([
    calls.describeTasks(signal),
    Promise.all(groups.map((group) => calls.describeTargetHealth(group, signal))),
    shiftsTraffic(service) && current
      ? calls.describeServiceDeployment(current, signal)
      : undefined,
  ]);
  return {service, tasks, targets: targets.flat(), ...(staged ? {staged} : {})};
}

/** ECS shifts the traffic back, and ends the new tasks: an update before its end would begin another deployment. */
async function waitForEnd(
  calls: RolloutCalls,
  deployment: string,
  signal: AbortSignal,
  report: ReportProgress,
): Promise<void> {
  for (;;) {
    const staged = await calls.describeServiceDeployment(deployment, signal);
    if (!staged || !isInFlight(staged)) {
      return;
    }
    report(`waiting for ECS to roll back: ${staged.status}`);
    await sleep(250, undefined, {signal});
  }
}

/** Where ECS does not begin in time, the update that follows supersedes the deployment in any case. */
async function waitForRollback(
  calls: RolloutCalls,
  taskDefinition: string,
  signal: AbortSignal,
  report: ReportProgress,
): Promise<void> {
  const end = performance.now() + rollbackBeginsWithinMs;
  while (performance.now() < end) {
    const service = await calls.describeService(signal);
    if (primaryOf(service)?.taskDefinition !== taskDefinition) {
      return;
    }
    report(`waiting for ECS to begin the rollback of ${shortName(taskDefinition)}`);
    await sleep(250, undefined, {signal});
  }
}
