import type {CloudWatchWriter} from '../contract.ts';
import {alarmsText} from './choice.ts';

/** The action that lets alarms act, or keeps them from it. */
export const setting = (names: readonly string[], enabled: boolean) => ({
  on: 'cloudwatch' as const,
  does: `${enabled ? 'enable' : 'disable'} the actions of ${alarmsText(names)}`,
  perform: (writer: CloudWatchWriter, signal: AbortSignal) =>
    writer.setActions(names, enabled, signal),
});
