import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openApp} from '../../src/cli/app.ts';
import {nextCommands} from '../../src/cli/next-commands.ts';
import {acquireLock} from '../../src/journal/lock.ts';
import {progressOf} from '../../src/model/progress.ts';
import {scopeOf} from '../../src/run/past-runs.ts';
import {heldRun} from '../report/made-up.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-next-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

/** The verbs of what can be typed next, while the run is locked for a process. */
function verbsBeside(holderPid: number): readonly string[] {
  const app = openApp({stateDir: folder, json: false});
  const progress = progressOf(heldRun());
  if (!progress) {
    throw new Error('the run has no entries');
  }
  const {run, runbook, inventory, targets} = progress.run;
  acquireLock({
    folder: app.state.locks,
    scope: scopeOf(runbook.name, inventory.name, targets),
    run,
    operator: {...app.operator, pid: holderPid},
    now: () => new Date(),
  });
  return nextCommands(app, progress).map(({what}) => what);
}

test('a process that ends its own run says how to continue or reverse it', () => {
  expect(verbsBeside(process.pid)).toEqual(['continue the run', 'plan a reversal, and reverse']);
});

test('beside another process, the run is left to it', () => {
  expect(verbsBeside(process.ppid)).toEqual([
    'print what it has done so far',
    'end that process and take the run over, if nobody can reach it',
  ]);
});

test('after a reversal to the start, the same runbook can be run again', () => {
  const app = openApp({stateDir: folder, json: false});
  const progress = progressOf(heldRun());
  if (!progress) {
    throw new Error('the run has no entries');
  }
  const {runbook, inventory} = progress.run;
  const reversed = {...progress, outcome: 'reversed' as const, checkpoints: []};
  expect(nextCommands(app, reversed)[1]).toEqual({
    command: expect.stringContaining(`run ${runbook.file} -i ${inventory.file}`),
    what: 'start a new run, with the --param options of this one',
  });
});

test('a run whose lab ends with the command can be neither continued nor reversed', () => {
  const app = openApp({stateDir: folder, json: false});
  const progress = progressOf(heldRun());
  if (!progress) {
    throw new Error('the run has no entries');
  }
  const next = nextCommands({...app, keepsLab: 'rehearse shop --keep'}, progress);
  expect(next.map(({what}) => what)).toEqual([
    'print the timeline',
    'do it again, and leave the lab running',
  ]);
  expect(next[1]?.command).toContain('rehearse shop --keep');
});

test('a runbook and an inventory that are found by name from here are named, not located', () => {
  const app = openApp({stateDir: folder, json: false});
  const progress = progressOf(heldRun());
  if (!progress) {
    throw new Error('the run has no entries');
  }
  const run = {
    ...progress.run,
    runbook: {...progress.run.runbook, file: resolve('runbooks/seamless-cutover.ts')},
    inventory: {...progress.run.inventory, file: resolve('inventories/lab.yaml')},
  };
  const reversed = {...progress, run, outcome: 'reversed' as const, checkpoints: []};
  expect(nextCommands(app, reversed)[1]?.command).toMatch(
    / run seamless-cutover -i lab --state-dir /,
  );
});
