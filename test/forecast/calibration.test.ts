import {expect, test} from 'vitest';
import {
  calibrationOf,
  type Happened,
  leaveOneOut,
  missedGoals,
  missingRuns,
} from '../../bench/forecast/calibration.ts';
import {digests, nights, pastRun, shop} from './nights.ts';

const request = {runbook: shop, digests, inventory: 'lab', params: {}};

/** The outage of a made-up night: its freeze has a check of a quarter before the first action. */
const happened = (spread: {whole: number; own: number}, seed: number): readonly Happened[] =>
  nights(40, spread, seed).map((night) => ({
    ...pastRun(night),
    outageMs: (night.freeze * 0.75 + Math.max(night.slow, night.fast) + night.open) * 1000,
  }));

test.each([
  {name: 'slow and fast nights', spread: {whole: 0.2, own: 0.02}},
  {name: 'entries that differ by themselves', spread: {whole: 0, own: 0.2}},
  {name: 'both', spread: {whole: 0.1, own: 0.1}},
])('of $name, 85 to 97 of 100 end inside p5 to p95', ({spread}) => {
  const all = [1, 2].map((seed) => leaveOneOut(request, happened(spread, seed)));
  for (const what of ['run', 'outage'] as const) {
    const {runs, inside, medianError} = calibrationOf(all.flatMap((each) => each[what]));
    expect(runs).toBe(80);
    expect(inside).toBeGreaterThanOrEqual(0.85);
    expect(inside).toBeLessThanOrEqual(0.97);
    expect(medianError).toBeLessThan(0.2);
  }
});

test('counts what is inside, and the middle of the errors', () => {
  const around = {p5: 90, p50: 100, p95: 110};
  const runs = [100, 105, 120, 80].map((ms) => ({...around, ms}));
  expect(calibrationOf(runs)).toEqual({
    ...{runs: 4, inside: 0.5},
    // 0, 4.8, 16.7 and 25 of 100.
    medianError: expect.closeTo((5 / 105 + 20 / 120) / 2, 6),
  });
});

test('names the goals that were missed, where there are enough runs to tell', () => {
  const met = {runs: 40, inside: 0.9, medianError: 0.1};
  expect(missedGoals(met)).toEqual([]);
  expect(missedGoals({...met, inside: 0.85})).toEqual([]);
  expect(missedGoals({...met, inside: 0.95})).toEqual([]);
  expect(missedGoals({...met, inside: 0.975, medianError: 0.2})).toEqual([
    '97.5 % between p5 and p95, instead of 85 % to 95 %',
    'median error of p50 20 %, instead of less than 20 %',
  ]);
  expect(missedGoals({...met, inside: 0.8})).toHaveLength(1);
  expect(missedGoals({runs: 2, inside: 0, medianError: 1})).toEqual([]);
});

test('names the rehearsals that did not come to their end, and the outages that were not forecast', () => {
  const all = {started: 40, finished: 40, forecasts: 60, outages: 60};
  expect(missingRuns(all)).toEqual([]);
  expect(missingRuns({...all, finished: 12, outages: 59})).toEqual([
    '12 of 40 rehearsals came to their end',
    'the outage was forecast in 59 of 60 runs',
  ]);
});
