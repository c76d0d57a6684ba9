import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {planLines} from '../../src/model/plan.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {defineStep} from '../../src/model/step.ts';
import {fill, holds, Shelf, shelf} from './fakes.ts';
import {inventory, Rig} from './rig.ts';

const book = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
});
const onA = {on: {shelf: 'a'}} as const;
const put = (texts: Record<string, string>) => ({...onA, input: () => ({texts})});

/** Entries that write into a box "jammed" fail. */
function jammedShelf(): Shelf {
  const a = new Shelf('a');
  a.beforePut = (words) => {
    if (words.includes('jammed')) {
      throw new Error('the lid is jammed');
    }
  };
  return a;
}

const skipping = (rig: Rig) => {
  rig.operator.deciding = ({skip}) =>
    skip.allowed ? {choice: 'skip', reason: 'tired'} : {choice: 'stop'};
};

describe('a skip', () => {
  const night = book
    .step('first', fill, put({jammed: '1'}))
    .step('free', fill, put({x: '1'}))
    .step('reader', fill, {...onA, input: ({outputs}) => ({texts: {y: outputs.first.filled}})})
    .step('clock', fill, {
      ...onA,
      input: ({times}) => ({texts: {z: times.reader.toISOString()}}),
    })
    .step('named', fill, {...put({n: '1'}), after: ['clock']})
    .step('acting', fill, {...put({r: '1'}), requires: ['named']})
    .confirm('go', {question: 'Go?', after: ['first']});

  test('names every later entry that cannot be done without it', async () => {
    const rig = new Rig({runbook: night, shelves: [jammedShelf()]});
    await rig.run();
    expect(rig.operator.failures[0]?.skip).toEqual({
      allowed: true,
      impossible: ['reader', 'clock', 'named', 'acting', 'go'],
    });
  });

  test('goes no further than to the first of them, which offers no skip', async () => {
    const rig = new Rig({runbook: night, shelves: [jammedShelf()]});
    skipping(rig);
    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'input-unavailable'}});
    expect(rig.operator.failures.map(({entry, skip}) => [entry, skip.allowed])).toEqual([
      ['first', true],
      ['reader', false],
    ]);
    expect(rig.effects).toEqual(['a: x = 1']);
  });

  test('is named in the plan of a resumed run by all entries that need it', async () => {
    const rig = new Rig({runbook: night, shelves: [jammedShelf()]});
    skipping(rig);
    await rig.run();
    const lines = planLines(await rig.reopened().plan());
    const lost = lines.filter(({outlook}) => outlook === 'impossible');
    expect(lost.map(({entry, detail}) => `${entry}: ${detail}`)).toEqual(
      ['reader', 'clock', 'named', 'acting', 'go'].map(
        (entry) => `${entry}: cannot be done: first was skipped`,
      ),
    );
    expect(lost.flatMap(({remarks = []}) => remarks)).toEqual([
      'When the run gets here, choose retry to run first after all.',
    ]);
  });

  test('is taken back by a retry of an entry that needs it', async () => {
    const a = jammedShelf();
    const rig = new Rig({runbook: night, shelves: [a]});
    rig.operator.deciding = ({entry}) => {
      if (entry === 'first') {
        return {choice: 'skip', reason: 'tired'};
      }
      a.beforePut = () => {};
      return {choice: 'retry'};
    };
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.failures.at(-1)).toMatchObject({entry: 'reader', skippedBefore: ['first']});
    expect(rig.story).toContain('skip-withdrawn');
    expect(a.boxes.get('jammed')).toBe('1');
  });

  test('asks for the name of a protected inventory', async () => {
    const rig = new Rig({runbook: night, shelves: [jammedShelf()], protected: true});
    await rig.run();
    expect(rig.operator.failures[0]?.skip).toMatchObject({mustType: inventory.name});
  });
});

describe('never skipped', () => {
  test('a step that says so, and an entry of which the runbook says so', async () => {
    const guard = defineStep({...fill, name: 'shelf.guard', neverSkip: 'It guards the data.'});
    for (const runbook of [
      book.step('set', guard, put({jammed: '1'})),
      book.step('set', fill, {...put({jammed: '1'}), neverSkip: 'It guards the data.'}),
    ]) {
      const rig = new Rig({runbook, shelves: [jammedShelf()]});
      // Also when a program answers that does not look at what is offered.
      rig.operator.deciding = () => ({choice: 'skip', reason: 'tired'});
      expect(await rig.run()).toMatchObject({
        kind: 'paused',
        problem: {
          code: 'skip-refused',
          message: 'set cannot be skipped: It guards the data.',
        },
      });
      expect(rig.operator.failures[0]?.skip).toEqual({
        allowed: false,
        because: 'It guards the data.',
      });
      expect(rig.progress.entries.get('set')?.state).toBe('failed');
    }
  });

  test('a confirmation, however it failed', async () => {
    const runbook = book
      .step('first', holds, {...onA, input: () => ({label: 'x', text: 'tea'}), timeoutMs: 1_000})
      .confirm('go', {question: 'Go?', after: ['first']})
      .step('then', fill, put({x: '1'}));
    const rig = new Rig({runbook, shelves: [new Shelf('a', {x: 'coffee'})]});
    rig.operator.deciding = () => ({choice: 'skip', reason: 'tired'});
    expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'skip-refused'}});
    expect([rig.operator.asked, rig.effects]).toEqual([[], []]);

    // The same in another process: a resumed run offers no more.
    const later = rig.reopened();
    later.operator.deciding = () => ({choice: 'skip', reason: 'tired'});
    expect(await later.run()).toMatchObject({kind: 'paused', problem: {code: 'skip-refused'}});
    expect([later.operator.asked, later.effects]).toEqual([[], []]);
  });

  test('what comes after the time for the cutover', async () => {
    const runbook = book.step('set', fill, put({x: '1'})).confirm('accept', {question: 'Accept?'});
    const rig = new Rig({
      runbook,
      shelves: [new Shelf('a')],
      decideByUtc: '2026-03-01T02:59:00.000Z',
    });
    await rig.run();
    expect(rig.operator.failures[0]).toMatchObject({
      problem: {code: 'decide-by-passed'},
      skip: {allowed: false},
    });
  });
});
