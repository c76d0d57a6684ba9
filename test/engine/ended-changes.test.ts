import {expect, test} from 'vitest';
import {z} from 'zod';
import {endsAll} from '../../src/engine/ended-changes.ts';
import {defineStep} from '../../src/index.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import type {AnyUnit} from '../../src/model/step.ts';
import {appliedTexts} from '../../src/report/index.ts';
import {muteAlarms, unmuteAlarms} from '../../steps/cloudwatch/index.ts';
import {restoreScaling, suspendScaling} from '../../steps/ecs/index.ts';
import {maintenancePage, removeMaintenancePage} from '../../steps/elb/index.ts';
import {holdConnections, releaseConnections} from '../../steps/hosts/index.ts';
import {fill, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const closed = {fact: 'port', of: 'shelf', is: 'closed'} as const;
const close = defineStep({...fill, name: 'shelf.close', effects: [closed]});
const open = defineStep({
  ...fill,
  name: 'shelf.open',
  effects: [{...closed, is: 'open'}],
  leavesNothing: true,
});

const onA = (label: string, text: string) => ({
  on: {shelf: 'a'} as const,
  input: () => ({texts: {[label]: text}}),
});

const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf, b: shelf},
})
  .step('close', close, onA('door', 'closed'))
  .step('close-b', close, {on: {shelf: 'b'}, input: () => ({texts: {door: 'closed'}})})
  .step('fill', fill, onA('flour', '1 kg'))
  .checkpoint('filled')
  .step('open', open, onA('door', 'open'));

test('what a later entry ends is no change in place, and is again once that entry is reversed', async () => {
  const rig = new Rig({runbook, shelves: [new Shelf('a'), new Shelf('b')]});
  const names = () => appliedTexts(rig.progress).map((text) => text.split(':')[0]);

  expect(await rig.run('filled')).toMatchObject({kind: 'reached'});
  expect(names()).toEqual(['close', 'close-b', 'fill']);
  expect(await rig.run()).toMatchObject({kind: 'done'});
  expect(names()).toEqual(['close-b', 'fill']);

  // Nothing of it is in place, and all of it is reversed.
  await rig.reverse('filled');
  expect(names()).toEqual(['close', 'close-b', 'fill']);
  await rig.reverse();
  expect(names()).toEqual([]);
  expect(rig.shelves.map(({picture}) => picture)).toEqual([{}, {}]);
});

test('what a later entry ended is not as before in a reversal plan: that entry is reversed first', async () => {
  const a = new Shelf('a', {door: 'open'});
  const rig = new Rig({runbook, shelves: [a, new Shelf('b')]});
  await rig.run();
  const lines = (await rig.reversePlan()).lines.map(({entry, outlook, detail}) => ({
    ...{entry, outlook, detail},
  }));
  expect(lines).toEqual([
    {entry: 'open', outlook: 'change', detail: undefined},
    {entry: 'fill', outlook: 'change', detail: undefined},
    {entry: 'close-b', outlook: 'change', detail: undefined},
    {
      entry: 'close',
      outlook: 'pending',
      detail: 'open is reversed first; then this is checked again',
    },
  ]);
  const effects = a.effects.length;
  await rig.reverse();
  expect(a.effects.slice(effects)).toEqual([
    'a: door = closed',
    'a: flour = null',
    'a: door = open',
  ]);
});

test('steps that end what another one began say so by their effects', () => {
  const pairs = [
    [maintenancePage, removeMaintenancePage],
    [muteAlarms, unmuteAlarms],
    [suspendScaling, restoreScaling],
    [holdConnections, releaseConnections],
  ] as const;
  for (const [begins, ends] of pairs) {
    // None of these depends on its input.
    const own = ({effects}: AnyUnit) => (Array.isArray(effects) ? effects : []);
    expect(own(begins), begins.name).toHaveLength(1);
    expect(endsAll(own(ends), own(begins)), begins.name).toBe(true);
    expect(endsAll(own(begins), own(begins)), begins.name).toBe(false);
  }
});

test('an entry that failed half-way has ended nothing', async () => {
  const a = new Shelf('a');
  const rig = new Rig({runbook, shelves: [a, new Shelf('b')]});
  await rig.run('filled');
  a.afterPut = () => {
    a.onRead = () => {
      throw new Error('nobody sees whether the door is open');
    };
    throw new Error('the door is stuck');
  };
  expect(await rig.run()).toMatchObject({kind: 'paused'});
  expect(appliedTexts(rig.progress).map((text) => text.split(':')[0])).toEqual([
    'close',
    'close-b',
    'fill',
    'open',
  ]);
});
