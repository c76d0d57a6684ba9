import {writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {permissionsFile, permissionsPage} from '../../scripts/permissions.ts';
import {preflightFile, preflightPage} from '../../scripts/preflight.ts';
import {problemsFile, problemsPage, templates} from '../../scripts/problems.ts';
import {read} from './pages.ts';

const problems = templates();

test.each([
  {page: 'docs/problems.md', file: problemsFile, made: () => problemsPage(problems)},
  {page: 'docs/permissions.md', file: permissionsFile, made: permissionsPage},
  {page: 'docs/preflight.md', file: preflightFile, made: preflightPage},
])('$page says what the sources say', async ({page, file, made}) => {
  const text = await made();
  if (process.env['UPDATE_GOLDEN'] === '1') {
    writeFileSync(file, text);
  }
  expect(read(page)).toBe(text);
});

test('every code is a permanent kebab-case name', () => {
  const odd = problems.filter(({code}) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(code));
  expect(odd).toEqual([]);
});

test('no hint leads to a page of the docs that is not there', () => {
  const pages = problems.flatMap(({hint}) => hint.match(/docs\/[a-z-]+\.md/g) ?? []);
  expect(pages.map(read)).not.toContain(undefined);
});
