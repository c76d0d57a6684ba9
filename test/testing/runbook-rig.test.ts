import {Killed, lawsOfRunbook, RunbookRig} from 'switcharoo/testing';
import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook, defineStep, done, pending} from '../../src/index.ts';
import {runbookLaws} from '../../src/testing/runbook-laws.ts';
import {byHand} from '../../steps/operator/index.ts';
import {burn, fill, fillOrNot, holds, order, Shelf, shelf} from '../engine/fakes.ts';

const book = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({text: z.string().transform((text) => `${text}!`)}),
  targets: {a: shelf, b: shelf},
});
const shelves = () => {
  const [a, b] = [new Shelf('a', {x: 'old'}), new Shelf('b')];
  return {a, b, sessions: {a: a.session, b: b.session}};
};
const world = async () => {
  const {a, b, sessions} = shelves();
  return {sessions, picture: async () => ({a: a.picture, b: b.picture})};
};
const params = {text: 'new'};

lawsOfRunbook({
  runbook: book
    .phase('Prepare')
    .confirm('go', {question: 'Begin?', details: () => []})
    .step('set', fill, {
      on: {shelf: 'a'},
      input: ({params: {text}}) => ({texts: {x: text, y: text}}),
    })
    .checkpoint('prepared')
    .together('Both', (group) =>
      group
        .step('one', fillOrNot, {on: {shelf: 'a'}, input: () => ({texts: {one: '1'}})})
        .step('two', fill, {on: {shelf: 'b'}, input: () => ({texts: {two: '2'}})}),
    )
    .step('ask', order, {on: {shelf: 'b'}, input: () => ({label: 'two', text: '2'})})
    .step('holds', holds, {on: {shelf: 'b'}, input: () => ({label: 'two', text: '2'})})
    .pointOfNoReturn('x is burnt next.')
    .step('burn', burn, {on: {shelf: 'a'}, input: () => ({label: 'x'})}),
  params,
  world,
});

/** Adds a letter, whatever is there: not safe to perform again. */
const addLetter = defineStep({
  name: 'shelf.add-letter',
  summary: 'Add a letter.',
  targets: {shelf},
  input: z.object({}),
  before: z.object({x: z.string()}),
  output: z.object({}),
  needs: {shelf: ['WRITE']},
  reverses: 'Puts back what was there.',
  effects: [],
  timeoutMs: 10_000,
  check: async ({targets, run}) => {
    const x = (await targets.shelf.read('x')) ?? '';
    return run.started && x.length > 4 ? done({}) : pending({x});
  },
  plan: async ({targets}) => {
    const x = await targets.shelf.read('x');
    return ['a', 'ab'].map((end) => ({
      on: 'shelf' as const,
      does: `add ${end}`,
      perform: (writer) => writer.put('x', `${x}${end}`),
    }));
  },
  reverse: async (_look, before) => [
    {on: 'shelf', does: 'put x back', perform: (writer) => writer.put('x', before.x)},
  ],
});

describe('the laws of a runbook', () => {
  const tried = {
    runbook: book.step('add', addLetter, {on: {shelf: 'a'}, input: () => ({})}),
    params,
    world,
  };

  test('name the line at which a run was killed that does not resume as it should', async () => {
    const [runs, resumes, ...back] = runbookLaws(tried);
    await runs?.check();
    await expect(resumes?.check()).rejects.toThrow(
      /^killed right before line 4 of the journal, then resumed: /,
    );
    for (const {check} of back) {
      await check();
    }
  });

  test('a world that lacks a target is named', async () => {
    const {a} = shelves();
    const rig = new RunbookRig({
      runbook: tried.runbook.step('b', fill, {on: {shelf: 'b'}, input: () => ({texts: {}})}),
      params,
      sessions: {a: a.session},
    });
    await expect(rig.run()).resolves.toMatchObject({
      problem: {
        message: expect.stringContaining('The runbook works on b; the world of the test has a.'),
      },
    });
  });
});

describe('a rig', () => {
  test('ends where it is killed, and the next one begins there', async () => {
    const {a, sessions} = shelves();
    const runbook = book.step('set', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: 'new'}})});
    const rig = new RunbookRig({runbook, params, sessions, kill: {when: 'after', line: 3}});
    await expect(rig.run()).rejects.toThrow(Killed);
    expect(rig.entries.map(({kind}) => kind)).toEqual([
      'run-started',
      'entry-started',
      'before',
      'action-intended',
    ]);
    expect(a.picture).toEqual({x: 'old'});
    const next = rig.reopened();
    expect(await next.plan()).toMatchObject({items: [{entry: 'set', outlook: 'change'}]});
    expect(await next.run()).toEqual({kind: 'done'});
    expect(a.picture).toEqual({x: 'new'});
    expect(await next.planReversal()).toMatchObject({to: null, lines: [{entry: 'set'}]});
    expect(await next.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual({x: 'old'});
  });

  test('asks, and has a person do what only a person can', async () => {
    const {sessions} = shelves();
    const did: string[] = [];
    const runbook = book
      .confirm('go', {question: 'Begin?', details: () => []})
      .step('call', byHand, {
        on: {},
        input: () => ({
          does: 'announce the maintenance',
          todo: ['Call the provider.'],
          owner: {name: 'Ada', reach: 'at her desk'},
          takesMinutes: 1,
          undoes: 'call it off',
          undo: ['Call the provider again.'],
        }),
      });
    const person = async (way: string) => void did.push(way);
    const declining = new RunbookRig({runbook, params, sessions, person, answer: () => 'no'});
    expect(await declining.run()).toMatchObject({kind: 'paused', problem: {code: 'declined'}});
    const rig = new RunbookRig({runbook, params, sessions, person});
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(await rig.reopened().reverse()).toEqual({kind: 'reversed', to: null});
    expect(did).toEqual(['forward', 'reverse']);
  });
});
