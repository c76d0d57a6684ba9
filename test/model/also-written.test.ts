import {expect, test} from 'vitest';
import {losslessScope} from '../../src/model/also-written.ts';

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
