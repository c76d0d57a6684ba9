import {z} from 'zod';
import {type ChangeCalendar, defineTarget, type Problem, SwitcharooError} from '../../src/index.ts';
import {type AwsConfig, awsClients, awsConfig, awsRemarks, awsRights} from '../aws/index.ts';
import {calendarPreflight} from './checks/calendar.ts';

/** A Change Calendar of Systems Manager: when it is closed, nothing is cut over. */
export const changeCalendar = defineTarget({
  kind: 'change-calendar',
  config: z.object({
    calendar: z
      .string()
      .regex(
        /^arn:[\w-]+:ssm:[\w-]+:\d{12}:document\/[\w.-]+$/,
        'the ARN of a calendar, such as arn:aws:ssm:eu-west-1:123456789012:document/freeze',
      ),
    ...awsConfig.shape,
  }),
  preflight: calendarPreflight,
  rights: async ({calendar, ...config}, needs, context) => [
    await awsRights(inItsRegion(calendar, config), needs, () => [calendar], context),
  ],
  inventoryNeeds: ['ssm:GetCalendarState'],
  open: async ({calendar, ...config}) => {
    const {reader, close} = openCalendar(calendar, inItsRegion(calendar, config));
    return {reader, writer: reader, remarks: () => awsRemarks(config), close};
  },
});

/** The inventory need not repeat the region of the ARN. */
const inItsRegion = (calendar: string, config: AwsConfig): AwsConfig => {
  const region = config.region ?? calendar.split(':')[3];
  return region === undefined ? config : {...config, region};
};

function openCalendar(calendar: string, config: AwsConfig) {
  const name = `change calendar ${calendar}`;
  const ssm = awsClients(
    config,
    () => import('@aws-sdk/client-ssm'),
    (sdk, settings) => new sdk.SSMClient(settings),
  );
  const reader: ChangeCalendar = {
    name,
    state: (abortSignal) =>
      ssm.ask(name, async ({sdk, reading}) => {
        const command = new sdk.GetCalendarStateCommand({CalendarNames: [calendar]});
        const {State, NextTransitionTime} = await reading
          .send(command, {abortSignal})
          .catch((cause: unknown) => {
            throw cause instanceof Error && notCalendars.has(cause.name)
              ? new SwitcharooError(calendarNotFound(calendar), {cause})
              : cause;
          });
        const nextChange =
          NextTransitionTime === undefined ? {} : {nextChange: new Date(NextTransitionTime)};
        return {isOpen: State === 'OPEN', ...nextChange};
      }),
  };
  return {reader, close: ssm.close};
}

/** What GetCalendarState says of a document that is not there, or is no calendar (API reference). */
const notCalendars = new Set([
  'InvalidDocument',
  'InvalidDocumentType',
  'UnsupportedCalendarException',
]);

const calendarNotFound = (calendar: string): Problem => ({
  code: 'calendar-not-found',
  message: `${calendar} is not a change calendar of this account.`,
  hint: 'Correct the ARN in the inventory, or share the calendar with this account; `aws ssm list-documents --document-filter-list key=DocumentType,value=ChangeCalendar` lists the calendars.',
});
