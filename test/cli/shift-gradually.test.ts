import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {labVariables} from '../../src/inventory/inventory.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

let desk: Desk;
const environmentBefore = {...process.env};
beforeEach(() => {
  desk = openDesk();
});
afterEach(async () => {
  process.env = {...environmentBefore};
  await desk.clear();
});

test('visitors are led from two hosts to one of them, a few first, and back again; no write is lost', async () => {
  await desk.run('lab', 'up', '--clients', '2');
  const before = await records();
  const words = ['runbooks/shift-gradually.ts', '-i', inventory(), '--yes', '--json'];

  const canary = await desk.run('run', ...words, '--until', 'canary-in-place');
  expect(canary.code, canary.stdout + canary.stderr).toBe(0);
  expect(await records()).toEqual([
    expect.objectContaining({weight: 5, setIdentifier: 'new'}),
    expect.objectContaining({weight: 95, setIdentifier: 'old'}),
  ]);

  const all = await desk.run('resume', '--yes', '--json');
  expect(all.code, all.stdout + all.stderr).toBe(0);
  const [after] = await records();
  expect(after.values).toEqual(before[0].values.slice(0, 1));

  const back = await desk.run('reverse', '--yes', '--json');
  expect(lastDocument(back)).toMatchObject({outcome: 'reversed', applied: []});
  expect(await records()).toEqual(before);
  expect(lastDocument(await desk.run('lab', 'count', '--json'))).toMatchObject({
    writes: {lost: 0, duplicated: 0},
    reads: {failed: 0},
  });
});

/** Those of the site, in the lab's Route 53. */
async function records(): Promise<any[]> {
  const {world} = lastDocument(await desk.run('lab', 'status', '--json'));
  return world.records.filter(({name}: {name: string}) => name === 'www.shop.test.');
}

/** The lab's, with its first web host as the new side: both sides write to one database. */
function inventory(): string {
  const variables = labVariables('lab', desk.stateFolder);
  Object.assign(process.env, variables);
  const {LAB_WEB1_ADDRESS: address, LAB_WEB_PORT: port} = variables;
  const changes: Readonly<Record<string, string>> = {
    name: 'lab-hosts',
    siteName: `www.shop.test\n  newAddresses: ['${address}']`,
    otherNames: '[]',
    newSideUrl: `http://${address}:${port}/`,
    smokeText: 'Served by',
  };
  const text = readFileSync('inventories/lab.yaml', 'utf8').replaceAll(
    /^( *)(\w+): .*$/gm,
    (line, indent, name) => (name in changes ? `${indent}${name}: ${changes[name]}` : line),
  );
  const file = join(desk.stateFolder, 'hosts.yaml');
  writeFileSync(file, text);
  return file;
}
