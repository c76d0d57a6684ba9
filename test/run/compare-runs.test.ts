import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {hashOf, lineOf, noPrev} from '../../src/journal/chain.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {comparisonText, type PreflightReport, plainPaint} from '../../src/report/index.ts';
import {compareRuns} from '../../src/run/compare-runs.ts';
import {keepFindings, lastPreflight} from '../../src/run/kept-findings.ts';
import {keepForecast, keptForecast} from '../../src/run/kept-forecast.ts';
import {keepMeasured} from '../../src/run/measurements.ts';
import {digests, journalOfNight, type Night, usual} from '../forecast/nights.ts';

let folder: string;
let host: {readonly state: StateFolder};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compare-'));
  host = {state: new StateFolder(folder)};
});
afterEach(() => rmSync(folder, {recursive: true}));

const runs = ['20260301-030000-000a', '20260302-030000-000b'] as const;

function write(run: string, night: Night, about: Parameters<typeof journalOfNight>[1] = {}) {
  mkdirSync(join(folder, run));
  let prev = noPrev;
  const lines = journalOfNight(night, {run, ...about}).map((entry) => {
    const line = lineOf({...entry, prev});
    prev = hashOf(line);
    return `${line}\n`;
  });
  writeFileSync(host.state.journalOf(run), lines.join(''));
}

test('rehearsals side by side: their figures, their forecast, and what changed before each', () => {
  const [first, second] = runs;
  write(first, usual);
  const changed = digests.map((print) => (print.id === 'slow' ? {...print, digest: 'new'} : print));
  write(second, {...usual, slow: 9}, {digests: changed});
  const failed = {made: 10, failed: 2, p50Ms: 1, p99Ms: 2, slowestMs: 3};
  keepMeasured(host.state, second, {
    outageMs: 13_600,
    requests: {...failed, writes: failed, reads: failed},
  });
  const range = {p5: 70_000, p50: 80_000, p95: 82_000};
  keepForecast(host.state, second, {forecast: {run: range, basis: [first]}});
  const compared = compareRuns(host, second, 5);
  expect(compared).toEqual([
    {
      ...{run: first, startedAtUtc: '2026-03-01T03:00:00.000Z', rehearsal: true, inventory: 'lab'},
      ...{outcome: 'done', machineMs: 80_000, outageMs: 8_500},
      ...{slowest: {entry: 'prepare', ms: 60_000}, changes: []},
    },
    {
      ...{run: second, startedAtUtc: '2026-03-01T03:00:00.000Z', rehearsal: true, inventory: 'lab'},
      ...{outcome: 'done', machineMs: 85_000, outageMs: 13_600, failedRequests: 2},
      slowest: {entry: 'prepare', ms: 60_000},
      forecast: {run: range, basis: [first]},
      changes: ['slow changed (its input, its targets or site.look)'],
    },
  ]);
  const text = comparisonText('shop-move', compared, {paint: plainPaint, width: 100});
  expect(text).toContain('changed: slow changed (its input, its targets or site.look)');
  expect(text).toContain('machine time: 1 m 25 s (forecast 1 m 10 s to 1 m 22 s)');
  expect(compareRuns(host, first, [second]).map(({run}) => run)).toEqual([first, second]);
});

test('a forecast that cannot be kept stops no run', () => {
  const [run] = runs;
  keepForecast(host.state, run, {distances: []});
  expect(keptForecast(host.state, run)).toBeUndefined();
  write(run, usual);
  keepForecast(host.state, run, {distances: []});
  expect(keptForecast(host.state, run)).toEqual({distances: []});
});

test('a finding that was known keeps its age, also when only its figures are others', () => {
  const report = (observed: string): PreflightReport => ({
    ...{inventory: {name: 'production', protected: true}, without: [], roundTrips: []},
    ...{remarks: [], evidence: []},
    journal: {folder, mount: '/', freeBytes: 1e12, entries: 1, neededBytes: 1, problem: null},
    targets: [
      {
        ...{name: 'source', kind: 'mysql', checksMade: 3},
        findings: [
          {
            ...{check: 'clients', target: 'source', observed, items: []},
            severity: 'warns',
            ...{consequence: 'They wait.', fix: 'End them.'},
          },
        ],
      },
    ],
  });
  const [monday, tuesday] = [new Date('2026-11-30T09:00:00Z'), new Date('2026-12-01T09:00:00Z')];
  keepFindings(host, report('2 clients'), monday);
  keepFindings(host, report('3 clients'), tuesday);
  expect(lastPreflight(host, 'production')).toEqual({
    atUtc: tuesday.toISOString(),
    findings: [
      {
        ...{target: 'source', check: 'clients', severity: 'warns', observed: '3 clients'},
        sinceUtc: monday.toISOString(),
      },
    ],
  });
  expect(lastPreflight(host, 'staging')).toBeNull();
});
