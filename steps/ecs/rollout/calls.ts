import type {ServiceUpdate} from '../contract.ts';
import type {Definition, Revision} from '../revision/task-definition.ts';
import type {ServiceState, StagedDeployment, TargetHealth, TaskState} from './state.ts';

/** The calls of a rollout, each one request or the pages of one. Reads retry; writes are sent once. */
export interface RolloutCalls {
  describeService(signal: AbortSignal): Promise<ServiceState>;
  describeRevision(reference: string, signal: AbortSignal): Promise<Revision>;
  /** ARNs of ACTIVE revisions, newest first, at most 100. */
  listRevisions(family: string, signal: AbortSignal): Promise<readonly string[]>;
  describeTasks(signal: AbortSignal): Promise<readonly TaskState[]>;
  /** Nothing where ECS no longer knows it, or the account may not see it. */
  describeServiceDeployment(
    arn: string,
    signal: AbortSignal,
  ): Promise<StagedDeployment | undefined>;
  describeTargetHealth(group: string, signal: AbortSignal): Promise<readonly TargetHealth[]>;
  registerTaskDefinition(definition: Definition, signal: AbortSignal): Promise<string>;
  /** Nothing new runs it then; tasks that run it already continue. */
  deregisterTaskDefinition(taskDefinition: string, signal: AbortSignal): Promise<void>;
  /** Answers the PRIMARY deployment that it leads to. */
  updateService(
    update: ServiceUpdate,
    signal: AbortSignal,
  ): Promise<{readonly id: string; readonly createdAt: Date}>;
  /** `nothing-in-flight`: it had ended before. */
  stopServiceDeployment(
    arn: string,
    signal: AbortSignal,
  ): Promise<'stopping' | 'nothing-in-flight'>;
}
