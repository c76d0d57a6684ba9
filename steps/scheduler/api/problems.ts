import type {Problem} from '../../../src/index.ts';
import {oneLine} from '../../aws/index.ts';
import type {ScheduleId} from '../contract.ts';

export const idText = ({group, name}: ScheduleId): string => `${group}/${name}`;

export const scheduleRefused = ({group, name}: ScheduleId, refusal: string): Problem => ({
  code: 'schedule-refused',
  message: `EventBridge Scheduler does not accept a change of the schedule ${group}/${name}: ${oneLine(refusal)}`,
  hint: `Correct what the message names, then resume. This shows the schedule: aws scheduler get-schedule --group-name ${group} --name ${name}`,
});
