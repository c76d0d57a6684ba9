import {expect, test} from 'vitest';
import {z} from 'zod';
import {makePlan} from '../../src/engine/plan.ts';
import type {Plan} from '../../src/model/plan.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {defineGate} from '../../src/model/step.ts';
import {done, measured, waiting} from '../../src/model/verdict.ts';
import {plainPaint, planText} from '../../src/report/index.ts';
import {factText} from '../../src/report/log.ts';
import {Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

/** Open, and with something to say about whatever lies in the box. */
const remarks = defineGate({
  name: 'shelf.remarks',
  summary: 'Look into a box.',
  targets: {shelf},
  input: z.object({}),
  output: z.object({}),
  needs: {shelf: []},
  timeoutMs: 1_000,
  check: async ({targets}) => done({}, `There is ${await targets.shelf.read('x')} in x.`),
});

const runbook = defineRunbook({
  name: 'look-around',
  summary: 'Look around.',
  params: z.object({}),
  targets: {a: shelf},
}).step('look', remarks, {on: {shelf: 'a'}, input: () => ({})});

const rigged = (x: string) => new Rig({runbook, shelves: [new Shelf('a', {x})]});

const planned = ({world}: Rig): Promise<Plan> =>
  makePlan({
    world,
    inventory: {name: 'home', digest: '0', protected: false},
    signal: new AbortController().signal,
  });

test('what a gate remarks stands in the plan, and does not change its digest', async () => {
  const [plan, other] = [await planned(rigged('dust')), await planned(rigged('sand'))];
  const text = planText(plan, {width: 80, paint: plainPaint});
  expect(text).toContain('\n1 entry: ✓ 1 open.\n! look: There is dust in x.\n');
  expect(plan.digest).toBe(other.digest);
});

test('what a gate remarks is journaled when it opens', async () => {
  const rig = rigged('dust');
  expect(await rig.run()).toEqual({kind: 'done'});
  const opened = rig.journal.entries.find(({kind}) => kind === 'entry-done');
  expect(opened).toMatchObject({
    entry: 'look',
    changedByRun: false,
    remarks: ['There is dust in x.'],
  });
  expect(opened && factText(opened)).toEqual([
    'look: done (nothing to change)',
    'warning: There is dust in x.',
  ]);
});

const measures = defineGate({
  ...remarks,
  name: 'shelf.measures',
  check: async () => measured({}, ['a took 1 ms', 'b took 2 ms']),
});

test('what a gate measures is journaled, each figure as a sentence', async () => {
  const rig = new Rig({
    runbook: defineRunbook({...runbook.head, name: 'measure'}).step('look', measures, {
      on: {shelf: 'a'},
      input: () => ({}),
    }),
    shelves: [new Shelf('a', {x: 'dust'})],
  });
  expect(await rig.run()).toEqual({kind: 'done'});
  const opened = rig.journal.entries.find(({kind}) => kind === 'entry-done');
  expect(opened && factText(opened)).toEqual([
    'look: done (nothing to change)',
    'a took 1 ms. b took 2 ms',
  ]);
});

test('what an operator should know of an entry is in the plan before it can be checked', async () => {
  const cautious = defineGate({
    name: 'shelf.cautious',
    summary: 'Look into a box.',
    targets: {shelf},
    input: z.object({after: z.string(), careful: z.boolean()}),
    output: z.object({}),
    needs: {shelf: []},
    timeoutMs: 1_000,
    cautions: ({careful}) => (careful ? [] : ['It may break.']),
    check: async () => done({}),
  });
  const later = (careful: boolean) =>
    defineRunbook({name: 'later', summary: 'Later.', params: z.object({}), targets: {a: shelf}})
      .step('first', closed, {on: {shelf: 'a'}, input: () => ({})})
      .step('look', cautious, {
        on: {shelf: 'a'},
        input: ({outputs}) => ({after: outputs.first.key, careful}),
      });
  const remarksOf = async (careful: boolean) => {
    const plan = await planned(new Rig({runbook: later(careful), shelves: [new Shelf('a', {})]}));
    return plan.items.flatMap((item) => ('remarks' in item ? item.remarks : []));
  };
  expect(await remarksOf(false)).toEqual(['It may break.']);
  expect(await remarksOf(true)).toEqual([]);
});

/** Not open yet, so that what needs its output cannot be checked. */
const closed = defineGate({
  ...remarks,
  evidence: () => [],
  name: 'shelf.closed',
  output: z.object({key: z.string()}),
  check: async () => waiting('it is closed'),
});
