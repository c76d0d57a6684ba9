import {expect, test, vi} from 'vitest';
import {HoldSpans} from '../../lab/hosts/hold-spans.ts';
import {violationsIn} from '../../src/cli/actions/lab-watch.ts';
import {followLabRequests} from '../../src/cli/live/lab-requests.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {openDesk} from './switcharoo.ts';

const quiet = {
  sides: {bothWritable: [], accepts: {source: true, aurora: false}, asked: {source: 9, aurora: 9}},
  overheld: [],
  held: [],
};
const codes = (...words: Parameters<typeof violationsIn>) =>
  violationsIn(...words).map(({code}) => code);

test('a rehearsal in which Aurora is opened before the freeze fails and says so', async () => {
  const desk = openDesk();
  try {
    const runbook = 'test/cli/runbooks/both-sides-writable.ts';
    const ended = await desk.run('rehearse', runbook, '--clients', '2', '--json');
    expect(ended.code, ended.stdout + ended.stderr).toBe(5);
    const printed = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(printed.at(-1)).toMatchObject({
      problems: [
        {
          code: 'both-sides-writable',
          message: expect.stringMatching(
            /^Both sides accepted the application's writes at .*Z, for at least \d+ ms: Aurora was opened while the source accepted them\.$/,
          ),
        },
      ],
    });
    expect(printed.find(({outcome}) => outcome !== undefined)).toMatchObject({outcome: 'done'});
  } finally {
    await desk.clear();
  }
});

test('a rehearsal whose rows nobody could compare fails, and names the database and what to do', async () => {
  const desk = openDesk();
  const leaving = new AbortController();
  vi.stubEnv('TEST_STATE_DIR', desk.stateFolder);
  try {
    const runbook = 'test/cli/runbooks/aurora-stopped.ts';
    const ended = await desk.run('rehearse', runbook, '--clients', '2', '--keep');
    expect(ended.code, ended.stdout + ended.stderr).toBe(5);
    expect(ended.stdout).toMatch(/^ *rows +✗ not compared, because aurora did not answer: /m);
    expect(ended.stderr).toMatch(
      /The rows of the lab's databases were not compared, because aurora did not\s+answer: /,
    );
    expect(ended.stderr).toContain('If the runbook stops aurora');
    const count = await desk.run('lab', 'count', '--json');
    expect(count.code, count.stdout + count.stderr).toBe(5);
    expect(count.stdout).toContain('"code":"rows-not-compared"');
    expect((await desk.run('lab', 'status')).stdout).toMatch(/aurora +does not answer: /);

    // The live page asks this lab while its run goes on.
    const state = new StateFolder(desk.stateFolder);
    const [run = ''] = state.runs();
    const progress = progressIn({state}, run);
    const requestsOf = followLabRequests({state}, leaving.signal);
    await vi.waitFor(() => {
      const requests = requestsOf({...progress, outcome: 'running'});
      expect(requests?.made).toBeGreaterThan(0);
      expect(requests?.slowestMs).toBeGreaterThan(0);
    }, 60_000);
  } finally {
    leaving.abort();
    vi.unstubAllEnvs();
    await desk.clear();
  }
});

test('a run that is over leaves no host held and no side without writes', () => {
  expect(codes(quiet, 'done')).toEqual([]);
  expect(codes({...quiet, held: ['web1', 'web2']}, 'reversed')).toEqual(['hold-left', 'hold-left']);
  expect(codes({...quiet, held: ['web1']}, 'other')).toEqual([]);
  const refusing = (source: boolean, aurora: boolean) => ({
    ...quiet,
    sides: {...quiet.sides, accepts: {source, aurora}},
  });
  expect(codes(refusing(false, true), 'done')).toEqual([]);
  expect(codes(refusing(false, false), 'done')).toEqual(['writes-refused-at-end']);
  expect(codes(refusing(false, false), 'other')).toEqual([]);
  expect(codes(refusing(false, true), 'reversed')).toEqual(['writes-refused-at-end']);
  expect(violationsIn(refusing(false, true), 'reversed')[0]?.message).toBe(
    "The run is reversed, but the source refuses the application's writes (read_only = ON).",
  );
});

test('a hold that is armed again before it ends counts as one', () => {
  const spans = new HoldSpans();
  spans.armed(443, 60_000);
  spans.armed(443, 500);
  spans.armed(80, 1);
  spans.released(443, true);
  spans.released(443, false);
  spans.released(443, false);
  expect(spans.spans().map(({port, boundMs}) => ({port, boundMs}))).toEqual([
    {port: 443, boundMs: 60_000},
    {port: 80, boundMs: 1},
  ]);
});

test('a host that was held for longer than its bound is named', () => {
  const overheld = [{host: 'web1', port: 443, ms: 12_003, boundMs: 10_000}];
  expect(violationsIn({...quiet, overheld}, 'other')[0]?.message).toBe(
    'web1 held new connections to port 443 for 12003 ms; its bound is 10000 ms.',
  );
});
