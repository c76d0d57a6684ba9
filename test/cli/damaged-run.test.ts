import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {acquireLock} from '../../src/journal/lock.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

let desk: Desk;
let damaged: string;
const words = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml', '--json'];

/** A run that stopped at its confirmation, with a change in place; then somebody edits a line of its journal. */
beforeEach(async () => {
  desk = openDesk();
  process.env['MAINTENANCE_FILE'] = join(desk.stateFolder, 'maintenance.html');
  await desk.run('run', ...words, '--yes');
  damaged = new StateFolder(desk.stateFolder).runs()[0] ?? '';
  const path = join(desk.stateFolder, damaged, 'journal.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"seq":1,', '"seq":1 ,'));
});
afterEach(() => desk.clear());

const reason = expect.stringMatching(
  /^The journal of .* is damaged, so its changes are unknown\. Line 2 of /,
);
const refusal = {problems: [{code: 'run-damaged', message: reason}]};

describe('a run whose journal is damaged', () => {
  test('keeps another from starting, until a person names it', async () => {
    const refused = await desk.run('run', ...words, '--yes');
    expect(refused.code).toBe(3);
    expect(lastDocument(refused)).toMatchObject(refusal);
    const unknown = await desk.run('run', ...words, '--yes', '--besides', 'elsewhere');
    expect(lastDocument(unknown)).toMatchObject({problems: [{code: 'unknown-run'}]});
    const named = await desk.run('run', ...words, '--yes', '--besides', damaged);
    expect(named.stdout).not.toContain('run-damaged');
    expect(named.stdout).toContain('Nothing keeps an operator with another state folder out');
    const log = await desk.run('log');
    expect(log.stdout.replaceAll(/\s+/g, ' ')).toContain(`allowed beside ${damaged} (--besides)`);
    const report = await desk.run('report');
    expect(report.stdout).toContain(`${damaged}, allowed with --besides`);
    expect(lastDocument(await desk.run('status', '--json', '--offline'))).toMatchObject({
      damaged: [{run: damaged, reason: expect.stringContaining('Line 2')}],
    });
  });

  test('is no run that "resume" and "reverse" pass over', async () => {
    for (const command of ['resume', 'reverse']) {
      const refused = await desk.run(command, '--yes', '--json');
      expect(refused.code).toBe(3);
      expect(lastDocument(refused)).toMatchObject(refusal);
      const named = await desk.run(command, damaged, '--yes', '--json');
      expect(lastDocument(named)).toMatchObject({problems: [{code: 'journal-damaged'}]});
    }
  });

  test('is shown as damaged by runs, log and report, with its line', async () => {
    for (const command of ['runs', 'log', 'report']) {
      const shown = await desk.run(command);
      expect(shown.stderr).toContain('journal-damaged');
      expect(shown.stderr.replaceAll(/\s+/g, ' ')).toContain('Line 2 of');
      expect(shown.stderr).not.toMatch(/changes in place +none/);
    }
  });
});

test('log prints what can be read of a damaged journal, then where it ends', async () => {
  const log = await desk.run('log', damaged);
  expect(log.stdout).toMatch(/^2\d{3}-.* \(UTC\)\n.*#0 .* run .* of maintenance/);
  expect(log.stdout).not.toContain('#1 ');
  expect(log.stderr).toContain('! The journal is readable up to #0.');
  expect(log.stderr.replaceAll(/\s+/g, ' ')).toContain('start the next run with --besides RUN');
  expect(log.code).toBe(2);
  const json = await desk.run('log', damaged, '--json');
  expect(JSON.parse(json.stdout.split('\n')[0] ?? '')).toMatchObject({kind: 'run-started'});
  expect(lastDocument(json)).toMatchObject({problems: [{code: 'journal-damaged'}]});
  const followed = await desk.run('log', damaged, '--follow');
  expect(followed.stdout).toContain('#0 ');
});

describe('unlock', () => {
  test('finds the lock of a run by its holder, whatever the scope', async () => {
    const state = new StateFolder(desk.stateFolder);
    const operator = {user: 'ada', host: 'elsewhere', pid: 1};
    const {machine: here} = state;
    const machine = {
      id: 'elsewhere',
      boot: 'elsewhere',
      startTicksOf: (pid: number) => here.startTicksOf(pid),
      isHidden: (pid: number) => here.isHidden(pid),
      freshToken: () => here.freshToken(),
      kill: () => {},
    };
    const request = {folder: state.locks, scope: 'run-task@production.web', run: damaged, operator};
    acquireLock({...request, now: () => new Date(), machine});
    const unlocked = await desk.run('unlock', damaged, '--name', damaged);
    expect(unlocked.code, unlocked.stderr).toBe(0);
    expect(unlocked.stderr).toContain('run-task@production.web is free');
  });
});
