import {lawsOfStep} from 'switcharoo/testing';
import {afterEach, describe, expect, test} from 'vitest';
import {createCloudWatch} from '../../../lab/aws/cloudwatch.ts';
import type {LabAlarm} from '../../../lab/aws/cloudwatch-alarms.ts';
import {muteAlarms} from '../../../steps/cloudwatch/mute-alarms.ts';
import {cloudWatch} from '../../../steps/cloudwatch/target.ts';
import {unmuteAlarms} from '../../../steps/cloudwatch/unmute-alarms.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {FakeCloudWatch} from './fake-cloud-watch.ts';

const {signal} = new AbortController();
const chosen = {names: ['queue'], prefix: 'shop-'};

const fake = () =>
  new FakeCloudWatch(
    {name: 'queue'},
    {name: 'shop-5xx', state: 'ALARM'},
    {name: 'shop-all', kind: 'composite'},
    {name: 'shop-off', actsOnChanges: false},
    {name: 'other'},
  );

const worldOf = (watch: FakeCloudWatch) => ({
  sessions: {cloudwatch: watch.session()},
  picture: watch.picture,
});

const labs: Started[] = [];
afterEach(async () => {
  for (const lab of labs.splice(0)) {
    await lab[Symbol.asyncDispose]();
  }
});

/** The same alarms in the lab, and as many others as take a second page. */
async function labWorld(actionsEnabled = true) {
  const alarms: LabAlarm[] = [
    {name: 'queue', kind: 'metric', state: 'OK', actionsEnabled},
    {name: 'shop-5xx', kind: 'metric', state: 'ALARM', actionsEnabled},
    {name: 'shop-all', kind: 'composite', state: 'OK', actionsEnabled},
    {name: 'shop-off', kind: 'metric', state: 'OK', actionsEnabled: false},
    ...Array.from(
      {length: 120},
      (_none, index): LabAlarm => ({
        ...{name: `shop-more-${index}`, kind: 'metric', state: 'OK', actionsEnabled},
      }),
    ),
  ];
  const lab = await started(createCloudWatch(() => [], alarms));
  labs.push(lab);
  const session = await cloudWatch.open(lab.config, {name: 'cloudwatch', signal});
  return {
    sessions: {cloudwatch: session},
    picture: async () => structuredClone(alarms),
    alarms,
  };
}

describe('on a fake', () => {
  lawsOfStep({
    step: muteAlarms,
    input: chosen,
    world: async () => worldOf(fake()),
    blockedWorld: async () => worldOf(new FakeCloudWatch({name: 'shop-5xx'})),
  });
  lawsOfStep({
    step: unmuteAlarms,
    input: {names: ['queue', 'gone', 'shop-off']},
    world: async () =>
      worldOf(
        new FakeCloudWatch(
          {name: 'queue', actsOnChanges: false},
          {name: 'shop-off', actsOnChanges: false},
          {name: 'other', actsOnChanges: false},
        ),
      ),
  });
});

describe('on the lab', () => {
  lawsOfStep({step: muteAlarms, input: chosen, world: () => labWorld()});
  lawsOfStep({
    step: unmuteAlarms,
    input: {names: ['queue', 'shop-all']},
    world: () => labWorld(false),
  });
});

test('exactly those that acted before are muted and let act again, whatever is created and deleted meanwhile', async () => {
  const watch = fake();
  const look = {
    input: muteAlarms.input.parse(chosen),
    targets: {cloudwatch: watch},
    run: {id: 'r', entry: 'mute', started: false},
    now: new Date(0),
    signal,
  };
  const verdict = await muteAlarms.check(look);
  if (verdict.kind !== 'pending') {
    throw new Error(JSON.stringify(verdict));
  }
  expect(verdict.before).toEqual({acting: ['queue', 'shop-5xx', 'shop-all']});
  const [action] = await muteAlarms.plan(look, verdict.before);
  expect(action?.does).toBe('disable the actions of alarms queue, shop-5xx, shop-all');
  await action?.perform(watch, signal, () => {});
  watch.alarmList = [
    ...watch.alarmList.filter(({name}) => name !== 'queue'),
    {name: 'shop-new', kind: 'metric', state: 'OK', reason: '', actsOnChanges: true},
  ];
  const {before} = verdict;
  const later = {...look, run: {...look.run, started: true, before}};
  expect(await muteAlarms.check(later)).toEqual({kind: 'done', output: {muted: before.acting}});
  expect(await muteAlarms.reverse(later, before)).toMatchObject([
    {does: 'enable the actions of alarms shop-5xx, shop-all'},
  ]);
});
