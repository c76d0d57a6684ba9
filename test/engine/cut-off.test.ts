import {expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook} from '../../src/model/runbook.ts';
import {fill, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const late = {
  on: 'shelf',
  does: 'put 1 into x',
  perform: (_writer: unknown, signal: AbortSignal) =>
    new Promise<void>((_done, fail) => {
      signal.addEventListener('abort', () => fail(signal.reason));
    }),
} as const;

const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
}).step(
  'set',
  {...fill, plan: async () => [late]},
  {on: {shelf: 'a'}, input: () => ({texts: {x: '1'}}), timeoutMs: 200},
);

test('a reversal waits for an action that was ended without an answer: it may still arrive', async () => {
  const a = new Shelf('a');
  const rig = new Rig({runbook, shelves: [a]});
  expect(await rig.run()).toMatchObject({kind: 'paused', problem: {code: 'action-timeout'}});
  const cutOffMs = rig.clock.elapsedMs;
  let isArrived = false;
  rig.clock.onTick = (elapsedMs) => {
    if (!isArrived && elapsedMs >= cutOffMs + 4_000) {
      isArrived = true;
      a.boxes.set('x', '1');
    }
  };
  expect(await rig.reverse()).toMatchObject({kind: 'reversed'});
  expect(isArrived).toBe(true);
  expect([...a.boxes]).toEqual([]);
  const text = 'waiting 5 s: an action that ended without an answer may still reach its target';
  expect(rig.events).toContainEqual({kind: 'progress', entry: 'set', text});
});

test('a reversal after its process died in an action waits for that action too', async () => {
  // Nothing is written down after the intent.
  const before = ({kind}: {readonly kind: string}) => {
    if (kind === 'action-failed') {
      throw new Error('killed');
    }
  };
  const rig = new Rig({runbook, shelves: [new Shelf('a')], watching: {before}});
  await expect(rig.run()).rejects.toThrow('killed');
  expect(rig.progress.entries.get('set')).toMatchObject({isUnanswered: true});
  const again = rig.reopened();
  const operator = {user: 'kim', host: 'here', pid: 2};
  again.journal.append({kind: 'run-resumed', operator, accepted: []});
  const beganMs = again.clock.elapsedMs;
  expect(await again.reverse()).toMatchObject({kind: 'reversed'});
  expect(again.clock.elapsedMs - beganMs).toBeGreaterThanOrEqual(5_000);
});

test('it waits no longer than it takes to arrive, also after a break', async () => {
  const rig = new Rig({runbook, shelves: [new Shelf('a')]});
  await rig.run();
  const again = rig.reopened();
  again.clock.elapsedMs = rig.clock.elapsedMs + 4_000;
  const beganMs = again.clock.elapsedMs;
  expect(await again.reverse()).toMatchObject({kind: 'reversed'});
  expect(again.clock.elapsedMs - beganMs).toBeGreaterThan(900);
  expect(again.clock.elapsedMs - beganMs).toBeLessThanOrEqual(1_000);
});
