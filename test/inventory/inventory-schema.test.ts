import {load} from 'js-yaml';
import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {inventorySchema} from '../../src/inventory/inventory-schema.ts';
import {targetKinds} from '../../src/run/step-library.ts';
import {read} from '../docs/pages.ts';

const schema = z.fromJSONSchema(inventorySchema(await targetKinds()) as never);
const mistakesIn = (inventory: unknown) =>
  (schema.safeParse(inventory).error?.issues ?? []).map(({path}) => path.join('.'));

describe('the JSON Schema of inventories', () => {
  test.each([
    'inventories/lab.yaml',
    'inventories/staging.example.yaml',
    'inventories/production.example.yaml',
    'inventories/move-name-servers.example.yaml',
    'templates/project/inventories/lab.yaml',
  ])('allows %s, with its references and variables', (file) => {
    expect(mistakesIn(load(read(file) ?? ''))).toEqual([]);
  });

  const web = {kind: 'hosts', hosts: [{name: 'web1', address: 'a', user: 'u'}]};
  test.each([
    {name: 'a misspelt field at the top', inventory: {name: 'a', taregts: {}}, at: ''},
    {
      name: 'a kind that is not there',
      inventory: {name: 'a', targets: {w: {kind: 'hots'}}},
      at: 'targets.w',
    },
    {
      name: 'a field that is missing',
      inventory: {name: 'a', targets: {w: {kind: 'hosts'}}},
      at: 'targets.w',
    },
    {
      name: 'a misspelt field of a target',
      inventory: {name: 'a', targets: {w: {...web, host: []}}},
      at: 'targets.w',
    },
  ])('refuses $name', ({inventory, at}) => {
    expect(mistakesIn(inventory)).toEqual([at]);
  });

  test('allows a target that is complete', () => {
    expect(mistakesIn({name: 'a', targets: {w: web}})).toEqual([]);
  });
});
