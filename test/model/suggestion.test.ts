import {expect, test} from 'vitest';
import {didYouMean, namesNear} from '../../src/model/suggestion.ts';

const names = ['smoke', 'smoke-sql', 'swap', 'mysql.freeze-writes', 'go'];

test('a slip of the finger finds what begins alike or holds the word', () => {
  expect(namesNear('smok', names)).toEqual(['smoke', 'smoke-sql']);
  expect(namesNear('smoek', names)).toEqual(['smoke', 'smoke-sql']);
  expect(namesNear('Freeze', names)).toEqual(['mysql.freeze-writes']);
});

test('two letters that are wrong, missing or exchanged are forgiven, the nearest first', () => {
  expect(namesNear('hots', ['hosts', 'port'])).toEqual(['hosts']);
  expect(namesNear('asdress', ['address', 'user'])).toEqual(['address']);
  expect(namesNear('swpa', names)).toEqual(['swap']);
  expect(namesNear('stage', ['staging', 'stages', 'lab'])).toEqual(['stages', 'staging']);
  expect(namesNear('og', names)).toEqual([]);
});

test('a word that is like none of them, or too short to tell, finds none', () => {
  expect(namesNear('promote', names)).toEqual([]);
  expect(namesNear('s', names)).toEqual([]);
});

test('the names are told as a question, at most three, or not at all', () => {
  expect(didYouMean(['smoke', 'smoke-sql'])).toBe('Did you mean smoke or smoke-sql? ');
  expect(didYouMean([])).toBe('');
});
