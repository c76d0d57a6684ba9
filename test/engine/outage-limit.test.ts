import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook} from '../../src/model/runbook.ts';
import {fill, holds, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const put = (texts: Readonly<Record<string, string>>) => ({
  on: {shelf: 'a'} as const,
  input: () => ({texts}),
});
const never = new AbortController().signal;

const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
  outage: {from: ['freeze'], until: ['open'], longestMs: 60_000},
})
  .step('before', fill, put({before: 'new'}))
  .checkpoint('prepared')
  .step('freeze', fill, put({writes: 'off'}))
  .together('Wait', (group) =>
    group
      .step('valve', holds, {
        on: {shelf: 'a'},
        input: () => ({label: 'valve', text: 'open'}),
        timeoutMs: 3_600_000,
      })
      .step('lane', fill, put({lane: 'new'})),
  )
  .confirm('go', {question: 'Go on?'})
  .step('open', fill, put({other: 'on'}))
  .step('after', fill, put({after: 'new'}));

const start = {before: 'old', writes: 'on', valve: 'open'};
const thawed = {...start, before: 'new'};

function rigWith(boxes: Readonly<Record<string, string>> = {}) {
  const a = new Shelf('a', {...start, ...boxes});
  return {a, rig: new Rig({runbook, shelves: [a]})};
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), {once: true});
  });

const reversed = {kind: 'reversed', to: 'prepared', problem: {code: 'outage-too-long'}};

describe('the longest outage', () => {
  test('ends a gate that polls, and everything is as before the outage', async () => {
    const {a, rig} = rigWith({valve: 'shut'});
    expect(await rig.run()).toMatchObject(reversed);
    expect(a.picture).toEqual({...thawed, valve: 'shut'});
    expect(rig.clock.elapsedMs).toBeLessThan(65_000);
    expect(rig.story).toContain('outage-limit-passed');
    expect(rig.operator.failures).toEqual([]);
  });

  test('ends an action in flight, and the other lane of its group', async () => {
    const {a, rig} = rigWith({valve: 'shut'});
    a.beforePut = async (words) => {
      if (words === 'a: lane = new') {
        await rig.clock.sleep(61_000, never);
        await untilAborted(never);
      }
    };
    expect(await rig.run()).toMatchObject(reversed);
    expect(a.picture).toEqual({...thawed, valve: 'shut'});
  });

  test('ends a question that nobody answers', async () => {
    const {a, rig} = rigWith();
    rig.operator.ask = async (_question, signal?: AbortSignal) => {
      const ended = untilAborted(signal ?? never);
      await rig.clock.sleep(61_000, never);
      await ended;
      return {answer: 'unasked', by: 'nobody'};
    };
    expect(await rig.run()).toMatchObject(reversed);
    expect(a.picture).toEqual(thawed);
  });

  test('ends the choice after a failure that nobody makes', async () => {
    const {a, rig} = rigWith();
    a.beforePut = (words) => {
      if (words === 'a: lane = new') {
        throw new Error('the shelf is busy');
      }
    };
    rig.operator.decide = async (_failure, signal?: AbortSignal) => {
      const ended = untilAborted(signal ?? never);
      await rig.clock.sleep(61_000, never);
      await ended;
      return {choice: 'stop', by: 'nobody'};
    };
    expect(await rig.run()).toMatchObject(reversed);
    expect(a.picture).toEqual(thawed);
  });

  test('asks, and reverses nothing by itself, once the new side may have writes', async () => {
    const {a, rig} = rigWith();
    let isBusy = true;
    a.beforePut = async (words) => {
      if (words === 'a: other = on' && isBusy) {
        isBusy = false;
        await rig.clock.sleep(61_000, never);
        await untilAborted(never);
      }
    };
    rig.operator.deciding = () => ({choice: 'retry'});
    expect(await rig.run()).toEqual({kind: 'done'});
    expect(rig.operator.failures).toMatchObject([
      {entry: 'open', problem: {code: 'outage-too-long'}, reversibleTo: [null, 'prepared']},
    ]);
    expect(a.picture).toMatchObject({writes: 'off', other: 'on', after: 'new'});
  });

  test('counts from before a crash', async () => {
    const {a, rig} = rigWith();
    await rig.run('freeze');
    await rig.clock.sleep(90_000, never);
    const later = rig.reopened();
    await later.clock.sleep(90_000, never);
    expect(await later.run()).toMatchObject(reversed);
    expect(a.picture).toEqual(thawed);
  });

  test('is none of an outage that is over', async () => {
    const {a, rig} = rigWith();
    a.beforePut = async (words) => {
      if (words === 'a: after = new') {
        await rig.clock.sleep(9_000, never);
      }
    };
    expect(await rig.run()).toEqual({kind: 'done'});
  });
});
