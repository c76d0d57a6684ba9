import {expect, test} from 'vitest';
import {z} from 'zod';
import {type InFlight, inFlightIn} from '../../src/model/in-flight.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {appliedEntries} from '../../src/model/progress.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {fill, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
}).step('set', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: '1', y: '2'}})});

const away = new SwitcharooError({
  code: 'store-unreachable',
  message: 'The shared journal in s3://made-up cannot be reached: no answer.',
  hint: 'Try again.',
});

const lost = new SwitcharooError({
  code: 'lock-lost',
  message: 'The run was taken over.',
  hint: 'Ask them.',
});

/** A run whose journal is shared as `barrier` says, at each of its barriers. */
function rigWith(barrier: (number: number) => Promise<void>) {
  const a = new Shelf('a');
  const rig = new Rig({runbook, shelves: [a]});
  let number = 0;
  rig.journal.shared = () => {
    number += 1;
    return barrier(number);
  };
  return {a, rig};
}

test('nothing reaches a target before its intent is shared: the actions of a step wait once', async () => {
  const shared: (readonly InFlight[])[] = [];
  const {a, rig} = rigWith(async () => {
    expect(a.effects).toEqual([]);
    shared.push(inFlightIn(rig.journal.entries));
  });
  expect(await rig.run()).toEqual({kind: 'done'});
  expect(a.effects).toEqual(['a: x = 1', 'a: y = 2']);
  expect(shared.map((all) => all.map(({does}) => does))).toEqual([
    ['put 1 into x', 'put 2 into y'],
  ]);
  expect(inFlightIn(rig.journal.entries)).toEqual([]);
});

test('what follows in a step is not sent once the run was taken over', async () => {
  const {a, rig} = rigWith(async () => {});
  const append = rig.journal.append.bind(rig.journal);
  rig.journal.append = (fact) => {
    if (fact.kind === 'action-intended' && a.effects.length > 0) {
      throw lost;
    }
    return append(fact) as never;
  };
  await expect(rig.run()).rejects.toThrow('was taken over');
  expect(a.effects).toEqual(['a: x = 1']);
});

test('an action for which no time is left is not sent: another host waits no longer for it', async () => {
  const {a, rig} = rigWith(async () => {});
  a.afterPut = () => {
    // Its target takes long to answer, or the claims do.
    rig.clock.elapsedMs += 60_000;
  };
  expect(await rig.run()).toMatchObject({kind: 'paused'});
  expect(a.effects).toEqual(['a: x = 1']);
  expect(rig.story.find((line) => line.startsWith('action-unsent'))).toContain('put 2 into y');
});

test('a step that was stopped for a while in the middle checks, and waits again before it goes on', async () => {
  let barriers = 0;
  const {a, rig} = rigWith(async () => {
    barriers += 1;
  });
  a.afterPut = () => rig.clock.stop(barriers === 1 ? 70_000 : 0);
  expect(await rig.run()).toEqual({kind: 'done'});
  expect(barriers).toBe(2);
  expect(a.effects).toEqual(['a: x = 1', 'a: y = 2']);
});

test('an entry whose first action was not sent has changed nothing', async () => {
  const {a, rig} = rigWith(() => Promise.reject(away));
  expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'store-unreachable'}});
  expect(a.effects).toEqual([]);
  expect(rig.progress.entries.get('set')).toMatchObject({state: 'failed', applied: false});
  expect(rig.progress.entries.get('set')).not.toHaveProperty('inFlight');
  expect(appliedEntries(rig.progress)).toEqual([]);
  rig.journal.shared = async () => {};
  expect(await rig.reopened().run()).toEqual({kind: 'done'});
  expect(a.effects).toEqual(['a: x = 1', 'a: y = 2']);
});

test('a reversal goes on while the store is away', async () => {
  const {a, rig} = rigWith(async () => {});
  await rig.run();
  rig.journal.shared = () => Promise.reject(away);
  expect(await rig.reverse()).toMatchObject({kind: 'reversed'});
  expect([...a.boxes.values()]).toEqual([]);
  // Once, although it has two actions.
  expect(rig.story.filter((line) => line.startsWith('not-shared'))).toHaveLength(1);
});

test('a run goes on while the store is away if a person says so, and asks once', async () => {
  const {a, rig} = rigWith(() => Promise.reject(away));
  rig.operator.deciding = ({mayGoAlone}) => {
    expect(mayGoAlone).toBe(true);
    return {choice: 'retry', alone: true};
  };
  expect(await rig.run()).toEqual({kind: 'done'});
  expect(a.effects).toEqual(['a: x = 1', 'a: y = 2']);
  expect(rig.operator.failures).toHaveLength(1);
  expect(rig.story.filter((line) => line.startsWith('not-shared'))).toHaveLength(1);
});

test('a retry alone does not leave the store aside, nor does any but a failure of the store', async () => {
  const {a, rig} = rigWith(() => Promise.reject(away));
  const choices = [{choice: 'retry'}, {choice: 'stop'}] as const;
  rig.operator.deciding = () => choices[rig.operator.failures.length - 1] ?? {choice: 'stop'};
  expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'store-unreachable'}});
  expect(rig.operator.failures).toHaveLength(2);
  const other = new SwitcharooError({
    code: 'full',
    message: 'The shelf is full.',
    hint: 'Empty it.',
  });
  rig.journal.shared = () => Promise.reject(other);
  const later = rig.reopened();
  later.journal.shared = rig.journal.shared;
  later.operator.deciding = ({mayGoAlone}) => {
    expect(mayGoAlone).toBeUndefined();
    return later.operator.failures.length === 1 ? {choice: 'retry', alone: true} : {choice: 'stop'};
  };
  expect(await later.run()).toMatchObject({kind: 'paused', problem: {code: 'full'}});
  expect(later.story.filter((line) => line.startsWith('not-shared'))).toEqual([]);
  expect(a.effects).toEqual([]);
});

test('a run that goes on alone waits for no store at a gate, and pauses at the point of no return', async () => {
  const a = new Shelf('a');
  const rig = new Rig({runbook: decisions, shelves: [a]});
  rig.journal.shared = () => Promise.reject(away);
  rig.operator.deciding = () => ({choice: 'retry', alone: true});
  expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'store-unreachable'}});
  expect(rig.progress.entries.get('accept')?.state).toBe('done');
  expect(rig.progress.passedPointOfNoReturn).toBe(true);
  // The next process asks again.
  expect(rig.progress.isNotShared).toBeUndefined();
});

test('a process that stood still at the barrier checks again before anything is sent', async () => {
  const {a, rig} = rigWith(async (number) => {
    if (number === 1) {
      rig.clock.stop(70_000);
    }
  });
  expect(await rig.run()).toEqual({kind: 'done'});
  expect(rig.story.filter((line) => line.startsWith('action-intended'))).toHaveLength(3);
  expect(a.effects).toEqual(['a: x = 1', 'a: y = 2']);
});

const decisions = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
})
  .step('set', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: '1'}})})
  .confirm('accept', {question: 'Accept?'})
  .pointOfNoReturn('Ashes are forever.');

test('a confirmation and the point of no return are shared before the next thing happens', async () => {
  const rig = new Rig({runbook: decisions, shelves: [new Shelf('a')]});
  const shared: (string | undefined)[] = [];
  rig.journal.shared = async () => {
    shared.push(rig.story.at(-1));
  };
  expect(await rig.run()).toEqual({kind: 'done'});
  expect(shared.slice(1)).toEqual([
    expect.stringMatching(/^entry-done accept/),
    expect.stringMatching(/^point-of-no-return-passed/),
  ]);
});

test('a confirmation that cannot be shared pauses the run, and is not asked for again', async () => {
  const rig = new Rig({runbook: decisions, shelves: [new Shelf('a')]});
  rig.journal.shared = async () => {
    if (rig.story.at(-1)?.startsWith('entry-done accept')) {
      throw away;
    }
  };
  expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'store-unreachable'}});
  expect(rig.story.at(-1)).toBe('run-paused (store-unreachable)');
  expect(rig.progress.passedPointOfNoReturn).toBe(false);
  rig.journal.shared = async () => {};
  expect(await rig.reopened().run()).toEqual({kind: 'done'});
});
