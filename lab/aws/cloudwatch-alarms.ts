import type {JsonInput} from './json-service.ts';
import {AwsError} from './replies.ts';

export interface LabAlarm {
  readonly name: string;
  readonly kind: 'metric' | 'composite';
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  actionsEnabled: boolean;
}

const namesPerCall = 100;
const alarmsPerPage = 50;

/** DescribeAlarms in pages, and the actions of alarms. As in CloudWatch, a name without an alarm is no mistake. */
export const operationsOn = (alarms: LabAlarm[]) => ({
  DescribeAlarms: (input: JsonInput) => {
    const names = namesIn(input);
    const prefix = textIn(input, 'AlarmNamePrefix');
    if (names && prefix !== undefined) {
      throw new AwsError('ValidationError', 'AlarmNamePrefix cannot be used with AlarmNames.');
    }
    // A client of the SDK sends the modelled shape.
    const types = (input['AlarmTypes'] ?? ['MetricAlarm']) as readonly string[];
    const chosen = alarms
      .filter(({kind}) => types.includes(kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm'))
      .filter(({name}) => names?.includes(name) ?? name.startsWith(prefix ?? ''));
    const from = Number(textIn(input, 'NextToken') ?? 0);
    const page = chosen.slice(from, from + alarmsPerPage);
    const of = (kind: LabAlarm['kind']) => page.filter((alarm) => alarm.kind === kind).map(shown);
    const next = from + alarmsPerPage;
    return {
      MetricAlarms: of('metric'),
      CompositeAlarms: of('composite'),
      ...(next < chosen.length ? {NextToken: String(next)} : {}),
    };
  },
  EnableAlarmActions: (input: JsonInput) => setActions(alarms, input, true),
  DisableAlarmActions: (input: JsonInput) => setActions(alarms, input, false),
});

function setActions(alarms: LabAlarm[], input: JsonInput, enabled: boolean): object {
  const names = namesIn(input) ?? [];
  for (const alarm of alarms.filter(({name}) => names.includes(name))) {
    alarm.actionsEnabled = enabled;
  }
  return {};
}

function namesIn(input: JsonInput): readonly string[] | undefined {
  // A client of the SDK sends the modelled shape.
  const names = input['AlarmNames'] as readonly string[] | undefined;
  if (names && names.length > namesPerCall) {
    throw new AwsError('ValidationError', `At most ${namesPerCall} alarm names are taken.`);
  }
  return names;
}

const textIn = (input: JsonInput, key: string): string | undefined => {
  const value = input[key];
  return typeof value === 'string' ? value : undefined;
};

const shown = ({name, state, actionsEnabled}: LabAlarm) => ({
  AlarmName: name,
  AlarmArn: `arn:aws:cloudwatch:us-east-1:123456789012:alarm:${name}`,
  ActionsEnabled: actionsEnabled,
  StateValue: state,
  StateReason: `The lab has set it to ${state}.`,
});
