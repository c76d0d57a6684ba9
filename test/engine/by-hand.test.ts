import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {byHandUnanswered} from '../../src/engine/person-problems.ts';
import {progressOf} from '../../src/model/progress.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {flagOperator} from '../../src/run/operators.ts';
import {byHand, heardFrom} from '../../steps/operator/index.ts';
import {fill, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const owner = {name: 'Hosting', reach: '+49 30 1234'};
const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
})
  .step('lb', byHand, {
    on: {},
    input: () => ({
      does: 'take web1 out',
      todo: ['Open a ticket.'],
      undoes: 'put web1 in',
      undo: ['Answer the ticket.'],
      owner,
      takesMinutes: 10,
    }),
  })
  .step('set', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: 'new'}})});

function rigged() {
  const a = new Shelf('a', {x: 'old'});
  const rig = new Rig({runbook, shelves: [a]});
  rig.operator.isPerson = true;
  return {a, rig};
}

const kinds = ({journal}: Rig) =>
  journal.entries.flatMap((entry) => ('entry' in entry && entry.entry === 'lb' ? entry.kind : []));

describe('a step that a person does', () => {
  test('asks with who, what and how long; a yes is in the journal, and the run goes on', async () => {
    const {a, rig} = rigged();
    expect((await rig.plan()).items[0]).toMatchObject({
      outlook: 'change',
      actions: [{target: 'Hosting', does: 'take web1 out'}],
      differences: [
        {
          what: 'take web1 out',
          is: 'not done',
          shouldBe: 'done by hand: Hosting, +49 30 1234; about 10 min',
        },
      ],
    });
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.asked).toEqual([
      {
        about: 'by-hand',
        entry: 'lb',
        question: 'take web1 out (by hand: Hosting, +49 30 1234; about 10 min). Is it done?',
        details: ['Open a ticket.'],
        wantsNote: true,
        head: expect.any(String),
      },
    ]);
    expect(kinds(rig)).toEqual([
      'entry-started',
      'before',
      'action-intended',
      'asked',
      'answered',
      'action-performed',
      'entry-done',
    ]);
    expect(a.picture['x']).toBe('new');
  });

  test('is undone by a person too, who reads that it was done', async () => {
    const {a, rig} = rigged();
    await rig.run();
    expect(await rig.reverse(null)).toMatchObject({kind: 'reversed'});
    expect(rig.operator.asked.at(-1)).toMatchObject({
      question: 'put web1 in (by hand: Hosting, +49 30 1234; about 10 min). Is it undone?',
      details: ['ada said that it was done.', 'Answer the ticket.'],
    });
    expect(a.picture['x']).toBe('old');
    expect(progressOf(rig.journal.entries)?.entries.get('lb')).toMatchObject({applied: false});
  });

  test('nobody there: the run pauses, nothing counts as started, and the problem says how to answer', async () => {
    const {rig} = rigged();
    rig.operator.isPerson = false;
    rig.operator.name = 'nobody';
    rig.operator.answering = () => 'unasked';
    const problem = byHandUnanswered('lb', 'Hosting', 'take web1 out', 'nobody');
    expect(await rig.run()).toEqual({kind: 'paused', problem});
    expect(problem.hint).toEqual({
      text: 'When it is done, answer at a terminal, or say who did it with',
      command: "resume --answer lb='NAME AND NOTE'",
    });
    expect(progressOf(rig.journal.entries)?.entries.get('lb')?.applied).toBe(false);
  });

  test('a process that dies while a person is asked leaves it as perhaps done, and asks again', async () => {
    const {rig} = rigged();
    rig.operator.answering = () => {
      throw new Error('the process died');
    };
    await expect(rig.run()).rejects.toThrow('the process died');
    expect(progressOf(rig.journal.entries)?.entries.get('lb')).toMatchObject({
      applied: true,
      inFlight: 'take web1 out',
    });
    const later = rig.reopened();
    expect(await later.run()).toEqual({kind: 'done'});
    expect(later.operator.asked).toHaveLength(1);
  });

  test('a process that dies right after the answer asks nobody again', async () => {
    const {rig} = rigged();
    await rig.run();
    const answered = rig.journal.entries.findIndex(({kind}) => kind === 'answered');
    const later = rig.reopened({lines: rig.journal.lines.slice(0, answered + 1)});
    expect(await later.run()).toEqual({kind: 'done'});
    expect(later.operator.asked).toEqual([]);
  });

  test('a reversal that nobody answers is paused, and not failed', async () => {
    const {rig} = rigged();
    await rig.run();
    rig.operator.answering = () => 'unasked';
    expect(await rig.reverse(null)).toMatchObject({
      kind: 'paused',
      problem: {code: 'by-hand-unanswered'},
    });
    expect(progressOf(rig.journal.entries)?.entries.get('lb')?.applied).toBe(true);
    rig.operator.answering = () => 'yes';
    expect(await rig.reverse(null)).toMatchObject({kind: 'reversed'});
  });
});

describe('an answer given beforehand', () => {
  const question = {
    about: 'by-hand',
    entry: 'lb',
    question: 'Is it done?',
    details: [],
    wantsNote: true,
  } as const;
  const {signal} = new AbortController();

  test('answers one question of its entry, with its note', async () => {
    const flags = flagOperator({yes: false, lab: false, answers: {lb: 'Max, ticket 4711'}});
    expect(await flags.ask(question, signal)).toEqual({
      answer: 'yes',
      by: '--answer',
      note: 'Max, ticket 4711',
    });
    expect(await flags.ask(question, signal)).toEqual({answer: 'unasked', by: 'nobody'});
  });

  test('--yes says of nothing that a person has done it, but in the lab', async () => {
    const asked = (lab: boolean) => flagOperator({yes: true, lab}).ask(question, signal);
    expect(await asked(false)).toEqual({answer: 'unasked', by: 'nobody'});
    expect(await asked(true)).toEqual({answer: 'yes', by: '--yes'});
  });
});

test('the yes of somebody outside is asked with whom to call, and is no change', async () => {
  const waits = defineRunbook({
    name: 'call',
    summary: 'Call.',
    params: z.object({}),
    targets: {a: shelf},
  }).step('partner', heardFrom, {
    on: {},
    input: () => ({question: 'May we go on?', owner: {name: 'Partner', reach: '+49 40 5'}}),
  });
  const rig = new Rig({runbook: waits, shelves: [new Shelf('a', {})]});
  rig.operator.answering = () => 'unasked';
  rig.operator.name = 'nobody';
  expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'note-required'}});
  const later = rig.reopened();
  expect(await later.run()).toEqual({kind: 'done'});
  expect(later.operator.asked).toMatchObject([
    {wantsNote: true, details: ['Ask Partner: +49 40 5 (about 5 min).']},
  ]);
  expect(progressOf(later.journal.entries)?.entries.get('partner')?.applied).toBe(false);
});
