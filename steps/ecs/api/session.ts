import {setTimeout as sleep} from 'node:timers/promises';
import {type ReportProgress, type Session, SwitcharooError} from '../../../src/index.ts';
import {type Definition, digestOf, revisionNumber} from '../revision/task-definition.ts';
import {flapping, type Heard, newsIn} from '../rollout/events.ts';
import {primaryOf, type Snapshot, shortName} from '../rollout/state.ts';
import {type Fate, fateOf, type Sent} from '../rollout/verdict.ts';
import type {EcsCalls, ServiceUpdate} from './calls.ts';

/** How many revisions of a family are compared before a definition is registered anew. */
const revisionsCompared = 25;
const rollBackBeginsWithinMs = 10_000;

/** What steps may ask about the service. */
export interface EcsReader {
  /** `service web of cluster shop`. */
  readonly name: string;
  snapshot(signal: AbortSignal): Promise<Snapshot>;
  taskDefinition(reference: string, signal: AbortSignal): Promise<Definition>;
  /** The ARN of an ACTIVE revision of its family that is equal to this definition. */
  revisionOf(definition: Definition, signal: AbortSignal): Promise<string | undefined>;
  /** The ARN of the newest ACTIVE revision of a family that is the one. */
  revisionWhere(
    family: string | undefined,
    isIt: (definition: Definition, arn: string) => boolean,
    signal: AbortSignal,
  ): Promise<string | undefined>;
  /** The number of the newest ACTIVE revision of a family; 0 where it has none. No number is used twice. */
  newestRevision(family: string | undefined, signal: AbortSignal): Promise<number>;
  /** What has become of the last update that this session sent. */
  fateOfUpdate(
    snapshot: Snapshot,
    now: Date,
  ): {readonly fate: Fate | 'none-sent'; readonly sent?: Sent};
  /** What happened since this session last took a snapshot, a line each, and what flaps since the rollout began. */
  newsIn(snapshot: Snapshot): {
    readonly lines: readonly string[];
    readonly flaps: readonly string[];
  };
  /** Since when every look has shown this signature. No signature: it was interrupted. */
  unchangedSince(signature: string | undefined, now: Date): Date;
}

export interface EcsWriter extends EcsReader {
  /** Registers a definition, unless a revision equal to it is there. */
  register(definition: Definition, signal: AbortSignal): Promise<string>;
  deregister(taskDefinition: string, signal: AbortSignal): Promise<void>;
  update(update: ServiceUpdate, signal: AbortSignal): Promise<void>;
  /** Stops the rollout of a task definition, if it is still in flight, and waits until ECS has begun to go back. */
  rollBack(taskDefinition: string, signal: AbortSignal, say: ReportProgress): Promise<void>;
}

/** A session that remembers what it sent and since when all was well: ECS itself tells neither. */
export function openSession(name: string, calls: EcsCalls): Session<EcsReader, EcsWriter> {
  // Revisions never change.
  const known = new Map<string, Definition>();
  let sent: Sent | undefined;
  let heard: Heard | undefined;
  let unchanged: {readonly signature: string; readonly since: Date} | undefined;

  const reader: EcsReader = {
    name,

    async snapshot(signal) {
      const service = await calls.describeService(signal);
      const [tasks, targets] = await Promise.all([
        calls.describeTasks(signal),
        Promise.all(service.targetGroups.map((one) => calls.describeTargetHealth(one, signal))),
      ]);
      return {service, tasks, targets: targets.flat()};
    },

    async taskDefinition(reference, signal) {
      const definition =
        known.get(reference) ?? (await calls.describeTaskDefinition(reference, signal));
      known.set(reference, definition);
      return definition;
    },

    async revisionOf(definition, signal) {
      const wanted = digestOf(definition);
      return reader.revisionWhere(definition.family, (one) => digestOf(one) === wanted, signal);
    },

    async revisionWhere(family, isIt, signal) {
      const revisions = await calls.listRevisions(family ?? '', signal);
      for (const arn of revisions.slice(0, revisionsCompared)) {
        if (isIt(await reader.taskDefinition(arn, signal), arn)) {
          return arn;
        }
      }
      return undefined;
    },

    async newestRevision(family, signal) {
      return Math.max(0, ...(await calls.listRevisions(family ?? '', signal)).map(revisionNumber));
    },

    fateOfUpdate({service}, now) {
      if (!sent) {
        return {fate: 'none-sent'};
      }
      const fate = fateOf(sent, service, now);
      sent = {...sent, seen: sent.seen || fate === 'in-place'};
      return {fate, sent};
    },

    newsIn(snapshot) {
      const {lines, heard: now} = newsIn(snapshot, heard);
      heard = now;
      return {lines, flaps: flapping(now)};
    },

    unchangedSince(signature, now) {
      if (signature === undefined) {
        unchanged = undefined;
        return now;
      }
      if (unchanged?.signature !== signature) {
        unchanged = {signature, since: now};
      }
      return unchanged.since;
    },
  };

  const writer: EcsWriter = {
    ...reader,

    async register(definition, signal) {
      const equal = await reader.revisionOf(definition, signal);
      signal.throwIfAborted();
      return equal ?? (await calls.registerTaskDefinition(definition, signal));
    },

    async deregister(taskDefinition, signal) {
      signal.throwIfAborted();
      await calls.deregisterTaskDefinition(taskDefinition, signal);
    },

    async update(update, signal) {
      signal.throwIfAborted();
      unchanged = undefined;
      const asked = {...update, at: new Date(), seen: false};
      // Also while nobody knows: it may arrive although its answer is lost.
      sent = asked;
      try {
        sent = {...asked, deployment: await calls.updateService(update, signal)};
      } catch (error) {
        sent = isAnswerLost(error) ? asked : undefined;
        throw error;
      }
    },

    async rollBack(taskDefinition, signal, say) {
      const {currentServiceDeployment: inFlight, ...service} = await calls.describeService(signal);
      // A deployment of something else is not ours to stop.
      if (!inFlight || primaryOf(service)?.taskDefinition !== taskDefinition) {
        return;
      }
      signal.throwIfAborted();
      sent = undefined;
      if ((await calls.stopServiceDeployment(inFlight, signal)) === 'stopping') {
        await rollingBack(taskDefinition, signal, say);
      }
    },
  };

  async function rollingBack(
    taskDefinition: string,
    signal: AbortSignal,
    say: ReportProgress,
  ): Promise<void> {
    const end = Date.now() + rollBackBeginsWithinMs;
    while (Date.now() < end) {
      const service = await calls.describeService(signal);
      if (primaryOf(service)?.taskDefinition !== taskDefinition) {
        return;
      }
      say(`waiting for ECS to begin to roll back ${shortName(taskDefinition)}`);
      await sleep(250, undefined, {signal});
    }
    // The update that follows supersedes the deployment in any case.
  }

  return {reader, writer, close: () => calls.close()};
}

const isAnswerLost = (error: unknown): boolean =>
  error instanceof SwitcharooError && error.problem.code === 'aws-unreachable';

/** The revision that was registered before is gone: somebody deregistered it. */
export const revisionGone = (name: string, family: string): SwitcharooError =>
  new SwitcharooError({
    code: 'ecs-task-definition-missing',
    message: `Family ${family} has no ACTIVE revision that is as ${name} is to run it.`,
    hint: 'Somebody has deregistered it: resume, and it is registered again.',
  });
