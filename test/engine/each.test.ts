import {setTimeout as sleep} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook} from '../../src/model/runbook.ts';
import {fill, fillOrNot, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const params = z.object({shelves: z.array(z.string()), atOnce: z.number().optional()});
type Params = z.output<typeof params>;

const things = (title: string) => ({
  title,
  of: ({shelves}: Params) => shelves,
  name: (name: string) => name,
  atOnce: ({atOnce, shelves}: Params) => atOnce ?? shelves.length,
});

const book = defineRunbook({
  name: 'fill-all',
  summary: 'Fill all.',
  params,
  targets: {spare: shelf, unused: shelf},
})
  .phase('Fill')
  .each('fill', things('Fill'), fill, (name) => ({
    on: {shelf: name},
    input: () => ({texts: {x: 'new'}}),
  }))
  .step('note', fill, {
    on: {shelf: 'spare'},
    input: ({outputs}) => ({texts: {seen: JSON.stringify(outputs.fill('b'))}}),
    after: ['fill'],
  });

const shelvesOf = (...names: readonly string[]) =>
  [...names, 'spare'].map((name) => new Shelf(name, {x: 'old'}));

const expanded = (known: Params) => book.expanded(known);

describe('entries that the parameters make', () => {
  test('are one for each thing, on targets of their own, and later entries wait for all of them', () => {
    const runbook = expanded({shelves: ['a', 'b']});
    expect(runbook.entries.map(({id, on, after}) => ({id, on, after}))).toEqual([
      {id: 'fill:a', on: {shelf: 'a'}, after: []},
      {id: 'fill:b', on: {shelf: 'b'}, after: []},
      {id: 'note', on: {shelf: 'spare'}, after: ['fill:a', 'fill:b']},
    ]);
    expect(Object.keys(runbook.head.targets).sort()).toEqual(['a', 'b', 'spare']);
    expect([book.isOpen, runbook.isOpen]).toEqual([true, false]);
  });

  test('give their outputs by name', async () => {
    const known = {shelves: ['a', 'b']};
    const shelves = shelvesOf('a', 'b');
    const rig = new Rig({runbook: expanded(known), shelves, params: known});
    const plan = await rig.plan();
    expect(plan.items.map((item) => ('entry' in item ? [item.entry, item.outlook] : []))).toEqual([
      ['fill:a', 'change'],
      ['fill:b', 'change'],
      ['note', 'pending'],
    ]);
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(shelves.at(-1)?.picture['seen']).toBeDefined();
  });

  test('are none where there are no things', async () => {
    const known = {shelves: []};
    const none = defineRunbook({name: 'x', summary: 'x', params, targets: {spare: shelf}})
      .each('fill', things('Fill'), fill, (name) => ({
        on: {shelf: name},
        input: () => ({texts: {x: 'new'}}),
      }))
      .step('last', fill, {on: {shelf: 'spare'}, input: () => ({texts: {}}), after: ['fill']});
    expect(none.expanded(known).entries.map(({id, after}) => [id, after])).toEqual([['last', []]]);
  });
});

describe('a group that may only be at work a few at a time', () => {
  const names = Array.from({length: 32}, (_, index) => `s${index}`);
  const busy = (shelves: readonly Shelf[]) => {
    const state = {now: 0, most: 0};
    for (const one of shelves) {
      one.beforePut = async () => {
        state.now += 1;
        state.most = Math.max(state.most, state.now);
        await sleep(1);
      };
      one.afterPut = () => {
        state.now -= 1;
      };
    }
    return state;
  };

  test.each([1, 5, 32, 100])(
    'never has more than %d at work, and does all of them',
    async (atOnce) => {
      const known = {shelves: names, atOnce};
      const shelves = shelvesOf(...names, 'b');
      const state = busy(shelves);
      const runbook = defineRunbook({name: 'x', summary: 'x', params, targets: {}}).each(
        'fill',
        things('Fill'),
        fill,
        (name) => ({on: {shelf: name}, input: () => ({texts: {x: 'new'}})}),
      );
      const rig = new Rig({runbook: runbook.expanded(known), shelves, params: known});
      expect(await rig.run()).toEqual({kind: 'done'});
      expect(state.most).toBeLessThanOrEqual(Math.min(atOnce, names.length));
      expect(shelves.filter(({picture}) => picture['x'] === 'new')).toHaveLength(names.length);
    },
  );

  test('begins no other once one has failed, and goes on with all that remain when it is tried again', async () => {
    const known = {shelves: ['a', 'b', 'c', 'd'], atOnce: 2};
    const shelves = shelvesOf(...known.shelves);
    const [a, b] = shelves;
    let broken = true;
    if (b) {
      // Still at work when the other fails.
      b.beforePut = () => sleep(20);
    }
    if (a) {
      a.beforePut = () => {
        if (broken) {
          throw new Error('the shelf is stuck');
        }
      };
    }
    const runbook = defineRunbook({name: 'x', summary: 'x', params, targets: {}}).each(
      'fill',
      things('Fill'),
      fillOrNot,
      (name) => ({on: {shelf: name}, input: () => ({texts: {x: 'new'}})}),
    );
    const rig = new Rig({runbook: runbook.expanded(known), shelves, params: known});
    rig.operator.deciding = ({entry}) => {
      expect(entry).toBe('fill:a');
      expect(shelves.map(({picture}) => picture['x'])).toEqual(['old', 'new', 'old', 'old', 'old']);
      broken = false;
      return {choice: 'retry'};
    };
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.failures).toHaveLength(1);
    expect(shelves.map(({picture}) => picture['x'])).toEqual(['new', 'new', 'new', 'new', 'old']);
  });
});

describe('going back from such a group', () => {
  const runbook = defineRunbook({name: 'x', summary: 'x', params, targets: {}}).each(
    'fill',
    things('Fill'),
    fill,
    (name) => ({on: {shelf: name}, input: () => ({texts: {x: 'new'}})}),
  );

  test('takes as many at a time as went forward', async () => {
    const known = {shelves: Array.from({length: 12}, (_, index) => `s${index}`), atOnce: 3};
    const shelves = shelvesOf(...known.shelves);
    const rig = new Rig({runbook: runbook.expanded(known), shelves, params: known});
    await rig.run();
    const atWork = {now: 0, most: 0};
    for (const one of shelves) {
      one.beforePut = async () => {
        atWork.now += 1;
        atWork.most = Math.max(atWork.most, atWork.now);
        await sleep(1);
        atWork.now -= 1;
      };
    }
    expect(await rig.reverse(null)).toMatchObject({kind: 'reversed'});
    expect(atWork.most).toBe(3);
    expect(new Set(shelves.map(({picture}) => picture['x']))).toEqual(new Set(['old']));
  });

  test('begins no other once one could not be put back, and says which', async () => {
    const known = {shelves: ['a', 'b', 'c'], atOnce: 1};
    const shelves = shelvesOf(...known.shelves);
    const rig = new Rig({runbook: runbook.expanded(known), shelves, params: known});
    await rig.run();
    const [, b] = shelves;
    if (b) {
      b.beforePut = () => {
        throw new Error('the shelf is stuck');
      };
    }
    expect(await rig.reverse(null)).toMatchObject({kind: 'reverse-failed'});
    expect(shelves.map(({picture}) => picture['x'])).toEqual(['new', 'new', 'old', 'old']);
  });
});
