import {lawsOfStep} from 'switcharoo/testing';
import {afterEach, expect, test} from 'vitest';
import {createScheduler, type LabSchedule} from '../../../lab/aws/scheduler.ts';
import type {Look} from '../../../src/index.ts';
import {enableSchedules} from '../../../steps/scheduler/enable-schedules.ts';
import {eventScheduler} from '../../../steps/scheduler/target.ts';
import {type Started, started} from '../../lab/aws/started.ts';

const {signal} = new AbortController();
const input = {group: 'shop', names: ['nightly', 'mail']};
const hourMs = 3_600_000;

/** Every field that a schedule can have. */
const nightly: LabSchedule = {
  GroupName: 'shop',
  Name: 'nightly',
  State: 'DISABLED',
  ScheduleExpression: 'cron(0 3 * * ? *)',
  ScheduleExpressionTimezone: 'Europe/Berlin',
  Description: 'counts the orders',
  CreationDate: 1_700_000_000,
  EndDate: Math.floor((Date.now() + hourMs) / 1_000),
  FlexibleTimeWindow: {Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15},
  ActionAfterCompletion: 'NONE',
  KmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1',
  Target: {
    Arn: 'arn:aws:ecs:us-east-1:123456789012:cluster/shop',
    RoleArn: 'arn:aws:iam::123456789012:role/schedules',
    EcsParameters: {TaskDefinitionArn: 'worker:3', TaskCount: 1, LaunchType: 'FARGATE'},
    RetryPolicy: {MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3},
    DeadLetterConfig: {Arn: 'arn:aws:sqs:us-east-1:123456789012:dead'},
  },
};
const mail: LabSchedule = {
  ...nightly,
  Name: 'mail',
  ScheduleExpression: 'rate(5 minutes)',
  // Long ago: AWS refuses to be told so again.
  StartDate: Math.floor((Date.now() - hourMs) / 1_000),
};
const other: LabSchedule = {...nightly, Name: 'other'};

const labs: Started[] = [];
afterEach(async () => {
  for (const lab of labs.splice(0)) {
    await lab[Symbol.asyncDispose]();
  }
});

async function labWorld(...schedules: readonly LabSchedule[]) {
  const scheduler = createScheduler(schedules);
  const lab = await started(scheduler);
  labs.push(lab);
  const session = await eventScheduler.open(lab.config, {name: 'scheduler', signal});
  const picture = () =>
    scheduler.schedules().map(({LastModificationDate: _at, StartDate: _start, ...rest}) => rest);
  return {
    sessions: {scheduler: session},
    picture: async () => structuredClone(picture()),
    scheduler,
    lab,
  };
}

lawsOfStep({
  step: enableSchedules,
  input,
  world: () => labWorld(nightly, mail, other),
  blockedWorld: () => labWorld(nightly, {...mail, State: 'ENABLED'}),
});

type World = Awaited<ReturnType<typeof labWorld>>;
const lookAt = (
  {sessions}: World,
  run: object = {},
): Look<{scheduler: typeof eventScheduler}, typeof input> => ({
  input,
  targets: {scheduler: sessions.scheduler.reader},
  run: {id: 'r-1', entry: 'schedules', started: false, ...run},
  now: new Date(),
  signal,
});

test('an update sends every field back, and leaves other schedules alone', async () => {
  const world = await labWorld(nightly, mail, other);
  const start = await world.picture();
  for (const action of await enableSchedules.plan(lookAt(world), {disabled: input.names})) {
    await action.perform(world.sessions.scheduler.writer, signal, () => {});
  }
  expect(await world.picture()).toEqual(
    start.map((schedule) => ({
      ...schedule,
      State: schedule.Name === 'other' ? 'DISABLED' : 'ENABLED',
    })),
  );
});

test('an update whose answer was lost is not sent twice', async () => {
  const world = await labWorld(nightly, mail);
  world.lab.endpoint.faults.add({
    service: 'scheduler',
    operation: 'UpdateSchedule',
    kind: 'cut-after',
  });
  const before = {disabled: [...input.names]};
  const act = async () => {
    for (const action of await enableSchedules.plan(
      lookAt(world, {started: true, before}),
      before,
    )) {
      await action.perform(world.sessions.scheduler.writer, signal, () => {});
    }
  };
  await expect(act()).rejects.toMatchObject({problem: {code: 'aws-unreachable'}});
  await act();
  expect(world.lab.endpoint.calls('scheduler', 'UpdateSchedule')).toBe(2);
  expect((await enableSchedules.check(lookAt(world, {started: true, before}))).kind).toBe('done');
});

test.for([
  {
    name: 'a name that is not there',
    schedules: [nightly, other],
    reason: 'Group shop of scheduler has no schedule mail; it has nightly, other.',
  },
  {
    name: 'one that somebody else enabled',
    schedules: [nightly, {...mail, State: 'ENABLED' as const}],
    reason: 'Already enabled, and not by this run: shop/mail.',
  },
  {
    name: 'one whose end date has passed',
    schedules: [nightly, {...mail, EndDate: 1_000_000_000}],
    reason: 'Past the end date, so nothing would be started: shop/mail.',
  },
  {
    name: 'a field that an update would clear',
    schedules: [nightly, {...mail, Target: {...(mail['Target'] as object), NewParameters: {a: 1}}}],
    reason:
      'The schedule shop/mail has fields that this version of switcharoo does not know: Target.NewParameters. An update would clear them.',
  },
])('$name blocks the start', async ({schedules, reason}) => {
  expect(await enableSchedules.check(lookAt(await labWorld(...schedules)))).toMatchObject({
    kind: 'blocked',
    reason,
  });
});

test('a schedule that has run and deleted itself meanwhile is no drift, and said', async () => {
  const world = await labWorld({...nightly, State: 'ENABLED'});
  const later = {started: true, before: {disabled: [...input.names]}};
  expect(await enableSchedules.check(lookAt(world, later))).toEqual({
    kind: 'done',
    output: {enabled: ['nightly']},
    remarks: ['The schedule mail has been deleted since, or has deleted itself.'],
  });
});
