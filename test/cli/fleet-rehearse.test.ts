import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {variablesOfNextLab} from '../../lab/next-lab.ts';
import {labVariables} from '../../src/inventory/inventory.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

// The cheapest runbooks of all: people do everything, and nobody is asked in a rehearsal.

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

/** A fleet of units with these runbooks; `by-hand in the lab`: a unit in the lab. */
function fleetOf(...runbooks: readonly string[]): string {
  const units = runbooks.map((word, at) => {
    const [name = '', lab] = word.split(' in the ');
    const inventory = join(desk.stateFolder, `${name}-${at}.yaml`);
    writeFileSync(inventory, `name: ${name}-${at}\ntargets: {}\nlab: ${lab === 'lab'}\n`);
    const runbook = fileURLToPath(new URL(`runbooks/${name}.ts`, import.meta.url));
    return [`${name}-${at}`, {runbook, inventory}];
  });
  const file = join(desk.stateFolder, 'waves.mjs');
  const fleet = {name: 'hands', waves: {all: {units: Object.fromEntries(units)}}};
  writeFileSync(file, `export default ${JSON.stringify(fleet)};\n`);
  return file;
}

const rehearse = (file: string) => ['fleet', 'rehearse', file, '--clients', '1', '--json'];
const outcomes = () => {
  const state = new StateFolder(desk.stateFolder);
  return state
    .runs()
    .toReversed()
    .map((run) => {
      const {outcome, run: started} = progressIn({state}, run);
      return `${started.runbook.name} ${outcome}`;
    });
};

test('each runbook is rehearsed once to its end and back, also behind one that fails half-way', async () => {
  const file = fleetOf('fails-late in the lab', 'by-hand', 'by-hand in the lab');
  const ended = await desk.run(...rehearse(file));
  expect(ended.code, ended.stdout + ended.stderr).toBe(3);
  expect(outcomes()).toEqual([
    ...['fails-late paused', 'fails-late paused', 'by-hand done', 'by-hand reversed'],
  ]);
  const name = expect.any(String);
  expect(lastDocument(ended)).toMatchObject({
    fleet: 'hands',
    runbooks: [
      {runbook: 'fails-late', units: ['fails-late-0'], forward: null, back: null},
      {runbook: 'by-hand', units: ['by-hand-1', 'by-hand-2'], forward: name, back: name},
    ],
  });
  expect(ended.stderr).toContain('fails-late.ts still has no rehearsal that counts');
  // The lab of the last one is down.
  expect((await desk.run('lab', 'status', '--json')).stdout).toContain('lab-not-running');
  // What counts is not rehearsed again.
  const whole = fleetOf('by-hand in the lab');
  const again = await desk.run(...rehearse(whole));
  expect([again.code, outcomes().length]).toEqual([0, 4]);
  expect(lastDocument(again).next).toEqual([
    expect.stringMatching(/ fleet plan \S+waves.mjs( |$)/),
  ]);
  expect(lastDocument(await desk.run('fleet', 'plan', whole, '--json')).next).toEqual([
    expect.stringMatching(/ lab up( |$)/),
    expect.stringMatching(/ fleet start all --file \S+waves.mjs( |$)/),
  ]);
});

test('a signal ends all: nothing more is rehearsed, and the exit code says that something is missing', async () => {
  const {child, said, ended} = desk.start(...rehearse(fleetOf('by-hand', 'fails-late')));
  await said('"kind":"run-done"');
  child.kill('SIGINT');
  const {code, stderr, stdout} = await ended;
  expect(code, stdout + stderr).toBe(3);
  expect(outcomes()).toEqual(['by-hand done']);
  expect(stderr).toContain('Stopped. To rehearse what is missing, repeat fleet rehearse.');
  expect(stderr.match(/^Rehearsing/gm)).toHaveLength(1);
  expect((await desk.run('lab', 'status', '--json')).stdout).toContain('lab-not-running');
});

test('beside a lab that is up, nothing is rehearsed: no other lab can start', async () => {
  await desk.run('lab', 'up', '--clients', '0');
  const variables = Object.keys(labVariables('lab', desk.stateFolder));
  expect(Object.keys(variablesOfNextLab()).toSorted()).toEqual(variables.toSorted());
  const refused = await desk.run(...rehearse(fleetOf('by-hand in the lab')));
  expect(lastDocument(refused).problems).toMatchObject([
    {code: 'fleet-lab-is-up', hint: {command: expect.stringMatching(/lab down$/)}},
  ]);
  expect(outcomes()).toEqual([]);
});
