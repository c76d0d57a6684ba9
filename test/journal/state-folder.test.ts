import {expect, test} from 'vitest';
import {newRunName} from '../../src/journal/state-folder.ts';

test('names of runs sort by the time at which they began, also within one second', () => {
  const first = Date.parse('2026-03-01T03:00:00.000Z');
  const names = [0, 1, 9, 10, 500, 999, 1_000].map((ms) => newRunName(new Date(first + ms)));
  expect(names).toEqual(names.toSorted());
  expect(new Set(names).size).toBe(names.length);
  expect(names.every((name) => /^20260301-03000[01]-[0-9a-f]{4}$/.test(name))).toBe(true);
});
