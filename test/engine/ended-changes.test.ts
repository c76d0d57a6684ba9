import {expect, test} from 'vitest';
import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {appliedTexts} from '../../src/report/index.ts';
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
