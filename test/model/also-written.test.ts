import {expect, test} from 'vitest';
import {losslessScope, notCarriedBack} from '../../src/model/also-written.ts';

test('a sentence about a lossless reversal names what it does not carry back', () => {
  const declared = [
    {what: 'uploads in S3', todo: 'copy them back with aws s3 sync'},
    {what: 'Redis sessions'},
  ];
  expect(losslessScope(declared)).toBe(
    'A lossless reversal covers the database and what entries copy back. Not carried back: uploads in S3 (copy them back with aws s3 sync); Redis sessions.',
  );
});

test('where nothing is declared it says that it speaks of the database', () => {
  expect(losslessScope([])).toBe(
    'A lossless reversal covers the database and what entries copy back; no other writes are declared.',
  );
});

test.each([
  ['build it again on the old side', 'Afterwards, build it again on the old side.'],
  ['Copy them back.', 'Afterwards, copy them back.'],
  ['REINDEX the shop', 'Afterwards, REINDEX the shop.'],
])('what is left after a reversal comes with what to do: %s', (todo, afterwards) => {
  const text = 'A reversal does not carry back the search index.';
  expect(notCarriedBack({what: 'the search index', todo})).toBe(`${text} ${afterwards}`);
  expect(notCarriedBack({what: 'the search index'})).toBe(text);
});
