import type {GetScheduleOutput, SchedulerClient} from '@aws-sdk/client-scheduler';
import {SwitcharooError} from '../../../src/index.ts';
import {
  type AwsClients,
  type AwsConfig,
  awsClients,
  everyItem,
  keptAnswer,
  type LazyAwsClients,
  unknownFields,
} from '../../aws/index.ts';
import type {Schedule, ScheduleId, SchedulerWriter} from '../contract.ts';
import {scheduleRefused} from './problems.ts';

type Sdk = typeof import('@aws-sdk/client-scheduler');
type Clients = AwsClients<Sdk, SchedulerClient>;

/** EventBridge Scheduler through the AWS SDK, which is loaded with the first call. */
export class SchedulerCalls implements SchedulerWriter {
  readonly name: string;
  readonly #clients: LazyAwsClients<Sdk, SchedulerClient>;

  constructor(name: string, config: AwsConfig) {
    this.name = name;
    this.#clients = awsClients(
      config,
      () => import('@aws-sdk/client-scheduler'),
      (sdk, settings) => new sdk.SchedulerClient(settings),
    );
  }

  async schedule(id: ScheduleId, signal: AbortSignal): Promise<Schedule | undefined> {
    const answer = await this.#get(id, signal);
    return (
      answer && {
        ...id,
        enabled: answer.schedule.State === 'ENABLED',
        expression: answer.schedule.ScheduleExpression ?? '',
        endsAt: answer.schedule.EndDate,
        unknown: answer.unknown,
      }
    );
  }

  async names(GroupName: string, abortSignal: AbortSignal): Promise<readonly string[]> {
    return this.#ask(async ({sdk, reading}) => {
      try {
        const pages = sdk.paginateListSchedules({client: reading}, {GroupName}, {abortSignal});
        const all = await everyItem(pages, ({Schedules}) => Schedules);
        return all.flatMap(({Name}) => Name ?? []);
      } catch (error) {
        if (isMissing(error)) {
          return [];
        }
        throw error;
      }
    });
  }

  async setEnabled(
    id: ScheduleId,
    enabled: boolean,
    {now, signal: abortSignal}: {readonly now: Date; readonly signal: AbortSignal},
  ): Promise<void> {
    const answer = await this.#get(id, abortSignal);
    const State = enabled ? 'ENABLED' : 'DISABLED';
    if (!answer || answer.schedule.State === State) {
      return;
    }
    abortSignal.throwIfAborted();
    await this.#ask(async ({sdk, writing}) => {
      const command = new sdk.UpdateScheduleCommand({...updateOf(id, answer.schedule, now), State});
      try {
        await writing.send(command, {abortSignal});
      } catch (cause) {
        if (cause instanceof Error && cause.name === 'ValidationException') {
          throw new SwitcharooError(scheduleRefused(id, cause.message), {cause});
        }
        throw cause;
      }
    });
  }

  close(): Promise<void> {
    return this.#clients.close();
  }

  #get({group: GroupName, name: Name}: ScheduleId, abortSignal: AbortSignal) {
    return this.#ask(async ({sdk, reading}) => {
      const command = new sdk.GetScheduleCommand({GroupName, Name});
      const kept = keptAnswer(command);
      try {
        const schedule = await reading.send(command, {abortSignal});
        return {schedule, unknown: unknownFields(kept(), schedule).map(({field}) => field)};
      } catch (error) {
        if (isMissing(error)) {
          return undefined;
        }
        throw error;
      }
    });
  }

  #ask<Result>(call: (clients: Clients) => Promise<Result>): Promise<Result> {
    return this.#clients.ask(`EventBridge Scheduler (${this.name})`, call);
  }
}

/**
 * Every field that an update takes: what is left out gets its default value (EventBridge Scheduler API reference,
 * UpdateSchedule). A StartDate that has passed has no effect any more, and is refused.
 */
function updateOf({group, name}: ScheduleId, schedule: GetScheduleOutput, now: Date) {
  const {Arn: _arn, CreationDate: _created, LastModificationDate: _changed, ...fields} = schedule;
  const {StartDate, ScheduleExpression, Target, FlexibleTimeWindow, ...others} = fields;
  return {
    ...others,
    ...(StartDate && StartDate > now ? {StartDate} : {}),
    // Every schedule has these.
    ...{ScheduleExpression, Target, FlexibleTimeWindow},
    GroupName: group,
    Name: name,
  };
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ResourceNotFoundException';
