import type {CloudWatchClient} from '@aws-sdk/client-cloudwatch';
import {
  type AwsClients,
  type AwsConfig,
  awsClients,
  everyItem,
  metricSeries,
  notMeasured,
} from '../../aws/index.ts';
import type {Alarm, AlarmChoice, CloudWatchWriter, Series, WatchedMetric} from '../contract.ts';

type Clients = AwsClients<typeof import('@aws-sdk/client-cloudwatch'), CloudWatchClient>;

/** The most names that a call takes (CloudWatch API, DescribeAlarms and DisableAlarmActions). */
const namesPerCall = 100;

/** CloudWatch of an account and region, through the AWS SDK. */
export class CloudWatchCalls implements CloudWatchWriter {
  readonly name: string;
  readonly #clients;

  constructor(name: string, config: AwsConfig) {
    this.name = name;
    this.#clients = awsClients(
      config,
      () => import('@aws-sdk/client-cloudwatch'),
      (sdk, settings) => new sdk.CloudWatchClient(settings),
    );
  }

  alarms({names, prefix}: AlarmChoice, abortSignal: AbortSignal): Promise<readonly Alarm[]> {
    return this.#ask(async ({sdk, reading: client}) => {
      const choices = [
        ...chunks(names).map((some) => ({AlarmNames: some})),
        ...(prefix === undefined ? [] : [{AlarmNamePrefix: prefix}]),
      ];
      const byName = new Map<string, Alarm>();
      for (const choice of choices) {
        // Without the types, only metric alarms are listed.
        const request = {...choice, AlarmTypes: [...alarmTypes]};
        const pages = sdk.paginateDescribeAlarms({client}, request, {abortSignal});
        const alarms = await everyItem(pages, ({MetricAlarms = [], CompositeAlarms = []}) => [
          ...MetricAlarms.map((alarm) => alarmOf('metric', alarm)),
          ...CompositeAlarms.map((alarm) => alarmOf('composite', alarm)),
        ]);
        for (const alarm of alarms) {
          byName.set(alarm.name, alarm);
        }
      }
      return [...byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
    });
  }

  async series(
    metrics: readonly WatchedMetric[],
    span: {readonly from: Date; readonly to: Date},
    signal: AbortSignal,
  ): Promise<readonly Series[]> {
    if (metrics.length === 0) {
      return [];
    }
    try {
      return await this.#ask(async ({sdk, reading: client}) => {
        const all = await metricSeries({sdk, client}, metrics, {...span, signal});
        return all.map((values): Series => ({kind: 'values', values}));
      });
    } catch (error) {
      const why = notMeasured(error, signal);
      return metrics.map(() => why);
    }
  }

  async setActions(
    names: readonly string[],
    enabled: boolean,
    abortSignal: AbortSignal,
  ): Promise<void> {
    for (const AlarmNames of chunks(names)) {
      abortSignal.throwIfAborted();
      await this.#ask(async ({sdk, writing}) => {
        const command = enabled
          ? new sdk.EnableAlarmActionsCommand({AlarmNames})
          : new sdk.DisableAlarmActionsCommand({AlarmNames});
        await writing.send(command, {abortSignal});
      });
    }
  }

  close(): Promise<void> {
    return this.#clients.close();
  }

  #ask<Result>(call: (clients: Clients) => Promise<Result>): Promise<Result> {
    return this.#clients.ask(`CloudWatch (${this.name})`, call);
  }
}

const alarmTypes = ['MetricAlarm', 'CompositeAlarm'] as const;

interface SdkAlarm {
  readonly AlarmName?: string | undefined;
  readonly StateValue?: string | undefined;
  readonly StateReason?: string | undefined;
  readonly ActionsEnabled?: boolean | undefined;
}

const alarmOf = (
  kind: Alarm['kind'],
  {AlarmName = '', StateValue = '', StateReason = '', ActionsEnabled = false}: SdkAlarm,
): Alarm => ({
  ...{name: AlarmName, kind, state: StateValue},
  reason: StateReason,
  actsOnChanges: ActionsEnabled,
});

const chunks = (names: readonly string[]): string[][] =>
  Array.from({length: Math.ceil(names.length / namesPerCall)}, (_none, index) =>
    names.slice(index * namesPerCall, (index + 1) * namesPerCall),
  );
