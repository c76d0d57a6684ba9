import {copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type Desk, type Ended, lastDocument, openDesk} from './switcharoo.ts';

let first: Desk;
const others: Desk[] = [];
beforeAll(async () => {
  first = openDesk();
  expect((await first.run('lab', 'up', '--clients', '0')).code).toBe(0);
});
afterAll(async () => {
  for (const desk of [...others, first]) {
    await desk.clear();
  }
});

/** A laptop with a copy of the first one's state folder, without the locks of its processes. */
function copyOfFirst(): Desk {
  const desk = openDesk();
  others.push(desk);
  cpSync(first.stateFolder, desk.stateFolder, {recursive: true, preserveTimestamps: true});
  rmSync(join(desk.stateFolder, 'locks'), {recursive: true, force: true});
  return desk;
}

/** A laptop that knows the same lab, and none of its runs. */
function stranger(): Desk {
  const desk = openDesk();
  others.push(desk);
  mkdirSync(desk.stateFolder, {recursive: true});
  copyFileSync(join(first.stateFolder, 'lab.env'), join(desk.stateFolder, 'lab.env'));
  return desk;
}

const run = ['run', 'warm-cutover', '-i', 'lab', '--yes', '--json'];

const exitOfCopy = 5;

const newestOf = async (desk: Desk): Promise<string> =>
  lastDocument(await desk.run('status', '--json', '--offline')).run;

/** The exit code says whether changes of the run, as its journal says, are in place. */
function expectRefused(ended: Ended, code: string, text: RegExp): void {
  expect(ended.code, ended.stdout + ended.stderr).toBe(code === 'run-copied' ? exitOfCopy : 3);
  const {problems} = lastDocument(ended);
  expect(problems).toEqual(
    expect.arrayContaining([expect.objectContaining({code, message: expect.stringMatching(text)})]),
  );
}

async function expectDone(ended: Promise<Ended>): Promise<Ended> {
  const {code, stdout, stderr} = await ended;
  expect(code, stdout + stderr).toBe(0);
  return ended;
}

describe('a copy of a state folder', () => {
  test('made before the first action, proves nothing about what the run changed later', async () => {
    const running = first.start(...run, '--until', 'prepared');
    await running.said('"kind":"systems-claimed"');
    running.child.kill('SIGSTOP');
    const copy = copyOfFirst();
    running.child.kill('SIGCONT');
    expect((await running.ended).code).toBe(0);
    const name = await newestOf(first);

    expectRefused(await copy.run(...run), 'systems-claimed', /only a copy, and may be old\.$/);
    const elsewhere = new RegExp(`another copy of its journal: that of .* in ${first.stateFolder}`);
    const resumed = await copy.run('resume', name, '--yes', '--json');
    expect(resumed.code).toBe(3);
    expect(lastDocument(resumed)).toMatchObject({
      problems: [{code: 'run-copied', message: expect.stringMatching(elsewhere)}],
      applied: [expect.stringContaining('the journal here is a copy')],
      next: [expect.stringContaining('status -i'), expect.stringContaining('unlock 20')],
    });
    const status = await copy.run('status');
    expect(status.stderr.replaceAll(/\s+/g, ' ')).toContain(
      'The journal here is a copy, and may be old. It can neither resume nor reverse the run.',
    );
    expect(status.stdout).not.toMatch(/ (resume|reverse) \d/);
    await expectDone(first.run('resume', name, '--yes', '--json', '--until', 'prepared'));
  });

  test('goes on after it took the claim over by name, and then the original is the copy', async () => {
    const name = await newestOf(first);
    const copy = copyOfFirst();
    const untilPrepared = ['resume', name, '--yes', '--json', '--until', 'prepared'];
    expectRefused(await copy.run(...untilPrepared), 'run-copied', /^source is claimed/);
    expectRefused(await copy.run('reverse', name, '--yes', '--json'), 'run-copied', /^source/);
    await expectDone(copy.run('unlock', name, '-i', 'lab', '--name', name));
    const both = await Promise.all([copy.run(...untilPrepared), first.run(...untilPrepared)]);
    expect(both.map(({code}) => code).sort(), JSON.stringify(both)).toEqual([0, 5]);
    const [winner, loser] = both[0]?.code === 0 ? [copy, first] : [first, copy];
    for (const command of ['resume', 'reverse']) {
      expectRefused(await loser.run(command, name, '--yes', '--json'), 'run-copied', /^source/);
    }
    await expectDone(winner.run('reverse', name, '--yes', '--json'));
    const late = await loser.run('reverse', name, '--yes');
    expect(late.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'The claim of this run on source is gone: somebody took it over.',
    );
    expect(late.code, late.stdout + late.stderr).toBe(0);
  });
});

test('a colleague who died in the freeze keeps everybody out, in words that say who and what to do', async () => {
  const colleague = stranger();
  const running = colleague.start(...run);
  await running.said('"kind":"entry-done","entry":"freeze"');
  running.child.kill('SIGKILL');
  await running.ended;
  const name = await newestOf(colleague);
  const owner = new RegExp(
    `claimed by run ${name} of warm-cutover on lab, by .* in ${colleague.stateFolder}`,
  );
  expectRefused(await first.run(...run), 'systems-claimed', owner);
  const plan = await first.run('plan', 'seamless-cutover', '-i', 'lab', '--json');
  expect([plan.code, lastDocument(plan).claimed]).toMatchObject([3, [{code: 'systems-claimed'}]]);
  const inWords = await first.run('plan', 'seamless-cutover', '-i', 'lab');
  expect(inWords.stdout).not.toContain('Run exactly this plan');
  const preflight = lastDocument(await first.run('preflight', '-i', 'lab', '--json'));
  // Every kind of target but two is checked, and what is well has no finding.
  expect(preflight.without).toEqual(['site', 'settings']);
  const unchecked = preflight.targets.filter(({checks}: {checks: number}) => checks === 0);
  expect(unchecked).toEqual([]);
  const databases = ['source', 'replica', 'aurora'];
  const others = preflight.findings.filter(
    ({target}: {target: string}) => !databases.includes(target),
  );
  expect(others).toEqual([]);
  expect(preflight.findings).toContainEqual(
    expect.objectContaining({check: 'systems-claimed', observed: expect.stringMatching(owner)}),
  );
  expect((await first.run('resume', '--yes')).code).toBe(2);
  const shown = await first.run('status', '-i', 'lab');
  expect(shown.stdout).toContain(`unlock ${name} -i`);

  await expectDone(first.run('unlock', name, '-i', 'lab', '--name', name));
  const blocked = await first.run(...run);
  expect(blocked.code, blocked.stdout + blocked.stderr).toBe(3);
  const reversed = await expectDone(colleague.run('reverse', '--yes', '--json'));
  expect(reversed.stdout).toContain('"regained":["source"]');
});

test('a run that touches no database claims the database servers of its inventory', async () => {
  const colleague = stranger();
  const move = ['run', 'move-name-servers', '-i', 'lab', '--yes', '--json'];
  await expectDone(colleague.run(...move, '--until', 'unsigned'));
  const name = await newestOf(colleague);
  const guard = /keeps every other run out of lab\.$/;
  expectRefused(await first.run(...move), 'systems-claimed', guard);
  expectRefused(await first.run(...run), 'systems-claimed', /^source is claimed/);
  const allowed = await first.run(...move, '--besides', name, '--plan', '0000');
  expect(lastDocument(allowed)).toMatchObject({problems: [{code: 'plan-changed'}]});
  const unknown = await first.run(...move, '--besides', 'somebody');
  expect(lastDocument(unknown)).toMatchObject({problems: [{code: 'unknown-run'}]});
  await expectDone(colleague.run('reverse', '--yes', '--json'));
  const {targets} = lastDocument(await first.run('status', '-i', 'lab', '--json'));
  expect(targets).toMatchObject([{claim: null}, {claim: null}]);
});

test('a guard that cannot be asked keeps nobody out, and the plan says so', async () => {
  const colleague = stranger();
  const inventory = join(colleague.stateFolder, 'away.yaml');
  const text = readFileSync('inventories/lab.yaml', 'utf8');
  writeFileSync(
    inventory,
    text.replaceAll(/port: \$\{LAB_OPERATOR_(SOURCE|REPLICA)_PORT\}/g, 'port: 1'),
  );
  const plan = await colleague.run('plan', 'move-name-servers', '-i', inventory);
  expect(plan.code, plan.stderr).toBe(0);
  expect(plan.stdout.replaceAll(/\s+/g, ' ')).toContain(
    'Nothing keeps an operator with another state folder out: no server of lab could be claimed',
  );
});
