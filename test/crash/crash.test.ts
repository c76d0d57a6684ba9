import {getEventListeners} from 'node:events';
import {describe, expect, test} from 'vitest';
import {freshRemains, type Lived, live, never, progressOn} from './process.ts';
import {explore} from './recoveries.ts';
import {freshShelves, pictureOf} from './world.ts';

// Thousands of processes each: minutes on a machine that has other things to do.
const start = pictureOf(freshShelves());
const unbroken = await live(freshRemains(), 'go on');
const toMoved = await live(freshRemains(), 'run to moved');
const prepared = await live(remainsOf(toMoved), 'reverse to prepared');

describe('a run that dies at any point, and whoever goes on with it, as often as it may be', () => {
  test('is long enough to be worth it', () => {
    expect(unbroken.ended).toMatchObject({code: 0, outcome: {kind: 'done'}});
    expect(unbroken.effects).toEqual([
      'a: x = new',
      'a: y = new',
      'a: l = 1',
      'a: m = 2',
      'a: letter = null',
      'a: z = end',
      'b: parcel ordered = tea',
      'b: r = 3',
      'b: label = x and y, l and m',
    ]);
    expect(unbroken.points.length).toBeGreaterThan(400);
  });

  test('leaves nothing on the signals of whoever started it', () => {
    expect(getEventListeners(never, 'abort')).toEqual([]);
  });

  test('ends where an unbroken one ends', async () => {
    const explored = await explore(unbroken.points, ['go on'], ({what}, _command, lived) => {
      expect(lived.ended, what).toMatchObject({code: 0, outcome: {kind: 'done'}});
      expect(lived.picture, what).toEqual(unbroken.picture);
      expect(statesOf(lived), what).toEqual(statesOf(unbroken));
    });
    console.info('forward', explored);
    expect(explored.deepest).toBeGreaterThan(1);
  });

  test('ends at the start when it is reversed, up to the point of no return', async () => {
    const explored = await explore(
      unbroken.points,
      ['reverse'],
      ({what, remains}, _command, lived) => {
        const progress = progressOn(remains.disk);
        if (progress === undefined) {
          return;
        }
        if (progress.passedPointOfNoReturn) {
          expect(lived.ended, what).toMatchObject({
            outcome: {kind: 'paused', problem: {code: 'past-point-of-no-return'}},
          });
          expect(lived.effects, what).toEqual([]);
          return;
        }
        expect(lived.ended, what).toMatchObject({code: 0, outcome: {kind: 'reversed'}});
        expect(lived.picture, what).toEqual(start);
      },
    );
    console.info('reverse', explored);
  });
});

describe('a reversal that dies at any point, and whoever goes on with it', () => {
  test('to a checkpoint ends there, and goes forward from it to the end', async () => {
    const explored = await explore(prepared.points, ['go on'], async ({what}, _command, lived) => {
      const {ended, picture} = lived;
      expect(ended, what).toMatchObject({code: 0});
      const end = 'outcome' in ended && ended.outcome.kind === 'done' ? unbroken : prepared;
      expect(picture, what).toEqual(end.picture);
    });
    console.info('to a checkpoint', explored);
  });
});

function statesOf({disk}: Lived): unknown {
  return [...(progressOn(disk)?.entries.values() ?? [])].map(
    ({id, state, changedByRun: ours, applied: stands, before, output}) => ({
      id,
      state,
      ours,
      stands,
      before,
      output,
    }),
  );
}

function remainsOf({disk, picture}: Lived) {
  return {disk, picture, deaths: 1};
}
