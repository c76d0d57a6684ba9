import {preflightOf} from '../../../src/index.ts';
import type {SchedulerReader} from '../contract.ts';

/** Whether the account may see schedules. */
export const schedulerPreflight = preflightOf<SchedulerReader>([
  {
    name: 'scheduler-refused',
    severity: 'blocks',
    expects: 'EventBridge Scheduler lists the schedules of the default group for this account.',
    consequence: 'No step can enable or disable a schedule.',
    fix: 'Grant scheduler:ListSchedules to the account.',
    find: async (scheduler, signal) => {
      await scheduler.names('default', signal);
      return [];
    },
  },
]);
