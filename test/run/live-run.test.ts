import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {entryDigests, runbookDigest} from '../../src/engine/digests.ts';
import {loadRunbook} from '../../src/inventory/runbook-file.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import type {Fact} from '../../src/model/journal.ts';
import {pageHtml} from '../../src/report/index.ts';
import {LiveRun} from '../../src/run/live-run.ts';
import {keepMeasured} from '../../src/run/measurements.ts';
import {RestForecasts} from '../../src/run/rest-forecast.ts';
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
  listed = 0;

  override runs(): readonly string[] {
    this.listed += 1;
    return super.runs();
  }

  override newestRun(): string | undefined {
    if (this.failing === 'runs') {
      throw busy;
    }
    return super.newestRun();
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

test('a run is followed without opening the journals of the others, and the next one takes its place', () => {
  new JournalFile(folder, '20260228-030000-abcd').add(runStarted({run: '20260228-030000-abcd'}));
  new JournalFile(folder, run).add(runStarted({run}));
  const state = new BusyState(folder);
  const live = new LiveRun({state}, undefined);
  expect(live.look().page?.report.run).toBe(run);
  const before = state.listed;
  for (let looks = 0; looks < 10; looks += 1) {
    live.look();
  }
  expect(state.listed).toBe(before);
  const next = '20260302-030000-abcd';
  new JournalFile(folder, next).add(runStarted({run: next}));
  expect(live.look().page?.report.run).toBe(next);
});

test('the requests of a rehearsal under way are on its page, until they are counted for good', () => {
  new JournalFile(folder, run).add(runStarted({run, rehearsal: true}));
  const state = new StateFolder(folder);
  const none = {made: 10, failed: 0, p50Ms: 1, p99Ms: 2, slowestMs: 3};
  let made = 100;
  const requestsOf = () => ({...none, made, failed: 7, slowestMs: 812, writes: none, reads: none});
  const live = new LiveRun({state}, undefined, {requestsOf});
  const html = () => {
    const {page} = live.look();
    return page ? pageHtml(page) : '';
  };
  expect(html()).toContain('100 made, 7 failed; the slowest took 812 ms');
  made = 101;
  expect(html()).toContain('101 made, 7 failed');
  keepMeasured(state, run, {requests: {...none, writes: none, reads: none}});
  expect(html()).toContain('10 made, 0 failed');
});

test('a page that cannot be made even once says why', () => {
  const state = new BusyState(folder);
  state.failing = 'runs';
  const look = new LiveRun({state}, undefined).look();
  expect(look).toMatchObject({page: undefined, trouble: expect.stringContaining('EMFILE')});
});

test('a run and its reversal are forecast from earlier ones, by their runbook', async () => {
  const file = 'docs/examples/maintenance.ts';
  const {runbook} = await loadRunbook(file);
  const entries = [...entryDigests(runbook)];
  const begun = (name: string) =>
    runStarted({
      ...{run: name, params: {pageText: 'Back soon.'}},
      runbook: {name: runbook.head.name, file, digest: runbookDigest(runbook), entries},
    });
  const action = {entry: 'close', way: 'forward', target: 'shopPage', does: 'show it'} as const;
  const done: readonly Fact[] = [
    {kind: 'entry-started', entry: 'go'},
    {kind: 'entry-done', entry: 'go', output: {}, changedByRun: false},
    {kind: 'entry-started', entry: 'close'},
    {kind: 'action-intended', ...action},
    {kind: 'action-performed', ...action},
    {kind: 'entry-done', entry: 'close', output: {}, changedByRun: true},
  ];
  const operator = {user: 'ada', host: 'bastion', pid: 1};
  const reversing: readonly Fact[] = [
    {kind: 'reverse-started', to: null, plan: 'p', entries: ['go', 'close'], operator},
    {kind: 'entry-reversing', entry: 'close'},
  ];
  const reversed: readonly Fact[] = [
    {kind: 'entry-reversed', entry: 'close'},
    {kind: 'run-reversed', to: null},
  ];
  const [first, earlier] = ['20260227-030000-abcd', '20260228-030000-abcd'];
  new JournalFile(folder, first).add(begun(first), ...done, {kind: 'run-done'});
  new JournalFile(folder, earlier).add(begun(earlier), ...done, ...reversing, ...reversed);
  const journal = new JournalFile(folder, run, new Date(Date.now() - 30_000));
  journal.add(begun(run));

  const state = new StateFolder(folder);
  const holder = {...operator, run, sinceUtc: new Date().toISOString()};
  const here = {...holder, host: (await import('node:os')).hostname(), pid: process.pid};
  const sources = {holderOf: () => here as never, forecastOf: new RestForecasts({state}).of};
  const live = new LiveRun({state}, undefined, sources);
  await vi.waitFor(() => expect(live.look().page?.forecast).toBeDefined(), 60_000);
  const html = () => {
    const {page} = live.look();
    return (page && /<dt>Expected end.*?<\/dd>/.exec(pageHtml(page))?.[0]) ?? '';
  };
  expect(html()).toMatch(/data-until=.* left, should end by [0-9:]+ UTC/);
  const {page: before} = live.look();
  expect(before && pageHtml(before)).toMatch(
    /<dt>Critical path<\/dt><dd>Longest on the critical path: close \d\.\d s, go \d\.\d s\./,
  );
  expect(before?.compared?.map(({run, outcome, slowest}) => [run, outcome, slowest])).toEqual([
    [first, 'done', {entry: 'close', ms: 3_000}],
    [run, 'running', undefined],
  ]);
  journal.add(...done, ...reversing);
  expect(live.look().page?.forecast).toMatchObject({isReversal: true});
  expect(html()).toMatch(/ left, should end by [0-9:]+ UTC\./);
  journal.add(...reversed);
  expect(live.look().page?.compared?.at(-1)).toMatchObject({run, outcome: 'reversed'});
  expect(live.look().page?.forecast).toBeUndefined();
  expect(html()).toBe('');
});

test('the page of a first run says why it expects no end, and that of a run that is over nothing', async () => {
  const state = new StateFolder(folder);
  const journal = new JournalFile(folder, run);
  journal.add(runStarted({run}));
  const forecasts = new RestForecasts({state});
  const live = new LiveRun({state}, undefined, {forecastOf: forecasts.of});
  expect(live.look().page?.noForecast).toBeUndefined();
  await forecasts.loaded();
  expect(live.look().page?.noForecast).toBe(
    'Not known, because no earlier run of this runbook was measured here, or the runbook was changed since.',
  );
  journal.add({kind: 'run-done'});
  expect(live.look().page?.noForecast).toBeUndefined();
});

test('a run is not shown with the forecast of the one before, while its own runbook loads', () => {
  const forecast = {leftMs: 1} as never;
  const forecastOf = (of: {readonly run: string}) => (of.run === run ? () => forecast : undefined);
  new JournalFile(folder, run).add(runStarted({run}));
  const live = new LiveRun({state: new StateFolder(folder)}, undefined, {forecastOf});
  expect(live.look().page?.forecast).toBe(forecast);
  const next = '20990101-030000-abcd';
  new JournalFile(folder, next).add(runStarted({run: next}));
  expect(live.look().page?.progress.run.run).toBe(next);
  expect(live.look().page?.forecast).toBeUndefined();
});
