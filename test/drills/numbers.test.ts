import {expect, test} from 'vitest';
import {numberIn, numbersIn} from './numbers.ts';

test('a drill is asked for with numbers and ranges, and refuses everything else', () => {
  expect(numbersIn('only', '2,5-7')).toEqual([2, 5, 6, 7]);
  expect(numberIn('races', '200')).toBe(200);
  for (const text of ['abc', '', '1-', '7-5', '1;2', '-1', '1.5']) {
    expect(() => numbersIn('only', text)).toThrow('--only');
  }
  expect(() => numberIn('races', '1-5')).toThrow('--races');
});
