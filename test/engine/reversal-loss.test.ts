import {expect, test} from 'vitest';
import {z} from 'zod';
import {askReversalLosses} from '../../src/engine/reversal-loss.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {losslessOf, type ReversalLoss} from '../../src/model/reversal-loss.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {defineStep} from '../../src/model/step.ts';
import {flagOperator} from '../../src/run/operators.ts';
import {exitCodeFor} from '../../src/run/outcome.ts';
import {fill, Shelf, shelf} from './fakes.ts';
import {ada, Rig} from './rig.ts';

const never = new AbortController().signal;

/** A step that knows whether what was put beside its boxes since would be lost. */
const remembering = (say: () => Promise<ReversalLoss>) =>
  defineStep({...fill, name: 'shelf.fill-and-remember', reversalLoss: say});

const runbookWith = (say: () => Promise<ReversalLoss>) =>
  defineRunbook({
    name: 'tidy-up',
    summary: 'Tidy up.',
    params: z.object({}),
    targets: {a: shelf},
  })
    .step('plain', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: '1'}})})
    .checkpoint('first')
    .step('two', remembering(say), {on: {shelf: 'a'}, input: () => ({texts: {y: '2'}})});

async function answersOf(say: () => Promise<ReversalLoss>, back = false) {
  const rig = new Rig({runbook: runbookWith(say), shelves: [new Shelf('a', {x: 'old', y: 'old'})]});
  await rig.run();
  if (back) {
    await rig.reverse('first');
  }
  return askReversalLosses(rig.world, rig.progress, rig.stopping.signal);
}

test('what stands is asked whether going back would lose anything, and says why', async () => {
  const because = ['The last box that was filled is y.'];
  const answers = await answersOf(async () => ({lossless: true, because}));
  expect(answers).toEqual([{entry: 'two', lossless: 'yes', because}]);
});

test('an entry that has gone back is not asked', async () => {
  expect(await answersOf(async () => ({lossless: true, because: []}), true)).toEqual([]);
});

test('an entry that is going back just now is not taken for one that is broken', async () => {
  const a = new Shelf('a', {x: 'old', y: 'old'});
  const broken = async () => ({lossless: false, because: ['It looks broken.']});
  const rig = new Rig({runbook: runbookWith(broken), shelves: [a]});
  await rig.run();
  rig.journal.append({kind: 'reverse-started', to: null, plan: 'd1', entries: [], operator: ada});
  rig.journal.append({kind: 'entry-reversing', entry: 'two'});
  expect(await askReversalLosses(rig.world, rig.progress, rig.stopping.signal)).toEqual([
    {
      entry: 'two',
      lossless: 'unknown',
      because: [expect.stringContaining('reversal is not complete')],
    },
  ]);
});

test('a system that cannot be asked promises nothing', async () => {
  const answers = await answersOf(async () => {
    throw new SwitcharooError({code: 'away', message: 'a is away.', hint: 'Wait.'});
  });
  expect(answers).toEqual([{entry: 'two', lossless: 'unknown', because: ['a is away.']}]);
});

test('one loss is enough for a no, and one silence for no promise', () => {
  const saying = (...said: readonly ('yes' | 'no' | 'unknown')[]) =>
    losslessOf(said.map((lossless) => ({entry: 'one', lossless, because: []})));
  expect([saying('yes', 'yes'), saying('yes', 'unknown'), saying('no', 'unknown')]).toEqual([
    'yes',
    'unknown',
    'no',
  ]);
});

const put = (texts: Readonly<Record<string, string>>) => ({
  on: {shelf: 'a'} as const,
  input: () => ({texts}),
});

/** A cutover that fails after the new side was opened; `loss` is what an entry before it says of a reversal. */
const failing = (loss?: boolean) =>
  defineRunbook({
    name: 'tidy-up',
    summary: 'Tidy up.',
    params: z.object({}),
    targets: {a: shelf},
    outage: {from: ['freeze'], until: ['open']},
  })
    .step(
      'before',
      loss === undefined ? fill : remembering(async () => ({lossless: !loss, because: []})),
      put({before: 'new'}),
    )
    .checkpoint('prepared')
    .step('freeze', fill, put({writes: 'off'}))
    .step('open', fill, put({other: 'on'}))
    .checkpoint('opened')
    .step('after', fill, put({after: 'new'}));

async function reverseOnFailure(runbook: ReturnType<typeof failing>, to: string, boxes = {}) {
  const a = new Shelf('a', {before: 'old', writes: 'on', ...boxes});
  const rig = new Rig({runbook, shelves: [a]});
  a.beforePut = (words) => {
    if (words === 'a: after = new') {
      throw new Error('the shelf is busy');
    }
  };
  const flags = flagOperator({yes: true, lab: false, onFailure: 'reverse'});
  rig.operator.ask = (question, signal = never) => flags.ask(question, signal);
  rig.operator.decide = ({reversibleTo, ...failure}, signal = never) =>
    flags.decide({...failure, reversibleTo: reversibleTo.filter((each) => each === to)}, signal);
  const outcome = await rig.run();
  return {outcome, code: exitCodeFor(rig.progress, outcome), picture: a.picture};
}

test.each([
  {name: 'no entry replicates back', loss: undefined, boxes: {}},
  {name: 'an entry says so', loss: true, boxes: {}},
  {name: 'the new side was open on arrival', loss: undefined, boxes: {other: 'on'}},
])('--on-failure reverses nothing where that loses writes: $name', async ({loss, boxes}) => {
  expect(await reverseOnFailure(failing(loss), 'prepared', boxes)).toMatchObject({
    outcome: {kind: 'paused', problem: {code: 'reversal-loses-writes'}},
    code: 5,
    picture: {writes: 'off', other: 'on'},
  });
});

test.each([
  {name: 'an entry replicates back', loss: false, to: 'prepared', writes: 'on'},
  {name: 'the new side stays open', loss: undefined, to: 'opened', writes: 'off'},
  {
    name: 'the new side stays open, whatever an earlier entry says',
    loss: true,
    to: 'opened',
    writes: 'off',
  },
])('--on-failure reverses where that loses nothing: $name', async ({loss, to, writes}) => {
  expect(await reverseOnFailure(failing(loss), to)).toMatchObject({
    outcome: {kind: 'reversed', to},
    picture: {writes},
  });
});
