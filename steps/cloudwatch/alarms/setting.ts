import type {CloudWatchWriter} from '../contract.ts';
import {alarmsText} from './choice.ts';

/** To mute alarms and to let them act: each is reversed by the other. */
export const settingRights = [
  'cloudwatch:DescribeAlarms',
  'cloudwatch:DisableAlarmActions',
  'cloudwatch:EnableAlarmActions',
];

/** The action that lets alarms act, or keeps them from it. */
export const setting = (names: readonly string[], enabled: boolean) => ({
  on: 'cloudwatch' as const,
  does: `${enabled ? 'enable' : 'disable'} the actions of ${alarmsText(names)}`,
  perform: (writer: CloudWatchWriter, signal: AbortSignal) =>
    writer.setActions(names, enabled, signal),
});
