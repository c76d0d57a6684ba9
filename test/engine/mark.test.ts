import {expect, test} from 'vitest';
import {z} from 'zod';
import {defineRunbook} from '../../src/model/runbook.ts';
import {defineGate} from '../../src/model/step.ts';
import {blocked, done, waiting} from '../../src/model/verdict.ts';
import {Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const boxes = ['x', 'y', 'z'];
const mark = z.object({read: z.array(z.string())});

/** Reads one box a look, and marks which it has read. */
const readsAll = defineGate({
  name: 'shelf.reads-all',
  summary: 'Read every box.',
  targets: {shelf},
  input: z.object({}),
  output: z.object({}),
  needs: {shelf: ['READ']},
  timeoutMs: 60_000,
  check: async ({run, targets: {shelf: reader}}) => {
    const {read} = mark.parse(run.bookmark ?? {read: []});
    const next = boxes[read.length];
    if (next === undefined) {
      return done({});
    }
    if ((await reader.read(next)) === 'broken') {
      return blocked(`${next} on ${reader.name} is broken.`, 'Mend it.');
    }
    return waiting(`${next} is read`, {read: [...read, next]});
  },
});

const book = defineRunbook({
  name: 'look-through',
  summary: 'Look through all boxes.',
  params: z.object({}),
  targets: {a: shelf},
}).step('read', readsAll, {on: {shelf: 'a'}, input: () => ({})});

function watched() {
  const a = new Shelf('a');
  const reads: string[] = [];
  a.onRead = async (label) => {
    reads.push(label);
  };
  return {a, reads};
}

test('a look that was broken off by a crash goes on from its last mark', async () => {
  const {a, reads} = watched();
  const rig = new Rig({runbook: book, shelves: [a]});
  expect(await rig.run()).toEqual({kind: 'done'});
  expect(reads).toEqual(boxes);
  expect(rig.story).toEqual([
    'run-started',
    'entry-started read',
    ...boxes.map(() => 'entry-bookmarked'),
    'entry-done read (found)',
    'run-done',
  ]);

  // After run-started, entry-started, and none to all of the marks.
  for (const marks of [0, 1, 2, 3]) {
    reads.length = 0;
    const again = rig.reopened({lines: rig.journal.lines.slice(0, 2 + marks)});
    expect(await again.run()).toEqual({kind: 'done'});
    expect(reads).toEqual(boxes.slice(marks));
  }
});

test('after a failure everything is looked at anew', async () => {
  const {a, reads} = watched();
  a.boxes.set('z', 'broken');
  const rig = new Rig({runbook: book, shelves: [a]});
  expect(await rig.run()).toMatchObject({kind: 'paused'});
  a.boxes.set('z', 'mended');
  reads.length = 0;
  expect(await rig.reopened().run()).toEqual({kind: 'done'});
  expect(reads).toEqual(boxes);
});

test('a look that has come to its end leaves no mark to the next one', async () => {
  const {a} = watched();
  const rig = new Rig({runbook: book, shelves: [a]});
  await rig.run();
  expect(rig.progress.entries.get('read')).not.toHaveProperty('mark');
});
