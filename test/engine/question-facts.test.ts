import {expect, test} from 'vitest';
import {z} from 'zod';
import type {EarlierFigures} from '../../src/engine/context.ts';
import type {Question} from '../../src/engine/operator.ts';
import type {ReversalLoss} from '../../src/model/reversal-loss.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {defineGate, defineStep} from '../../src/model/step.ts';
import {done, needsPerson} from '../../src/model/verdict.ts';
import {fill, holds, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const because = ['a keeps what was put into it for 168 h.'];

const move = (reversalLoss: () => Promise<ReversalLoss>) =>
  defineRunbook({
    name: 'tidy-up',
    summary: 'Tidy up.',
    params: z.object({}),
    targets: {a: shelf},
    outage: {from: ['close'], until: ['open']},
  })
    .step('sort', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: 'sorted'}})})
    .step('lamp', holds, {on: {shelf: 'a'}, input: () => ({label: 'lamp', text: 'on'})})
    .checkpoint('sorted')
    .confirm('go', {question: 'Go?'})
    .step('close', fill, {on: {shelf: 'a'}, input: () => ({texts: {door: 'closed'}})})
    .confirm('half', {question: 'Half?'})
    .step('open', defineStep({...fill, name: 'shelf.open', reversalLoss}), {
      on: {shelf: 'a'},
      input: () => ({texts: {door: 'open'}}),
    })
    .confirm('accept', {question: 'Accept?'})
    .pointOfNoReturn('the old shelf is burnt');

/** What each question tells, in the order of the questions. */
async function told(
  say: () => Promise<ReversalLoss> = async () => ({lossless: true, because}),
  earlier?: EarlierFigures | null,
) {
  const a = new Shelf('a', {x: 'old', lamp: 'on', door: 'old'});
  const rig = new Rig({
    runbook: move(say),
    shelves: [a],
    ...(earlier === undefined ? {} : {earlier}),
  });
  const all: Record<string, readonly string[]> = {};
  rig.operator.answering = async ({entry, facts}: Question) => {
    all[entry ?? 'end'] = (await facts?.()) ?? [];
    return 'yes' as const;
  };
  expect(await rig.run()).toEqual({kind: 'done'});
  return all;
}

const scope =
  'A lossless reversal covers the database and what entries copy back; no other writes are declared.';

test('each question tells who can write, what is checked again, and until when what can be reversed', async () => {
  expect(await told()).toEqual({
    go: [
      'No outage yet. If you answer yes, writes are refused from close until open is done. The outage has no limit.',
      'After a yes, lamp is checked again. If a check no longer passes, the run waits and asks again.',
      'A reversal to sorted or the start is possible until the point of no return after accept.',
    ],
    half: [
      'OUTAGE: writes are refused now. Nothing continues until you answer. The outage has no limit.',
      'A reversal to sorted or the start is possible until the point of no return after accept.',
    ],
    accept: [
      'No outage: this run refuses no writes now, and a yes does not change that.',
      'A reversal to sorted or the start is possible until the point of no return after accept.',
      'Reversal is lossless now: yes.',
      ...because,
      scope,
    ],
    end: [
      'No outage: this run refuses no writes now, and a yes does not change that.',
      'A reversal to sorted or the start is possible until you answer yes.',
      'Reversal is lossless now: yes.',
      ...because,
      scope,
    ],
  });
});

test('a reversal that would lose something now is told, whatever the runbook hoped', async () => {
  const {accept} = await told(async () => ({lossless: false, because: ['a lost 12 of them.']}));
  expect(accept?.slice(-3)).toEqual(['Reversal is lossless now: NO.', 'a lost 12 of them.', scope]);
});

test('a question tells how long it took in the last run, and that there is none', async () => {
  const earlier = {
    run: '20260201-030000-abcd',
    inventory: 'lab',
    rehearsal: false,
    outageMs: 5600,
    durationMs: new Map([
      ['close', 1200],
      ['open', 3000],
    ]),
  };
  const {go, accept} = await told(undefined, earlier);
  expect(go?.at(-1)).toBe(
    'In the last run (20260201-030000-abcd on lab), the outage lasted 5.6 s; the entries up to close took 1.2 s.',
  );
  expect(accept?.at(-1)).toBe(
    'In the last run (20260201-030000-abcd on lab), the outage lasted 5.6 s.',
  );
  const without = await told(undefined, null);
  expect(without['go']?.at(-1)).toBe(
    'No earlier run of tidy-up is recorded here, so its duration is unknown.',
  );
});

/** Gates with evidence: one is done, and one asks a person who then goes on. */
const seen = (name: string, verdict: () => ReturnType<typeof done<{seen: string}>>) =>
  defineGate({
    ...{name, summary: 'Check that it is seen.', targets: {shelf}, input: z.object({})},
    ...{output: z.object({seen: z.string()}), needs: {shelf: []}, timeoutMs: 1_000},
    evidence: ({seen: text}) => [`it saw ${text}`],
    check: async () => verdict(),
  });

test('what the gates before a question have found is shown with it, and none of older gates', async () => {
  const gate = seen('shelf.seen', () => done({seen: 'order'}));
  const unsure = seen('shelf.unsure', () => needsPerson('Enough?', {seen: 'too little'}));
  const runbook = defineRunbook({
    ...{name: 'look', summary: 'Look.', params: z.object({}), targets: {a: shelf}},
  })
    .step('old', gate, {on: {shelf: 'a'}, input: () => ({})})
    .step('sort', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: 'sorted'}})})
    .step('watch', gate, {on: {shelf: 'a'}, input: () => ({})})
    .step('doubt', unsure, {on: {shelf: 'a'}, input: () => ({})})
    .confirm('accept', {question: 'Accept?'});
  const rig = new Rig({runbook, shelves: [new Shelf('a', {x: 'old'})]});
  const questions: Question[] = [];
  const facts: (readonly string[])[] = [];
  rig.operator.answering = async (question: Question) => {
    questions.push(question);
    facts.push((await question.facts?.()) ?? []);
    return 'yes' as const;
  };
  expect(await rig.run()).toEqual({kind: 'done'});
  expect(questions.map(({entry, byPerson}) => [entry, byPerson])).toEqual([
    ['doubt', true],
    ['accept', undefined],
  ]);
  expect(facts.at(-1)?.slice(0, 2)).toEqual(['watch: it saw order.', 'doubt: it saw too little.']);
});
