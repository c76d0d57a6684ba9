import {expect, test} from 'vitest';
import {calibrationOf, type Happened, leaveOneOut} from '../../bench/forecast/calibration.ts';
import {chanceFrom, normalsFrom} from '../../src/forecast/chance.ts';
import {type Forecast, forecasterOf} from '../../src/forecast/forecast.ts';
import {basisText, loadSentence} from '../../src/forecast/forecast-text.ts';
import type {RoundTrip} from '../../src/model/round-trip.ts';
import {digests, type Night, pastRun, shop, usual} from './nights.ts';

const request = {runbook: shop, digests, inventory: 'lab', params: {}};

test('an earlier run counts as long as it would take on systems as busy as now', () => {
  const past = [1, 1.2, 1, 1.5, 2, 2.2, 3, 3].map(nightAt);
  const [idle, busy] = [100, 300].map((checkMs) => forecastFrom(past, {checkMs}));
  // 60 + 2 + 4 + 3 + 10 s on an idle system.
  expect(idle?.run.p50).toBeGreaterThan(72_000);
  expect(idle?.run.p50).toBeLessThan(90_000);
  expect(busy?.run.p50).toBeGreaterThan(2.5 * 79_000);
  expect(busy?.run.p50).toBeLessThan(3.2 * 79_000);
  expect(busy && basisText(busy)).toBe('from 8 rehearsals; converted to the load measured now');
  expect(busy && loadSentence(busy)).toEqual([
    'Load: a check takes 300 ms on average now, and took 100 to 300 ms before the earlier runs.',
  ]);
});

test('the farther away the targets are, the longer an entry takes that says nothing of it', () => {
  const at = (ms: number): readonly RoundTrip[] => [{target: 'other', what: 'statement', ms}];
  const past = [0, 5, 10, 15, 20, 25, 30, 35].map((ms) => ({
    ...pastRun({...usual, prepare: usual.prepare * (1 + ms / 20)}),
    distances: at(ms),
  }));
  const [near, far] = [0, 35].map((ms) => forecastFrom(past, {distances: at(ms)}));
  expect((near?.run.p50 ?? 0) / 1000).toBeLessThan(100);
  expect((far?.run.p50 ?? 0) / 1000).toBeGreaterThan(160);
  expect(far && basisText(far)).toBe('from 8 rehearsals; converted to the distances measured now');
  expect(far?.checkTime).toBeUndefined();
});

test('three runs show no line, and runs on another inventory none for this one', () => {
  const past = [1, 2, 3].map(nightAt);
  expect(forecastFrom(past, {checkMs: 300})).toEqual(forecastFrom(past));
  const elsewhere = [1, 2, 3, 3].map((slow) => ({
    ...pastRun(slowed(slow), {inventory: 'other'}),
    checkMs: 100 * slow,
  }));
  expect(forecastFrom(elsewhere, {checkMs: 300})).toEqual(forecastFrom(elsewhere));
});

test('a run of an older version, which did not measure the load, still counts', () => {
  const older = [1, 1, 1].map((slow) => pastRun(slowed(slow)));
  const past = [...[1, 1.5, 2, 3].map(nightAt), ...older];
  const forecast = forecastFrom(past, {checkMs: 100});
  expect(forecast.sources).toHaveLength(7);
  expect(forecast.checkTime).toEqual({ms: 100, least: 100, most: 300});
  expect(forecastFrom([...past.slice(0, 3), ...older], {checkMs: 100}).checkTime).toBeUndefined();
});

test('nobody has seen how slow ten times as busy is: at most a little slower than the slowest run', () => {
  const past = [1, 1.2, 1.5, 2, 2.5, 3].map(nightAt);
  const [slowest, unseen] = [300, 3_000].map((checkMs) => forecastFrom(past, {checkMs}));
  expect((unseen?.run.p50 ?? 0) / (slowest?.run.p50 ?? 1)).toBeLessThan(Math.exp(0.31));
});

test.each([
  {runs: 40, error: 0.1},
  {runs: 15, error: 0.12},
  {runs: 8, error: 0.15},
])('of $runs runs under all sorts of load, 85 to 97 of 100 end inside p5 to p95', (of) => {
  const sets = Array.from({length: Math.ceil(80 / of.runs)}, (_, seed) =>
    leaveOneOut(request, underLoad(of.runs, seed + 1)),
  );
  for (const what of ['run', 'outage'] as const) {
    const {inside, medianError} = calibrationOf(sets.flatMap((each) => each[what]));
    expect(inside).toBeGreaterThanOrEqual(0.85);
    expect(inside).toBeLessThanOrEqual(0.97);
    expect(medianError).toBeLessThan(of.error);
  }
});

const slowed = (slow: number): Night =>
  Object.fromEntries(Object.entries(usual).map(([id, seconds]) => [id, seconds * slow])) as Night;

const nightAt = (slow: number) => ({...pastRun(slowed(slow)), checkMs: 100 * slow});

/** Each night is up to four times as slow as another, and each entry differs by itself. */
function underLoad(count: number, seed: number): readonly Happened[] {
  const chance = chanceFrom(seed);
  const normal = normalsFrom(chanceFrom(seed + 1_000));
  return Array.from({length: count}, () => {
    const slow = 4 ** chance();
    const night = Object.fromEntries(
      Object.entries(usual).map(([id, seconds]) => {
        const ms = Math.round(seconds * slow * Math.exp(0.15 * normal()) * 1000);
        return [id, ms / 1000];
      }),
    ) as Night;
    return {
      ...pastRun(night),
      checkMs: 100 * slow * Math.exp(0.05 * normal()),
      outageMs: (night.freeze * 0.75 + Math.max(night.slow, night.fast) + night.open) * 1000,
    };
  });
}

function forecastFrom(
  past: Parameters<typeof forecasterOf>[0]['past'],
  more: Partial<Parameters<typeof forecasterOf>[0]> = {},
): Forecast {
  const forecast = forecasterOf({...request, past, ...more})();
  if (!forecast) {
    throw new Error('there is a forecast');
  }
  return forecast;
}
