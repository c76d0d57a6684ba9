import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Desk, type Ended, lastDocument, openDesk} from './switcharoo.ts';

/** Two state folders, as on two laptops: the second has another runbook, and an inventory under another name. */
let first: Desk;
let second: Desk;
let inventory: string;
beforeAll(async () => {
  first = openDesk();
  second = openDesk();
  await startLab();
  inventory = join(second.stateFolder, 'other.yaml');
  const text = readFileSync('inventories/lab.yaml', 'utf8');
  writeFileSync(inventory, text.replace(/^name: lab$/m, 'name: other'));
});
afterAll(async () => {
  await first.clear();
  await second.clear();
});

async function startLab(): Promise<void> {
  expect((await first.run('lab', 'up', '--clients', '0')).code).toBe(0);
  copyFileSync(join(first.stateFolder, 'lab.env'), join(second.stateFolder, 'lab.env'));
}

const secondRun = (...more: readonly string[]): Promise<Ended> =>
  second.run(
    'run',
    'seamless-cutover',
    '-i',
    inventory,
    '--yes',
    '--json',
    '--until',
    'replicating',
    ...more,
  );

async function expectRefused(): Promise<void> {
  const refused = await secondRun();
  expect(refused.code, refused.stdout + refused.stderr).toBe(3);
  expect(lastDocument(refused)).toMatchObject({problems: [{code: 'systems-claimed'}]});
  // It looked at nothing that the first run has changed, and left no run behind.
  expect(refused.stdout).not.toContain('planned');
  const {runs} = lastDocument(await second.run('runs', '--json'));
  expect(runs.filter(({outcome}: {outcome: string}) => outcome !== 'reversed')).toEqual([]);
}

const run = ['run', 'warm-cutover', '-i', 'lab', '--json'];

describe('two laptops', () => {
  test.for([
    {name: 'before the first action', at: '"kind":"systems-claimed"'},
    {name: 'in the freeze', at: '"kind":"action-intended","entry":"freeze"'},
  ])('killed $name, the first keeps the second out, until it is reversed', async ({at}) => {
    const running = first.start(...run, '--yes');
    await running.said(at);
    running.child.kill('SIGSTOP');
    await expectRefused();
    running.child.kill('SIGKILL');
    await running.ended;
    const isStarted = !at.includes('claimed');
    if (isStarted) {
      await expectRefused();
      const plan = await second.run('plan', 'seamless-cutover', '-i', inventory);
      expect([plan.code, plan.stderr]).toEqual([3, expect.stringContaining('systems-claimed')]);
      const reversed = await first.run('reverse', '--yes', '--json');
      expect(reversed.code, reversed.stdout + reversed.stderr).toBe(0);
    } else {
      const resumed = await first.run('resume', '--yes', '--json', '--until', 'prepared');
      expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0);
      await expectRefused();
      expect((await first.run('reverse', '--yes', '--json')).code).toBe(0);
    }
    const allowed = await secondRun();
    expect(allowed.code, allowed.stdout + allowed.stderr).toBe(0);
    const refused = await first.run(...run, '--yes');
    expect(lastDocument(refused)).toMatchObject({problems: [{code: 'systems-claimed'}]});
    expect((await second.run('reverse', '--yes', '--json')).code).toBe(0);
  });

  test('killed after Aurora was opened, the first keeps the second out, until it is reversed', async () => {
    const running = first.start(...run, '--yes');
    await running.said('"kind":"entry-done","entry":"open-writes"');
    running.child.kill('SIGSTOP');
    await expectRefused();
    running.child.kill('SIGKILL');
    await running.ended;
    await expectRefused();
    const reversed = await first.run('reverse', '--yes', '--json');
    expect(reversed.code, reversed.stdout + reversed.stderr).toBe(0);
    const allowed = await secondRun();
    expect(allowed.code, allowed.stdout + allowed.stderr).toBe(0);
    expect((await second.run('reverse', '--yes', '--json')).code).toBe(0);
  });

  test('of two that start at once, one runs and the other changes nothing', async () => {
    const [a, b] = await Promise.all([
      first.run(...run, '--yes', '--until', 'prepared'),
      secondRun(),
    ]);
    const codes = [a?.code, b?.code].sort();
    expect(codes, `${a?.stderr}${b?.stderr}${a?.stdout}${b?.stdout}`).toEqual([0, 3]);
    const status = await second.run('status', '-i', inventory, '--json');
    const {targets} = lastDocument(status);
    const runbook = a?.code === 0 ? 'warm-cutover' : 'seamless-cutover';
    expect(targets).toMatchObject([
      {target: 'source', claim: {runbook}, holder: null},
      {target: 'replica', claim: null, holder: null},
    ]);
    const winner = a?.code === 0 ? first : second;
    expect((await winner.run('reverse', '--yes', '--json')).code).toBe(0);
  });

  test('a claim whose laptop is gone is taken over by name, and its process stops before its next action', async () => {
    const running = first.start(...run, '--yes');
    await running.said('"kind":"checkpoint-reached","name":"prepared"');
    running.child.kill('SIGSTOP');
    const {run: name} = lastDocument(await first.run('status', '--json', '--offline'));
    const unnamed = await second.run('unlock', name, '-i', inventory);
    expect([unnamed.code, unnamed.stderr]).toEqual([
      3,
      expect.stringContaining('confirmation-mismatch'),
    ]);
    const taken = await second.run('unlock', name, '-i', inventory, '--name', name);
    expect(taken.code, taken.stderr).toBe(0);
    running.child.kill('SIGCONT');
    const ended = await running.ended;
    expect([ended.code, ended.stdout]).toEqual([5, expect.stringContaining('claim-lost')]);
    expect(lastDocument(await first.run('status', '--json', '--offline'))).toMatchObject({
      outcome: 'paused',
      problem: {code: 'claim-lost'},
    });
    // Nobody else owns them now: the run is continued, or reversed as here, and claims them again.
    const reversed = await first.run('reverse', '--yes', '--json');
    expect(reversed.code, reversed.stdout + reversed.stderr).toBe(0);
  });

  test('a cutover that is paused keeps the second out, and one that is finished does not', async () => {
    const done = await first.run(...run, '--yes', '--until', 'cut-over');
    expect(done.code, done.stdout + done.stderr).toBe(0);
    await expectRefused();
    const resumed = await first.run('resume', '--yes', '--json');
    expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0);
    expect(lastDocument(resumed)).toMatchObject({outcome: 'done'});
    expect(lastDocument(await second.run('status', '-i', inventory, '--json'))).toMatchObject({
      targets: [
        {claim: null, holder: null},
        {claim: null, holder: null},
      ],
    });
  });
});
