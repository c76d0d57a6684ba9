import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Desk, openDesk} from './switcharoo.ts';

// A command that is printed works where it is pasted: it names the folder and the files that were meant.
let desk: Desk;
let folder: string;
beforeEach(() => {
  desk = openDesk();
  folder = join(desk.stateFolder, 'two words');
  mkdirSync(folder);
});
afterEach(() => desk.clear());

/** As one line: a terminal breaks it elsewhere. */
const oneLine = (text: string) => text.replaceAll(/\s+(\\\n)?\s*/g, ' ');

test('the command of a problem names the state folder', async () => {
  const ended = await desk.run('unlock', 'nobody', '--state-dir', folder);
  expect(ended.code).toBe(2);
  expect(oneLine(ended.stderr)).toContain(`switcharoo.js runs --state-dir '${folder}'`);
});

test('the command that runs a plan names its parameters and files', async () => {
  const inventory = join(folder, 'north.yaml');
  writeFileSync(
    inventory,
    `name: north
targets:
  shopPage: {kind: maintenance-page, path: ${join(folder, 'north.html')}}
`,
  );
  const param = "pageText=It's closed.";
  const plan = ['plan', 'docs/examples/maintenance.ts', '-i', inventory, '--param', param];
  const ended = await desk.run(...plan);
  expect(ended.code, ended.stderr).toBe(0);
  expect(oneLine(ended.stdout)).toContain(
    `run docs/examples/maintenance.ts -i '${inventory}' --param 'pageText=It'\\''s closed.' --plan`,
  );
});
