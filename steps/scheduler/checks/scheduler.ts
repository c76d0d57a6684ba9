import {preflightOf} from '../../../src/index.ts';
import type {SchedulerReader} from '../contract.ts';

/** Whether the account may see schedules. */
export const schedulerPreflight = preflightOf<SchedulerReader>([
  {
    name: 'scheduler-refused',
    severity: 'blocks',
    expects: 'EventBridge Scheduler lists the schedules of the default group for this account.',
    consequence:
      'The account may lack the rights with which scheduler.enable-schedules reads and changes schedules.',
    fix: 'Grant scheduler:ListSchedules, scheduler:GetSchedule, scheduler:UpdateSchedule and iam:PassRole to the account.',
    find: async (scheduler, signal) => {
      await scheduler.names('default', signal);
      return [];
    },
  },
]);
