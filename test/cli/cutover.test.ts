import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, onTestFinished, test} from 'vitest';
import {findLab} from '../../lab/client.ts';
import {findRedis} from '../../lab/redis/find-redis.ts';
import type {EntryReport} from '../../src/report/run-report.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

const runbook = 'runbooks/bare-metal-to-ecs.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

const hasRedis = findRedis() !== undefined;
const none = {lost: 0, first: []};
const keptWithoutLoss = {
  documents: none,
  // Orders, and in sessions those of earlier days, too.
  ...(hasRedis ? {messages: none, sessions: none} : {}),
};
const wholeNight = ['documents.sync-last', 'elb.maintenance-page', 'elb.remove-maintenance-page'];
const ofRedis = ['redis.copy-keys'];

/** A folder whose inventory of the lab has the safeguards that the shipped one leaves out. */
function folderWithSafeguards(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-test-'));
  mkdirSync(join(folder, 'inventories'));
  const shipped = readFileSync(new URL('../../inventories/lab.yaml', import.meta.url), 'utf8');
  const [before = '', after = ''] = shipped.split(/(?<=^ {2}# Safeguards .*\n)/m);
  const end = after.search(/^(?! {2}# )/m);
  const safeguards = after.slice(0, end).replace(/^ {2}# /gm, '  ');
  writeFileSync(join(folder, 'inventories/lab.yaml'), before + safeguards + after.slice(end));
  return folder;
}

describe('the whole cutover in the lab', () => {
  test('goes forward without losing a write', async () => {
    const ended = await desk.run('rehearse', runbook, '--json');
    expect(ended).toMatchObject({code: 0, stderr: ''});
    const report = lastDocument(ended);
    expect(report).toMatchObject({
      outcome: 'done',
      writes: {lost: 0, duplicated: 0},
      rows: {different: 0, first: []},
      kept: keptWithoutLoss,
    });
    expect(report.kept.documents.promised).toBeGreaterThan(0);
    // The rows of the seed, and what the clients were told.
    expect(report.rows.compared).toBeGreaterThan(300);
    expect(report.writes.acknowledged).toBeGreaterThan(100);
    expect(report.outageMs).toBeGreaterThan(0);
    expect(new Set(report.entries.map(({state}: {state: string}) => state))).toEqual(
      new Set(['done']),
    );
    expect((await desk.run('log', '--verify')).code).toBe(0);
    expect((await desk.run('lab', 'status')).stderr).toContain('lab-not-running');
  });

  test('goes back from the new side, with all safeguards, without losing a write of either side', async () => {
    const folder = folderWithSafeguards();
    onTestFinished(() => rmSync(folder, {recursive: true}));
    const inFolder = openDesk(folder);
    onTestFinished(() => inFolder.clear());
    const last = ['--reverse-at', 'watch-metrics:cloudwatch'];
    const ended = await inFolder.run('rehearse', 'bare-metal-to-ecs', '--json', ...last);
    expect(ended).toMatchObject({code: 0, stderr: ''});
    const report = lastDocument(ended);
    const states = report.entries.map(({id, state}: EntryReport) => `${id} ${state}`);
    expect(states).toEqual(
      expect.arrayContaining([
        'vpn-up:vpn passed',
        'partner-knows:pay-go passed',
        'source-backup:source passed',
        'snapshot:aurora reversed',
        'watch-replication:source passed',
        'watch-metrics:cloudwatch passed',
      ]),
    );
    expect(report).toMatchObject({
      outcome: 'reversed',
      writes: {lost: 0, duplicated: 0},
      kept: keptWithoutLoss,
      applied: [],
    });
    // What is on the old side again, the new side has written, too.
    expect(report.kept.documents.promised).toBeGreaterThan(0);
    const reversed = report.entries.filter(({state}: EntryReport) => state === 'reversed');
    expect(reversed.map(({unit}: EntryReport) => unit)).toEqual(
      expect.arrayContaining([...wholeNight, ...(hasRedis ? ofRedis : [])]),
    );
  });

  test.for([{name: 'during the freeze', at: 'on source: end all client sessions'}])(
    'killed $name, it is finished by resume, and nothing is lost',
    async ({at}) => {
      const first = desk.start('rehearse', runbook);
      await first.said(at);
      first.child.kill('SIGSTOP');
      const beside = lastDocument(await desk.run('status', '--json', '--offline'));
      expect(beside).toMatchObject({holder: {dead: false}});
      expect(beside.next).toEqual([
        expect.stringContaining(' log 20'),
        expect.stringContaining(' unlock 20'),
      ]);
      for (const words of [['resume'], ['reverse']]) {
        const second = await desk.run(...words, '--yes', '--json');
        expect(second.code).toBe(5);
        expect(lastDocument(second)).toMatchObject({problems: [{code: 'lock-held'}]});
        expect(second.stdout).not.toContain('planned');
      }

      first.child.kill('SIGKILL');
      expect(await first.ended).toMatchObject({signal: 'SIGKILL'});

      const status = await desk.run('status', '--json');
      expect(lastDocument(status)).toMatchObject({outcome: 'running', holder: {dead: true}});

      const resumed = await desk.run('resume');
      expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0);
      // As status does, it begins with the outage that it is in, and its limit.
      expect(resumed.stdout).toMatch(
        /^OUTAGE .* and counting, since .* UTC\n {2}It exceeds its limit of /,
      );
      const done = await desk.run('status', '--json', '--offline');
      expect(lastDocument(done)).toMatchObject({outcome: 'done'});
      expect(lastDocument(await desk.run('lab', 'count', '--json'))).toMatchObject({
        inCharge: 'aurora',
        writes: {lost: 0, duplicated: 0},
      });
    },
  );
});

describe('against a lab that is kept up', () => {
  test('a plan changes nothing and keeps its digest, and exactly that plan can be run up to a checkpoint and reversed', async () => {
    await desk.run('lab', 'up', '--clients', '0');
    const before = lastDocument(await desk.run('lab', 'status', '--json'));
    const plan = lastDocument(await desk.run('plan', 'bare-metal-to-ecs', '-i', 'lab', '--json'));
    const again = lastDocument(await desk.run('plan', 'bare-metal-to-ecs', '-i', 'lab', '--json'));
    // How far away the targets are is measured each time, and so is how many connections a client has.
    const {distances: _distances, expected: _expected, ...unchanged} = withoutCounts(plan);
    expect(withoutCounts(again)).toMatchObject(unchanged);
    expect(lastDocument(await desk.run('lab', 'status', '--json'))).toEqual(before);
    // What matters has not scrolled away: 61 lines, one for a remark of this lab, and the command.
    const {stdout: text} = await desk.run('plan', 'bare-metal-to-ecs', '-i', 'lab');
    const lines = text.split('\n');
    expect(lines).toContain('Run exactly this plan:');
    expect(
      lines.findIndex((line) => line.startsWith('! ')),
      text,
    ).toBe(61);

    const run = ['run', 'bare-metal-to-ecs', '-i', 'lab', '--json'];
    expect((await desk.run(...run, '--plan', '0000000000000000')).code).toBe(3);
    const prepared = await desk.run(...run, '--plan', plan.digest, '--until', 'prepared');
    expect(prepared.code, prepared.stdout + prepared.stderr).toBe(0);

    const second = await desk.run(...run, '--yes');
    expect(second.code).toBe(3);
    // It says only that: what the first has changed is no obstacle to be removed.
    expect(lastDocument(second)).toMatchObject({problems: [{code: 'run-unfinished'}]});
    expect(second.stdout).not.toContain('planned');

    // Nobody is there to confirm: it holds, and says what stands.
    const held = await desk.run('resume', '--plan', digestOf(await desk.run('resume', '--json')));
    expect(held.code).toBe(5);
    expect(held.stderr).toContain('answer-required');

    const reversed = await desk.run('reverse', '--yes', '--json');
    expect(reversed.code, reversed.stdout + reversed.stderr).toBe(0);
    expect(lastDocument(reversed)).toMatchObject({outcome: 'reversed', applied: []});
    expect(lastDocument(await desk.run('lab', 'status', '--json'))).toEqual(before);
  });
});

test('stopped after the swap, the printed way back goes to the very start: nothing is lost', async () => {
  await desk.run('lab', 'up');
  const there = await desk.run(
    'run',
    'bare-metal-to-ecs',
    '-i',
    'lab',
    '--yes',
    '--until',
    'smoke',
  );
  expect(there.code, there.stdout + there.stderr).toBe(0);
  expect(lastDocument(await desk.run('status', '--json')).reversal).toMatchObject({
    lossless: 'yes',
    entries: [
      {entry: 'last-documents:documents', lossless: 'yes'},
      ...(hasRedis ? [{entry: 'redis:newRedis', lossless: 'yes'}] : []),
      {entry: 'reverse-replication', lossless: 'yes'},
    ],
  });
  const offline = lastDocument(await desk.run('status', '--json', '--offline'));
  expect(offline).toMatchObject({outcome: 'paused'});
  expect(offline).not.toHaveProperty('reversal');

  // Broken on purpose, the way back is told to be no more, and what it would lose, before anybody is asked.
  const lab = findLab(desk.stateFolder);
  await lab?.turn({what: 'replication-broken', database: 'source'});
  await expect
    .poll(async () => lastDocument(await desk.run('status', '--json')).reversal.lossless, {
      timeout: 120_000,
    })
    .toBe('no');
  const refused = await desk.run('reverse', '--json');
  expect(refused.code, refused.stdout + refused.stderr).toBe(5);
  expect(lastDocument(refused).problems[0].message).toMatch(
    /^reverse-replication: Reverse replication to source is broken: .*1062.*Reversal would lose (more than )?\d+ transactions \(.*shop\.orders.*\) between .* of aurora\.$/,
  );
  await lab?.turn({what: 'replication-fixed', database: 'source'});
  await expect
    .poll(async () => lastDocument(await desk.run('status', '--json')).reversal.lossless, {
      timeout: 120_000,
    })
    .toBe('yes');
  const back = await desk.run('reverse', '--yes', '--json');
  expect(back.code, back.stdout + back.stderr).toBe(0);
  expect(lastDocument(back)).toMatchObject({outcome: 'reversed', applied: []});
  expect(lastDocument(await desk.run('lab', 'count', '--json'))).toMatchObject({
    inCharge: 'source',
    writes: {lost: 0, duplicated: 0},
  });
});

/** Of the plan that a command printed before it refused to act on it. */
function digestOf({stdout}: {stdout: string}): string {
  const planned = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .find(({kind}) => kind === 'planned');
  return planned.plan.digest;
}

const withoutCounts = (plan: Record<string, unknown>): Record<string, unknown> =>
  JSON.parse(JSON.stringify(plan).replaceAll(/ \(\d+\)/g, ''));
