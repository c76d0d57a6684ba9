import {type ChangeCalendar, preflightOf} from '../../../src/index.ts';

/** Whether this account can read the state of a change calendar. */
export const calendarPreflight = preflightOf<ChangeCalendar>([
  {
    name: 'calendar-refused',
    severity: 'blocks',
    expects: 'The change calendar exists, and this account can read its state.',
    consequence: 'No run can cut over without a reason given with --outside-window.',
    fix: 'Correct its ARN in the inventory, or grant ssm:GetCalendarState to the account.',
    find: async (calendar, signal) => {
      await calendar.state(signal);
      return [];
    },
  },
]);
