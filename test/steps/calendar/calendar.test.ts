import {expect, test} from 'vitest';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {createSsm} from '../../../lab/aws/ssm.ts';
import {changeCalendar} from '../../../steps/calendar/index.ts';
import {started} from '../../lab/aws/started.ts';

const never = new AbortController().signal;
const calendar = 'arn:aws:ssm:us-east-1:123456789012:document/freeze';
const context = {name: 'freeze', signal: never};

test('the account of a calendar needs one right, on that calendar alone', async () => {
  const identity = createIdentity();
  await using lab = await started(identity.sts, identity.iam);
  const config = changeCalendar.config.parse({calendar, ...lab.config});
  const rights = async () =>
    (await changeCalendar.rights?.(config, changeCalendar.inventoryNeeds ?? [], context))?.[0];
  identity.allow({actions: ['ssm:GetCalendarState'], resources: [calendar]});
  expect(await rights()).toMatchObject({
    grants: [{form: 'iam', actions: ['ssm:GetCalendarState'], resources: [calendar]}],
    needs: [{need: 'ssm:GetCalendarState', is: 'granted'}],
  });
  identity.allow();
  expect((await rights())?.needs).toMatchObject([{is: 'missing'}]);
});

test('a calendar says when it changes next, and one that does not answer is no open one', async () => {
  const ssm = createSsm({
    parameters: {},
    calendars: {[calendar]: {state: 'CLOSED', nextTransitionTime: '2027-01-06T05:00:00Z'}},
  });
  await using lab = await started(ssm);
  const config = changeCalendar.config.parse({calendar, ...lab.config});
  const {reader, close} = await changeCalendar.open(config, context);
  expect(await reader.state(never)).toEqual({
    isOpen: false,
    nextChange: new Date('2027-01-06T05:00:00Z'),
  });
  lab.endpoint.faults.add({service: 'ssm', kind: 'silence', times: Number.POSITIVE_INFINITY});
  await expect(reader.state(AbortSignal.timeout(1_000))).rejects.toThrow();
  await close();
});

test('what is no ARN of a calendar is refused', () => {
  const wrong = {calendar: 'arn:aws:s3:::freeze'};
  expect(changeCalendar.config.safeParse(wrong).error?.message).toContain('the ARN of a calendar');
});
