import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

// The cheapest runbooks of all: people do everything, and nobody is asked in a rehearsal.

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

/** A fleet of units with these runbooks. */
function fleetOf(...runbooks: readonly string[]): string {
  const units = runbooks.map((name, at) => {
    const inventory = join(desk.stateFolder, `${name}-${at}.yaml`);
    writeFileSync(inventory, `name: ${name}-${at}\ntargets: {}\n`);
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
  const file = fleetOf('fails-late', 'by-hand', 'by-hand');
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
  const again = await desk.run(...rehearse(fleetOf('by-hand')));
  expect([again.code, outcomes().length]).toEqual([0, 4]);
}, 180_000);

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
}, 120_000);

test('a unit in the lab that is up is refused with what to do: a rehearsal has a lab of its own', async () => {
  const file = fleetOf('by-hand');
  const inventory = join(desk.stateFolder, 'by-hand-0.yaml');
  writeFileSync(inventory, 'name: lab\ntargets: {}\nlab: true\n');
  writeFileSync(join(desk.stateFolder, 'lab.env'), '');
  const ended = await desk.run(...rehearse(file));
  expect(lastDocument(ended).problems).toMatchObject([
    {
      code: 'fleet-lab-is-up',
      message: expect.stringContaining(
        'by-hand-0 is in the lab that is running, and "fleet rehearse" needs a lab of its own.',
      ),
      hint: {
        text: expect.stringMatching(/"lab down".*"rehearse \S*by-hand\.ts"/),
        command: expect.stringMatching(/^rehearse \S*by-hand\.ts --reverse-at \w+$/),
      },
    },
  ]);
  expect(outcomes()).toEqual([]);
}, 60_000);
