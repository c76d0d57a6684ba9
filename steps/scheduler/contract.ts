/** A schedule of EventBridge Scheduler, by its name in its group. */
export interface ScheduleId {
  readonly group: string;
  readonly name: string;
}

export interface Schedule extends ScheduleId {
  readonly enabled: boolean;
  /** `cron(0 3 * * ? *)`, as it is written. */
  readonly expression: string;
  /** After it, nothing is started any more. */
  readonly endsAt: Date | undefined;
  /** Fields that the SDK does not know: an update would clear them, because it replaces the whole schedule. */
  readonly unknown: readonly string[];
}

export interface SchedulerReader {
  /** As the inventory names it. */
  readonly name: string;
  /** `undefined` where there is none: a schedule may delete itself once it has run. */
  schedule(id: ScheduleId, signal: AbortSignal): Promise<Schedule | undefined>;
  /** The names in a group; none where there is no such group. */
  names(group: string, signal: AbortSignal): Promise<readonly string[]>;
}

export interface SchedulerWriter extends SchedulerReader {
  /** Sends the schedule back as it is, with another state. Does nothing where it has that state, or is gone. */
  setEnabled(
    id: ScheduleId,
    enabled: boolean,
    at: {readonly now: Date; readonly signal: AbortSignal},
  ): Promise<void>;
}
