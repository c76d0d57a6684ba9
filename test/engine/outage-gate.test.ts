import {expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook, defineStep} from '../../src/index.ts';
import type {Problem} from '../../src/model/problem.ts';
import {fill, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const put = (texts: Readonly<Record<string, string>>) => ({
  on: {shelf: 'a'} as const,
  input: () => ({texts}),
});
const connections = (are: 'held' | 'released') =>
  defineStep({...fill, name: `shelf.${are}`, effects: [{fact: 'connections', of: 'shelf', are}]});
const book = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
  outage: {from: ['sweep'], until: ['open']},
});
const withHold = book
  .step('label', fill, put({label: 'new'}))
  .step('hold', connections('held'), put({door: 'shut'}))
  .step('sweep', fill, put({floor: 'clean'}))
  .step('open', fill, put({sign: 'open'}))
  .step('release', connections('released'), put({door: 'open'}));
const withoutHold = book
  .step('label', fill, put({label: 'new'}))
  .step('sweep', fill, put({floor: 'clean'}))
  .step('open', fill, put({sign: 'open'}));

const held: Problem = {code: 'fleet-held', message: 'It is held.', hint: 'Release it.'};

test.each([
  {name: 'an outage', runbook: withoutHold, stops: 'sweep'},
  {name: 'a hold, in which an outage begins', runbook: withHold, stops: 'hold'},
])('a run that others hold pauses before $name, and never in it', async ({runbook, stops}) => {
  const a = new Shelf('a');
  const asked: string[] = [];
  let answer: Problem | undefined = held;
  const rig = new Rig({
    ...{runbook, shelves: [a]},
    mayBeginOutage: async () => {
      asked.push(Object.keys(a.picture).join(' '));
      return answer;
    },
  });
  expect(await rig.run()).toMatchObject({kind: 'paused', problem: held});
  expect(a.picture).toEqual({label: 'new'});
  expect(rig.progress.entries.get(stops)?.state).toBe('not-started');

  answer = undefined;
  expect(await rig.reopened().run()).toMatchObject({kind: 'done'});
  // Once for each process, and no more where visitors wait.
  expect(asked).toEqual(['label', 'label']);
});

test('a run that goes on where visitors wait already asks nobody', async () => {
  const a = new Shelf('a');
  let asked = 0;
  const mayBeginOutage = async () => {
    asked += 1;
    return undefined;
  };
  const rig = new Rig({runbook: withHold, shelves: [a], mayBeginOutage});
  a.beforePut = (words) => {
    if (words.includes('floor')) {
      throw new Error('it is wet');
    }
  };
  expect(await rig.run()).toMatchObject({kind: 'paused'});
  a.beforePut = () => {};
  expect(await rig.reopened().run()).toMatchObject({kind: 'done'});
  expect(asked).toBe(1);
});
