import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Desk, type Ended, lastDocument, openDesk} from './switcharoo.ts';

/** Two state folders, as on two hosts, with the same inventory and one store. */
let first: Desk;
let second: Desk;
let inventory: string;
beforeAll(async () => {
  first = openDesk();
  second = openDesk();
  expect((await first.run('lab', 'up', '--clients', '2')).code).toBe(0);
  copyFileSync(join(first.stateFolder, 'lab.env'), join(second.stateFolder, 'lab.env'));
  inventory = join(first.stateFolder, 'shared.yaml');
  const text = readFileSync('inventories/lab.yaml', 'utf8');
  writeFileSync(inventory, `${text}\nstore: journals\n`);
});
afterAll(async () => {
  await first.clear();
  await second.clear();
});

const run = () => ['run', 'warm-cutover', '-i', inventory, '--yes', '--json'] as const;

async function runName(): Promise<string> {
  return lastDocument(await first.run('status', '--json', '--offline')).run;
}

const problemsOf = (ended: Ended): string =>
  JSON.stringify(lastDocument(ended).problems ?? ended.stderr);

describe('a run of another host', () => {
  test('is taken over in the freeze: the process there is told, and does nothing more; nothing is lost', async () => {
    const running = first.start(...run());
    await running.said('"kind":"action-intended","entry":"freeze"');
    running.child.kill('SIGSTOP');
    const name = await runName();
    const shown = await second.run('status', name, '--shared', inventory, '--json');
    expect(shown.code, shown.stderr).toBe(0);
    expect(lastDocument(shown)).toMatchObject({run: name, outcome: 'running'});
    const unnamed = await second.run('take-over', name, '-i', inventory);
    expect([unnamed.code, unnamed.stderr]).toEqual([
      3,
      expect.stringContaining('confirmation-mismatch'),
    ]);
    const taking = second.start('take-over', name, '-i', inventory, '--name', name, '--json');
    await taking.said('is yours now', 'stderr');
    // It goes on as if nothing had happened, is told before it does anything, and says that it has stopped.
    const continuedMs = performance.now();
    running.child.kill('SIGCONT');
    const [ended, taken] = await Promise.all([running.ended, taking.ended]);
    expect(performance.now() - continuedMs).toBeLessThan(20_000);
    expect([ended.code, ended.stdout]).toEqual([5, expect.stringContaining('"lock-lost"')]);
    expect(taken.code, taken.stderr).toBe(0);
    expect(lastDocument(taken)).toMatchObject({
      run: name,
      sessionsEnded: expect.arrayContaining(['source']),
    });
    const resumed = await second.run('resume', name, '--yes', '--json', '--until', 'cut-over');
    expect(resumed.code, problemsOf(resumed)).toBe(0);
    const back = await first.run('resume', name, '--yes', '--json');
    expect(lastDocument(back)).toMatchObject({problems: [{code: 'run-continued-elsewhere'}]});
    const verified = await second.run('log', name, '--verify', '--shared', inventory);
    expect(verified.code, verified.stderr).toBe(0);
    const reversed = await second.run('reverse', name, '--yes', '--json');
    expect(reversed.code, problemsOf(reversed)).toBe(0);
    const {writes} = lastDocument(await first.run('lab', 'count', '--json'));
    expect(writes).toMatchObject({lost: 0, duplicated: 0});
  });

  test('is handed over at a checkpoint, and continued without a wait; it can be given back', async () => {
    const prepared = await first.run(...run(), '--until', 'prepared');
    expect(prepared.code, problemsOf(prepared)).toBe(0);
    const name = await runName();
    const offered = await first.run('hand-over', name, '--to', 'kim');
    expect(offered.code, offered.stderr).toBe(0);
    const refused = await first.run('resume', name, '--yes', '--json');
    expect(lastDocument(refused)).toMatchObject({problems: [{code: 'run-handed-over'}]});
    const {runs} = lastDocument(await second.run('runs', '--shared', inventory, '--json'));
    expect(runs.at(-1)).toMatchObject({run: name, outcome: 'paused', holder: null});
    const taken = await second.run('take-over', name, '-i', inventory, '--name', name);
    expect(taken.code, taken.stderr).toBe(0);
    expect(taken.stdout).toContain('has handed it over to kim.');
    const again = await second.run('take-over', name, '-i', inventory, '--name', name, '--json');
    expect(lastDocument(again)).toMatchObject({problems: [{code: 'run-is-here'}]});
    const back = await second.run('hand-over', name, '--to', 'root');
    expect(back.code, back.stderr).toBe(0);
    const takenBack = await first.run('take-over', name, '-i', inventory, '--name', name);
    expect(takenBack.code, takenBack.stderr).toBe(0);
    const reversed = await first.run('reverse', name, '--yes', '--json');
    expect(reversed.code, problemsOf(reversed)).toBe(0);
    const followed = await second.run('log', name, '--follow', '--shared', inventory);
    expect(followed.stdout).toContain('handed over to kim by');
    expect(followed.stdout).toContain('reversed');
  });
});
