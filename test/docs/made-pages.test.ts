import {readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {readFigures} from '../../bench/outage/figures.ts';
import {
  documentNames,
  jsonPage,
  jsonPageFile,
  schemaFileText,
} from '../../scripts/json-documents.ts';
import {manFile, manPage} from '../../scripts/man-page.ts';
import {contenderTable, runbookTable, withFigures} from '../../scripts/outage-figures.ts';
import {permissionsFile, permissionsPage} from '../../scripts/permissions.ts';
import {preflightFile, preflightPage} from '../../scripts/preflight.ts';
import {problemsFile, problemsPage, templates, unusedTemplates} from '../../scripts/problems.ts';
import {stepsFile, stepsPage} from '../../scripts/steps.ts';
import {inventorySchema} from '../../src/inventory/inventory-schema.ts';
import {targetKinds} from '../../src/run/step-library.ts';
import {read, root} from './pages.ts';

const problems = templates();
const schemaPage = async () => `${JSON.stringify(inventorySchema(await targetKinds()), null, 2)}\n`;

test.each([
  {page: 'docs/problems.md', file: problemsFile, made: () => problemsPage(problems)},
  {page: 'docs/permissions.md', file: permissionsFile, made: permissionsPage},
  {page: 'docs/preflight.md', file: preflightFile, made: preflightPage},
  {page: 'docs/steps.md', file: stepsFile, made: stepsPage},
  {page: 'man/switcharoo.1', file: manFile, made: manPage},
  {page: 'docs/json.md', file: jsonPageFile, made: jsonPage},
  {page: 'schemas/inventory.json', file: join(root, 'schemas/inventory.json'), made: schemaPage},
  ...documentNames.map((name) => ({
    page: `schemas/${name}.json`,
    file: join(root, `schemas/${name}.json`),
    made: () => schemaFileText(name),
  })),
])('$page says what the sources say', async ({page, file, made}) => {
  const text = await made();
  if (process.env['UPDATE_GOLDEN'] === '1') {
    writeFileSync(file, text);
  }
  expect(read(page)).toBe(text);
});

test('schemas/ has the schemas of inventories and of each document, and nothing else', () => {
  const expected = ['inventory', ...documentNames].map((name) => `${name}.json`).sort();
  expect(readdirSync(join(root, 'schemas')).sort()).toEqual(expected);
});

test.each([
  {page: 'README.md', made: runbookTable},
  {page: 'docs/expected-outage.md', made: contenderTable},
])('$page shows what bench:outage measured last', ({page, made}) => {
  const text = read(page) ?? '';
  const filled = withFigures(text, made(readFigures()));
  if (process.env['UPDATE_GOLDEN'] === '1') {
    writeFileSync(join(root, page), filled);
  }
  expect(read(page)).toBe(filled);
});

test('every code is a permanent kebab-case name', () => {
  const odd = problems.filter(({code}) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(code));
  expect(odd).toEqual([]);
});

test('every problem is used: a code that nothing prints is not listed', () => {
  expect(unusedTemplates(problems).map(({code, file}) => `${code} in ${file}`)).toEqual([]);
});

/** What a reader of the page cannot make sense of. */
const nonsense = [
  {name: 'two facts without a word between them', text: /\}\{/},
  {name: 'a plural made of a fact', text: /\}s\b/},
  {name: 'an object of the language', text: /\{(Buffer|JSON|Math|Number|Object|String|Array)\b/},
  {name: 'a fact without a name', text: /\{(value|what it is|undefined|)\}/},
  {name: 'a fact stuck to a word', text: /\}[A-Za-z0-9]|[A-Za-z0-9]\{/},
];

test.each(nonsense)('no text of the page has $name', ({text}) => {
  const wrong = problems.filter(({message, hint}) => text.test(message) || text.test(hint));
  expect(wrong.map(({code, message, hint}) => ({code, message, hint}))).toEqual([]);
});

test('no hint leads to a page of the docs that is not there', () => {
  const pages = problems.flatMap(({hint}) => hint.match(/docs\/[a-z-]+\.md/g) ?? []);
  expect(pages.map(read)).not.toContain(undefined);
});
