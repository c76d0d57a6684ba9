import type {FactOf} from '../model/journal.ts';
import {clockUtc} from './labels.ts';

export type DeliveryReport = FactOf<'people-told'>['deliveries'][number];

/** `ops, notice "failed" of 03:12:04 UTC: its name does not resolve`. */
export const undeliveredText = ({channel, event, atUtc, because = ''}: DeliveryReport): string =>
  `${channel}, notice "${event}" of ${clockUtc(new Date(atUtc))} UTC: ${because}`;

/** What could not be delivered, with the sum before it; nothing where all were delivered. */
export function untoldTexts({
  notices,
}: {
  readonly notices?: {readonly delivered: number; readonly undelivered: readonly DeliveryReport[]};
}): readonly string[] {
  if (!notices || notices.undelivered.length === 0) {
    return [];
  }
  const {delivered, undelivered} = notices;
  const sum = `${undelivered.length} of ${delivered + undelivered.length} not delivered`;
  return [sum, ...undelivered.map((each) => `✗ ${undeliveredText(each)}`)];
}
