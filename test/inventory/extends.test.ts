import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {loadInventory} from '../../src/inventory/inventory.ts';
import {folderWith} from './folder.ts';

const base = `
name: base
protected: true
params: {a: 1, list: [1, 2]}
targets:
  disk: {kind: shelf, size: 1, label: old}
  other: {kind: shelf}
`;

const own = `
extends: ../shared/base.yaml
name: ours
params: {list: [3], b: 2}
targets:
  disk: {kind: shelf, size: 2}
`;

const load = (folder: string, file = 'ours/ours.yaml') => loadInventory(join(folder, file), folder);

test('an inventory that extends another one replaces parameters and targets of it whole', () => {
  const folder = folderWith({'shared/base.yaml': base, 'ours/ours.yaml': own});
  expect(load(folder)).toMatchObject({
    name: 'ours',
    protected: true,
    params: {a: 1, list: [3], b: 2},
    targets: {disk: {kind: 'shelf', size: 2}, other: {kind: 'shelf'}},
  });
  expect(load(folder).targets['disk']).not.toHaveProperty('label');
});

test('its digest follows the inventory that it extends', () => {
  const folder = folderWith({'shared/base.yaml': base, 'ours/ours.yaml': own});
  const {digest} = load(folder);
  writeFileSync(join(folder, 'shared/base.yaml'), base.replace('a: 1', 'a: 2'));
  expect(load(folder).digest).not.toBe(digest);
});

test.each([
  {
    name: 'a file that is not there',
    files: {'ours/ours.yaml': own},
    says: /ours\.yaml is not an inventory: it extends \.\.\/shared\/base\.yaml, which does not exist; .*switcharoo\/inventories\/lab/,
  },
  {
    name: 'itself, over another one',
    files: {'shared/base.yaml': `extends: ../ours/ours.yaml\n${base}`, 'ours/ours.yaml': own},
    says: /base\.yaml is not an inventory: it extends \.\.\/ours\/ours\.yaml, which extends it/,
  },
  {
    name: 'several',
    files: {'ours/ours.yaml': 'extends: [a, b]\nname: ours\ntargets: {}\n'},
    says: /ours\.yaml is not an inventory: "extends" is the path of one inventory/,
  },
])('an inventory cannot extend $name', ({files, says}) => {
  expect(() => load(folderWith(files as Record<string, string>))).toThrow(says);
});
