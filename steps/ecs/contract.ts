import type {Service, TaskDefinition} from '@aws-sdk/client-ecs';
import type {ReportProgress} from '../../src/index.ts';
import type {AwsConfig, UnknownField} from '../aws/index.ts';
import type {InstanceCapacity} from './capacity/instances.ts';
import type {Definition} from './revision/task-definition.ts';
import type {Snapshot} from './rollout/state.ts';
import type {Fate, Sent} from './rollout/update.ts';

/** A service by its names, or by their ARNs. */
export interface ServiceNames {
  readonly cluster: string;
  readonly service: string;
}

export type ServiceConfig = AwsConfig & ServiceNames;

export type ServiceReader = RolloutReader &
  OneOffReader &
  ScalingReader &
  CapacityReader &
  ImageReader;
export type ServiceWriter = RolloutWriter &
  OneOffWriter &
  ScalingWriter &
  CapacityReader &
  ImageReader;

/** The service, its revisions and its rollout. */
export interface RolloutReader {
  /** `service web of cluster shop`. */
  readonly name: string;
  snapshot(signal: AbortSignal): Promise<Snapshot>;
  taskDefinition(reference: string, signal: AbortSignal): Promise<Definition>;
  /** Fields of a task definition that no revision made from it would have: the SDK does not know them. */
  unknownFields(reference: string, signal: AbortSignal): Promise<readonly UnknownField[]>;
  /** The ACTIVE revision that runs the same as this one: itself, or an equal one where it was deregistered. */
  deployable(reference: string, signal: AbortSignal): Promise<string | undefined>;
  /** The ARN of an ACTIVE revision of its family that is equal to this definition. */
  revisionOf(definition: Definition, signal: AbortSignal): Promise<string | undefined>;
  /** The ARN of the newest ACTIVE revision of a family that matches. */
  revisionWhere(
    family: string | undefined,
    matches: (definition: Definition, arn: string) => boolean,
    signal: AbortSignal,
  ): Promise<string | undefined>;
  /** The number of the newest ACTIVE revision of a family; 0 where it has none. No number is used twice. */
  newestRevision(family: string | undefined, signal: AbortSignal): Promise<number>;
  /** What has become of the last update that this session sent. */
  fateOfUpdate(snapshot: Snapshot): {readonly fate: Fate | 'none-sent'; readonly sent?: Sent};
  /** What changed since this session last took a snapshot, a line each, and what flaps since the rollout began. */
  changesIn(snapshot: Snapshot): {
    readonly lines: readonly string[];
    readonly flaps: readonly string[];
  };
  /** Since when every check has seen this signature. No signature: it was interrupted. */
  unchangedSince(signature: string | undefined, now: Date): Date;
}

export interface RolloutWriter extends RolloutReader {
  /** Registers a definition, unless a revision equal to it exists. */
  register(definition: Definition, signal: AbortSignal): Promise<string>;
  deregister(taskDefinition: string, signal: AbortSignal): Promise<void>;
  update(update: ServiceUpdate, signal: AbortSignal): Promise<void>;
  /** Stops the rollout of a task definition, if it is still in flight, and waits until ECS begins to roll it back. */
  rollBack(taskDefinition: string, signal: AbortSignal, report: ReportProgress): Promise<void>;
}

export interface ServiceUpdate {
  readonly taskDefinition: string;
  readonly desiredCount?: number;
}

/** Tasks that RunTask starts, once each. */
export interface OneOffReader {
  readonly name: string;
  /** What a one-off task would be started from. `container`: the one that is asked for. */
  runningService(container: string | undefined, signal: AbortSignal): Promise<RunningService>;
  /** The task that was started under this name, if AWS shows it: running, or stopped within the last hour. */
  oneOffTask(startedBy: string, signal: AbortSignal): Promise<OneOffTask | undefined>;
  /** The lines of a container's log since this session last asked, and how long there has been none. */
  newLines(
    task: OneOffTask,
    container: string,
    look: {readonly now: Date; readonly signal: AbortSignal},
  ): Promise<LogLines>;
}

export interface OneOffWriter extends OneOffReader {
  /** Starts the task, unless one was started under this name before. */
  runOneOff(order: OneOffOrder, signal: AbortSignal): Promise<void>;
}

/** What a one-off task is started from: the service as it is now. */
export interface RunningService {
  readonly status: string;
  /** The task definition that the service runs; none where another controller has not given it one. */
  readonly taskDefinition: string | undefined;
  readonly controller: string;
  /** Fields of the service that a task of its own does not get: the SDK does not know them. */
  readonly unknown: readonly UnknownField[];
  readonly containers: readonly string[];
  /** The one that is meant, where that is plain. */
  readonly container: string | undefined;
}

export interface OneOffTask {
  readonly arn: string;
  readonly taskDefinition: string;
  readonly lastStatus: string;
  readonly stopCode?: string;
  readonly stoppedReason?: string;
  readonly containers: readonly {
    readonly name: string;
    readonly exitCode?: number;
    readonly reason?: string;
    readonly runtimeId?: string;
  }[];
  readonly canBeEntered: boolean;
}

export interface OneOffOrder {
  readonly startedBy: string;
  readonly clientToken: string;
  readonly container: string | undefined;
  readonly command: readonly string[];
}

export interface LogLines {
  readonly lines: readonly string[];
  /** False where the container does not log to CloudWatch Logs. */
  readonly readable: boolean;
  readonly silentMs: number;
}

/** The automatic scaling of the service. */
export interface ScalingReader {
  /** Nothing where Application Auto Scaling does not know the service. */
  scaling(signal: AbortSignal): Promise<ScalableTarget | undefined>;
}

export interface ScalingWriter extends ScalingReader {
  /** Its limits stay as they are. */
  suspend(suspended: Suspended, signal: AbortSignal): Promise<void>;
}

export interface ScalableTarget {
  readonly min: number;
  readonly max: number;
  readonly suspended: Suspended;
}

/** Which kinds of scaling are suspended. */
export interface Suspended {
  readonly in: boolean;
  readonly out: boolean;
  readonly scheduled: boolean;
}

/** What decides whether new tasks find a place. */
export interface CapacityReader {
  deployedService(signal: AbortSignal): Promise<Service>;
  definition(reference: string, signal: AbortSignal): Promise<TaskDefinition>;
  instances(signal: AbortSignal): Promise<readonly InstanceCapacity[]>;
  /** The capacity providers of these names, also those that ECS does not describe. */
  providers(names: readonly string[], signal: AbortSignal): Promise<readonly CapacityProvider[]>;
  memoryUse(now: Date, signal: AbortSignal): Promise<MemoryUse>;
  /** The free addresses of these subnets together: a task with a network interface of its own takes one. */
  freeAddresses(subnets: readonly string[], signal: AbortSignal): Promise<Quantity>;
  /** The vCPU of this account's Fargate quota that nothing uses. */
  freeVcpu(kind: FargateKind, now: Date, signal: AbortSignal): Promise<Quantity>;
}

/** What tasks would pull, and whether they may. */
export interface ImageReader {
  /** The image of a reference such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com/web:7`. */
  registeredImage(image: string, signal: AbortSignal): Promise<RegisteredImage>;
  /** Whether a role, given by its ARN, may pull this image. */
  mayPull(role: string, image: string, signal: AbortSignal): Promise<PullRights>;
}

export type RegisteredImage =
  | {
      readonly kind: 'found';
      readonly digest: string;
      /** `linux/amd64`; none where they cannot be read: `why`. */
      readonly platforms: readonly string[];
      readonly why?: string;
    }
  | {readonly kind: 'missing'; readonly what: 'image' | 'repository'}
  /** In another registry than ECR's private ones. */
  | {readonly kind: 'elsewhere'}
  | {readonly kind: 'not-told'; readonly why: string};

export type PullRights =
  | {readonly kind: 'allowed'}
  | {readonly kind: 'refused'; readonly actions: readonly string[]}
  | {readonly kind: 'not-told'; readonly why: string};

export interface CapacityProvider {
  readonly name: string;
  /** `group`: an Auto Scaling group, whose instances ECS shows. Of every other kind it is AWS's own name. */
  readonly kind: string;
  /** ECS enlarges its Auto Scaling group by itself. */
  readonly grows: boolean;
}

type NotMeasured = {readonly kind: 'not-measured'; readonly why: string};

/** What the tasks of the service used of their memory reservation in the last day, in percent. */
export type MemoryUse = {readonly kind: 'measured'; readonly mostPercent: number} | NotMeasured;

/** What is free of something that all tasks of an account share, as a number and as a sentence. */
export type Quantity =
  | {readonly kind: 'measured'; readonly free: number; readonly sentence: string}
  | NotMeasured;

export type FargateKind = 'FARGATE' | 'FARGATE_SPOT';
