import {expect, test} from 'vitest';
import {z} from 'zod';
import {askReversalLosses} from '../../src/engine/reversal-loss.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {losslessOf, type ReversalLoss} from '../../src/model/reversal-loss.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {defineStep} from '../../src/model/step.ts';
import {fill, Shelf, shelf} from './fakes.ts';
import {ada, Rig} from './rig.ts';

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
