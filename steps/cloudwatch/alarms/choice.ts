import {z} from 'zod';
import {type Blocked, blocked} from '../../../src/index.ts';
import type {Alarm, CloudWatchReader} from '../contract.ts';

export const alarmChoice = z
  .object({
    names: z.array(z.string().min(1)).default([]),
    /** Takes every alarm whose name begins like this, when the step is planned. */
    prefix: z.string().min(1).optional(),
  })
  .refine(({names, prefix}) => names.length > 0 || prefix !== undefined, {
    error: 'set names, prefix or both',
  });

/** Alarms that are not there: a name may be misspelt. */
export function missingAlarms(
  {name}: Pick<CloudWatchReader, 'name'>,
  names: readonly string[],
  alarms: readonly Alarm[],
): Blocked | undefined {
  const missing = names.filter((each) => !alarms.some((alarm) => alarm.name === each));
  return missing.length === 0
    ? undefined
    : blocked(
        `${name} has no alarm ${missing.join(', ')} in this account and region.`,
        'Correct the names in the runbook: aws cloudwatch describe-alarms lists them.',
      );
}

/** `a, b and 3 more`. */
export function alarmsText(names: readonly string[]): string {
  const shown = names.slice(0, shownOfMany).join(', ');
  const more = names.length - shownOfMany;
  return `${names.length === 1 ? 'alarm' : 'alarms'} ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}

const shownOfMany = 5;
