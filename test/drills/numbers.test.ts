import {expect, test} from 'vitest';
import {numberIn, numbersIn} from './numbers.ts';
import {chosenDrills} from './options.ts';

test('a drill is asked for with numbers and ranges, and refuses everything else', () => {
  expect(numbersIn('only', '2,5-7')).toEqual([2, 5, 6, 7]);
  expect(numberIn('races', '200')).toBe(200);
  for (const text of ['abc', '', '1-', '7-5', '1;2', '-1', '1.5']) {
    expect(() => numbersIn('only', text)).toThrow('--only');
  }
  expect(() => numberIn('races', '1-5')).toThrow('--races');
});

test('--help prints the drills, and what no drill takes is refused with a sentence and the drills', () => {
  const {instead: help = ''} = chosenDrills(['--help']);
  expect(help).toMatch(/^ {2}--lab +kill the real program/m);
  expect(chosenDrills(['--help'])).toMatchObject({code: 0});
  const refused = {
    "Unknown option '--laab'": ['--laab'],
    '--races: "many" is no number': ['--races', 'many'],
    "Option '--races <value>' argument missing": ['--races'],
  };
  for (const [says, words] of Object.entries(refused)) {
    const {code, instead = ''} = chosenDrills(words);
    expect([code, instead.split('\n\n')[1]]).toEqual([2, help.split('\n\n')[0]]);
    expect(instead).toContain(says);
  }
  expect(chosenDrills(['--fleet', '--units', '20'])).toMatchObject({
    values: {fleet: true, units: '20', lab: false},
  });
});
