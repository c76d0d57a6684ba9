/** Alarms by their names, and by the beginning of their names. */
export interface AlarmChoice {
  readonly names: readonly string[];
  readonly prefix?: string | undefined;
}

export interface Alarm {
  readonly name: string;
  readonly kind: 'metric' | 'composite';
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  /** Why it is in this state, in the words of CloudWatch. */
  readonly reason: string;
  /** Whether it acts when its state changes. */
  readonly actsOnChanges: boolean;
}

/** A metric of CloudWatch. */
export interface WatchedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Sum`, `Average`, `Minimum`, `Maximum`, or a percentile such as `p99`. */
  readonly statistic: string;
}

interface Value {
  /** The beginning of its minute. */
  readonly at: Date;
  readonly value: number;
}

/** Its values by the minute, oldest first; or why it cannot be read. */
export type Series =
  | {readonly kind: 'values'; readonly values: readonly Value[]}
  | {readonly kind: 'not-measured'; readonly why: string};

export interface CloudWatchReader {
  /** As the inventory names it. */
  readonly name: string;
  /** Metric alarms and composite ones, by name. Names without an alarm are left out. */
  alarms(choice: AlarmChoice, signal: AbortSignal): Promise<readonly Alarm[]>;
  /** One series for each metric. */
  series(
    metrics: readonly WatchedMetric[],
    span: {readonly from: Date; readonly to: Date},
    signal: AbortSignal,
  ): Promise<readonly Series[]>;
}

export interface CloudWatchWriter extends CloudWatchReader {
  /** Lets these alarms act, or keeps them from it. Their states change as before. */
  setActions(names: readonly string[], enabled: boolean, signal: AbortSignal): Promise<void>;
}
