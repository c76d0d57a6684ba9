import {expect, test} from 'vitest';
import {exitCodeOf, usageCodes} from '../../src/run/exit-codes.ts';
import {read} from '../docs/pages.ts';

test('every code that means wrong arguments or files is one that something prints', () => {
  const page = read('docs/problems.md') ?? '';
  expect([...usageCodes].filter((code) => !page.includes(`\n## ${code}\n`))).toEqual([]);
});

test('what is refused before any change has another exit code than wrong arguments', () => {
  expect([exitCodeOf('usage-error'), exitCodeOf('lock-held')]).toEqual([2, 3]);
});
