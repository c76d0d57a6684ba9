import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {LiveRun} from '../../src/run/live-run.ts';
import {JournalFile} from '../cli/journal-file.ts';
import {runStarted} from '../model/journal-of.ts';

const run = '20260301-030000-abcd';
const busy = Object.assign(new Error('EMFILE: too many open files, scandir'), {
  ...{code: 'EMFILE', syscall: 'scandir'},
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'live-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

/** A state folder on a system that has nothing left for a moment. */
class BusyState extends StateFolder {
  failing: 'runs' | 'locks' | undefined;

  override runs(): readonly string[] {
    if (this.failing === 'runs') {
      throw busy;
    }
    return super.runs();
  }

  override get locks(): string {
    if (this.failing === 'locks') {
      throw busy;
    }
    return super.locks;
  }
}

test.each(['runs', 'locks'] as const)(
  'a state folder whose %s cannot be read for a moment stops the clocks, and not the page',
  (failing) => {
    new JournalFile(folder, run).add(runStarted({run}));
    const state = new BusyState(folder);
    const live = new LiveRun({state}, undefined);
    const before = live.look();
    expect(before.page?.trouble).toBeUndefined();
    state.failing = failing;
    const during = live.look();
    expect(during.trouble).toContain('EMFILE');
    expect(during.page).toMatchObject({trouble: during.trouble, report: {run}});
    expect(live.look().page).toBe(during.page);
    state.failing = undefined;
    expect(live.look()).toMatchObject({page: {report: {run}}});
    expect(live.look().page?.trouble).toBeUndefined();
  },
);

test('a page that cannot be made even once says why', () => {
  const state = new BusyState(folder);
  state.failing = 'runs';
  const look = new LiveRun({state}, undefined).look();
  expect(look).toMatchObject({page: undefined, trouble: expect.stringContaining('EMFILE')});
});
