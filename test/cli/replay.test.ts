import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {readJournal} from '../../src/journal/read-journal.ts';
import {isAtWork, momentOfRun} from '../../src/run/moment-of-run.ts';
import {type Desk, openDesk} from './switcharoo.ts';

let desk: Desk;
let folder: string;
let seqOf: (kind: string) => number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-replay-'));
  process.env['MAINTENANCE_FILE'] = join(folder, 'page');
  desk = openDesk();
  const example = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml'];
  expect(await desk.run('run', ...example, '--yes')).toMatchObject({code: 0});
  const [run] = JSON.parse((await desk.run('runs', '--json')).stdout).runs;
  const {entries} = readJournal(join(desk.stateFolder, run.run, 'journal.jsonl'));
  seqOf = (kind) => entries.find((entry) => entry.kind === kind)?.seq ?? -1;
});
afterAll(async () => {
  delete process.env['MAINTENANCE_FILE'];
  rmSync(folder, {recursive: true, force: true});
  await desk.clear();
});

const replayed = async (at: string) =>
  JSON.parse((await desk.run('replay', '--at', at, '--json')).stdout);

test('a run is shown as it was after an entry, with the keys and commands of that moment', async () => {
  const acting = seqOf('action-intended');
  expect(await replayed(`#${acting}`)).toMatchObject({
    outcome: 'running',
    seq: acting,
    changesInPlace: [expect.stringContaining('Back at six.')],
    keys: ['Ctrl-C: finish the action in flight, then pause; twice: end that action, too'],
    commands: [expect.stringContaining('log '), expect.stringContaining('unlock ')],
    next: [],
  });
  expect(await replayed(`#${seqOf('entry-started')}`)).toMatchObject({changesInPlace: []});
  expect(await replayed(`#${seqOf('run-done')}`)).toMatchObject({outcome: 'done', keys: []});
  const {stdout} = await desk.run('replay', '--at', `#${acting}`);
  expect(stdout).toMatch(
    new RegExp(`^As it was at \\S+, after entry #${acting}:\\n.*\\n#${acting} `),
  );
  expect(stdout).toMatch(/^state +▸ running at close$/m);
  expect(stdout).toMatch(/^process +\S+@\S+, pid \d+$/m);
  expect(stdout).toContain('\nKeys at that moment\n  Ctrl-C: finish');
  expect(stdout).toContain('\nCommands at that moment\n');
});

test('a moment that no run has is refused, with what to give', async () => {
  for (const at of ['#999', '1999-01-01T00:00:00Z', 'yesterday']) {
    const {code, stdout} = await desk.run('replay', '--at', at, '--json');
    expect(code).not.toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({problems: [{code: 'moment-not-in-run'}]});
  }
});

test('a time of day is the first one since the run began, also after midnight', () => {
  const entries = [
    '2026-03-01T23:59:58.500Z',
    '2026-03-01T23:59:59.100Z',
    '2026-03-02T00:00:03.000Z',
  ].map((atUtc, seq) => ({seq, atUtc, kind: 'run-done', prev: ''}) as const);
  const countAt = (at: string) => momentOfRun(entries, at).entries.length;
  expect(countAt('23:59:58')).toBe(1);
  expect(countAt('23:59:59.100')).toBe(2);
  expect(countAt('00:00:02')).toBe(2);
  expect(countAt('00:00:03')).toBe(3);
  expect(countAt('2026-03-02T01:00:00+01:00')).toBe(2);
  expect(countAt('12:00')).toBe(3);
});

test('what was added later to the journal counts by its own time', () => {
  const entries = ['03:00:00', '03:10:00', '03:05:00', '03:20:00'].map(
    (time, seq) => ({atUtc: `2026-03-01T${time}.000Z`, seq, kind: 'run-done', prev: ''}) as const,
  );
  const countAt = (at: string) => momentOfRun(entries, at).entries.length;
  expect(['03:00:00', '03:06:00', '03:30:00'].map(countAt)).toEqual([1, 3, 4]);
});

test('a second has all that the log prints with it, and a process that died is not at work until the next one', () => {
  const entries = [
    {atUtc: '2026-03-01T03:10:00.300Z', kind: 'entry-started'},
    {atUtc: '2026-03-01T04:00:00.000Z', kind: 'run-resumed'},
  ].map((entry, seq) => ({...entry, seq, prev: ''})) as never;
  const at = (text: string) => momentOfRun(entries, text);
  expect(at('03:10:00')).toMatchObject({
    entries: [{seq: 0}],
    at: new Date('2026-03-01T03:10:00.300Z'),
  });
  const running = {outcome: 'running'} as const;
  expect(
    ['#0', '03:10:00', '03:30:00', '04:00:00'].map((text) => isAtWork(at(text), running)),
  ).toEqual([true, true, false, true]);
});
