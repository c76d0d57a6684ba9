import type {Alarm, CloudWatchWriter, Series} from '../../../steps/cloudwatch/contract.ts';

/** A small true CloudWatch: alarms that act or do not, and series by the name of their metric. */
export class FakeCloudWatch implements CloudWatchWriter {
  readonly name = 'cloudwatch';
  alarmList: Alarm[];
  readonly measured: Record<string, Series> = {};

  constructor(...alarms: readonly (Partial<Alarm> & {readonly name: string})[]) {
    this.alarmList = alarms.map((alarm) => ({
      ...{kind: 'metric', state: 'OK', reason: '', actsOnChanges: true},
      ...alarm,
    }));
  }

  alarms: CloudWatchWriter['alarms'] = async ({names, prefix}, signal) => {
    signal.throwIfAborted();
    return this.alarmList.filter(
      ({name}) => names.includes(name) || (prefix !== undefined && name.startsWith(prefix)),
    );
  };

  series: CloudWatchWriter['series'] = async (metrics, {from, to}) =>
    metrics.map(({name}) => {
      const series = this.measured[name] ?? {kind: 'values', values: []};
      return series.kind === 'values'
        ? {...series, values: series.values.filter(({at}) => at >= from && at <= to)}
        : series;
    });

  setActions: CloudWatchWriter['setActions'] = async (names, enabled, signal) => {
    signal.throwIfAborted();
    this.alarmList = this.alarmList.map((alarm) =>
      names.includes(alarm.name) ? {...alarm, actsOnChanges: enabled} : alarm,
    );
  };

  session = () => ({reader: this, writer: this, close: async () => {}});
  picture = async () => structuredClone(this.alarmList);
}
