import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import type {SystemFact} from '../../src/model/effects.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {fillLockable, Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

const connections = (are: 'held' | 'released'): readonly SystemFact<'shelf'>[] => [
  {fact: 'connections', of: 'shelf', are},
];
const hold = {...fillLockable, effects: connections('held'), reversalAhead: true};
const release = {...fillLockable, effects: connections('released')};
const ahead = {...fillLockable, reversalAhead: true};

const put = (label: string) => ({
  on: {shelf: 'a'} as const,
  input: () => ({texts: {[label]: 'new'}}),
});

const runbook = defineRunbook({
  name: 'tidy-up',
  summary: 'Tidy up.',
  params: z.object({}),
  targets: {a: shelf},
})
  .step('hold', hold, put('hold'))
  .step('freeze', ahead, put('freeze'))
  .step('beside', fillLockable, put('beside'))
  .step('release', release, put('release'));

const old = {hold: 'old', freeze: 'old', beside: 'old', release: 'old'};

/** A run that is done, and what happens to the shelf from then on. */
async function afterRunning() {
  const a = new Shelf('a', old);
  const rig = new Rig({runbook, shelves: [a]});
  await rig.run();
  const story: string[] = [];
  a.onRead = (label) => void story.push(`look ${label}`);
  a.afterPut = (words) => void story.push(words);
  return {a, rig, story};
}

/** The looks between the changes of two boxes. */
function looksBetween(story: readonly string[], first: string, second: string): readonly string[] {
  const [from, to] = [story.indexOf(`a: ${first} = old`), story.indexOf(`a: ${second} = old`)];
  return story.slice(from + 1, to).filter((line) => !line.includes('lock'));
}

describe('a reversal in which connections are held', () => {
  test('looks before the hold at what may be planned there, and at all else when its turn comes', async () => {
    const {a, rig, story} = await afterRunning();
    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(old);
    const beforeHold = story.slice(0, story.indexOf('a: release = old'));
    expect(new Set(beforeHold)).toEqual(
      new Set(['look freeze', 'look hold', 'look release', 'look lock']),
    );
    expect(looksBetween(story, 'release', 'beside')).toEqual([
      'look release',
      'look beside',
      'look beside',
    ]);
    // Only whether each of them is back.
    expect(looksBetween(story, 'beside', 'freeze')).toEqual(['look beside']);
    expect(looksBetween(story, 'freeze', 'hold')).toEqual(['look freeze']);
  });

  test('begins no hold where something in it could not be reversed', async () => {
    const {a, rig, story} = await afterRunning();
    a.boxes.set('lock', 'yes');
    expect(await rig.reverse()).toMatchObject({kind: 'reverse-failed'});
    expect(story.filter((line) => line.includes('='))).toEqual([]);
    expect(rig.story.at(-1)).toBe('reverse-failed freeze (entry-blocked)');

    a.boxes.delete('lock');
    expect(await rig.reverse()).toEqual({kind: 'reversed', to: null});
    expect(a.picture).toEqual(old);
  });

  test('taken up by another process in the hold, it looks at once at all that remains', async () => {
    const {a, rig} = await afterRunning();
    a.beforePut = (words) => {
      if (words === 'a: beside = old') {
        throw new Error('jammed');
      }
    };
    expect(await rig.reverse()).toMatchObject({kind: 'reverse-failed'});
    delete a.beforePut;
    const {story, resumed} = {story: [] as string[], resumed: rig.reopened()};
    a.onRead = (label) => void story.push(`look ${label}`);
    a.afterPut = (words) => void story.push(words);
    expect(await resumed.reverse()).toEqual({kind: 'reversed', to: null});
    expect(story.slice(0, story.indexOf('a: beside = old'))).toContain('look freeze');
    expect(looksBetween(story, 'beside', 'freeze')).toEqual(['look beside']);
    expect(a.picture).toEqual(old);
  });

  test('looks again where the process stood still meanwhile, and where the hold took long', async () => {
    for (const delay of ['stopped', 'slept'] as const) {
      const {a, rig, story} = await afterRunning();
      a.beforePut = async (words) => {
        if (words === 'a: beside = old') {
          await (delay === 'stopped'
            ? rig.clock.stop(70_000)
            : rig.clock.sleep(9_990, rig.aborting.signal));
        }
        if (words === 'a: release = old' && delay === 'slept') {
          await rig.clock.sleep(100, rig.aborting.signal);
        }
      };
      expect(await rig.reverse(), delay).toEqual({kind: 'reversed', to: null});
      expect(looksBetween(story, 'beside', 'freeze').length, delay).toBeGreaterThan(1);
      expect(a.picture).toEqual(old);
    }
  });
});
