import {expect, test} from 'vitest';
import {LastingMap} from '../../src/model/lasting-map.ts';

const numbered = (count: number): [string, number][] =>
  Array.from({length: count}, (_, index) => [`key ${index}`, index]);

test('a map that something was added to is another one, and the first stays as it was', () => {
  const first = LastingMap.of(numbered(100));
  const second = first.with('key 40', -1).with('new', 100);

  expect([...first]).toEqual(numbered(100));
  expect([...second]).toEqual([...new Map([...numbered(100), ['key 40', -1], ['new', 100]])]);
  expect([first.size, first.get('new'), first.has('new')]).toEqual([100, undefined, false]);
  expect([second.size, second.get('new'), second.get('key 40')]).toEqual([101, 100, -1]);
});

test('two maps that grow out of one do not see what the other was given', () => {
  const root = LastingMap.of(numbered(31));
  const [left, right] = [root.with('l', 1), root.with('r', 2).with('s', 3)];

  expect([...left]).toEqual([...numbered(31), ['l', 1]]);
  expect([...right]).toEqual([...numbered(31), ['r', 2], ['s', 3]]);
  expect([left.get('r'), right.get('l'), root.with('r', 4).get('r')]).toEqual([
    undefined,
    undefined,
    4,
  ]);
});

test('it answers as a Map does, whatever is put into it', () => {
  let mine = LastingMap.of<number>();
  const plain = new Map<string, number>();
  for (let turn = 0; turn < 2_000; turn += 1) {
    const key = `${(turn * 7_919) % 613}`;
    mine = mine.with(key, turn);
    plain.set(key, turn);
  }
  expect([...mine.keys()]).toEqual([...plain.keys()]);
  expect([...mine.values()]).toEqual([...plain.values()]);
  expect(mine.size).toBe(plain.size);
  const told: unknown[] = [];
  mine.forEach((value, key) => void told.push([key, value]));
  expect(told).toEqual([...plain]);
});
