import {expect, test} from 'vitest';
import {type Forecast, forecasterOf} from '../../src/forecast/forecast.ts';
import {
  basisText,
  decideBySentence,
  gapSentences,
  leftText,
  outageSentences,
  overrunSentences,
  questionSentences,
  rangeText,
  reversalSentences,
  runSentence,
} from '../../src/forecast/forecast-text.ts';
import {nextReversal} from '../../src/forecast/next-reversal.ts';
import type {PastRun} from '../../src/forecast/samples.ts';
import {emptyCourse, follow} from '../../src/forecast/schedule.ts';
import {atRest, type Timings, timingsOf} from '../../src/forecast/timings.ts';
import type {Fact, JournalEntry} from '../../src/model/journal.ts';
import type {RoundTrip} from '../../src/model/round-trip.ts';
import {digests, journalOfNight, nights, pastRun, shop, usual} from './nights.ts';

const request = {runbook: shop, digests, inventory: 'lab', params: {}};

test('without an earlier run there is no forecast', () => {
  expect(forecasterOf({...request, past: []})()).toBeUndefined();
});

test('runs that show less than half of the entries are no basis', () => {
  const others = digests.map((print) => ({...print, unit: 'site.other'}));
  expect(forecasterOf({...request, past: [pastRun(usual, {digests: others})]})()).toBeUndefined();
});

test('a journal tells how long machines took, and apart from that how long people did', () => {
  const timings = timingsOf(journalOfNight(usual, {answerSeconds: 90}));
  expect(timings).toMatchObject({
    isDone: true,
    // The lanes of the group run together: 60 + 2 + 4 + 3 + 10.
    machineMs: 80_000 - 1_000 + 1_000,
    answers: [{entry: 'go', ms: 90_000}],
  });
  expect(timings?.forward.get('slow')).toEqual({ms: 4_000});
  expect(timings?.forward.get('go')).toEqual({ms: 0});
  expect(timings?.forward.get('freeze')).toEqual({
    ...{ms: 2_000, firstIntentMs: 500, lastIntentMs: 500, firstPerformedMs: 1_500},
  });
});

test('one rehearsal is a guess: the figures are around it, and say so', () => {
  const forecast = forecastFrom([pastRun(usual)]);
  expect(forecast.run.p50).toBeGreaterThan(70_000);
  expect(forecast.run.p50).toBeLessThan(90_000);
  expect(forecast.run.p95 / forecast.run.p5).toBeGreaterThan(1.3);
  // From the first action of the freeze to the end of open: 1.5 + 4 + 3.
  expect(forecast.outage?.p50).toBeGreaterThan(7_500);
  expect(forecast.outage?.p50).toBeLessThan(9_500);
  expect(forecast.asks).toEqual(['go']);
  expect(forecast.critical.map(({entry}) => entry)).toEqual(['prepare', 'smoke', 'slow']);
  expect(basisText(forecast)).toBe('from 1 rehearsal; a guess');
  expect(runSentence(forecast)).toMatch(
    /^Forecast: \d+ s to \d m \d\d s, median 1 m \d\d s, plus the time to answer go \(30 s in the last run\) \(from 1 rehearsal; a guess\)\.$/,
  );
  expect(outageSentences(forecast)).toEqual([
    expect.stringMatching(/^Users cannot write for \d\.\d to \d+ s\.$|^Users cannot write for .+$/),
  ]);
});

test('the same journals make the same forecast', () => {
  const past = nights(5, {whole: 0.2, own: 0.1}).map((night) => pastRun(night));
  expect(forecastFrom(past)).toEqual(forecastFrom(past));
});

test('the more runs, the narrower it is, and no narrower than they are', () => {
  const width = (count: number) => {
    const past = nights(count, {whole: 0.1, own: 0.05}).map((night) => pastRun(night));
    const {p5, p95} = forecastFrom(past).run;
    return Math.log(p95 / p5);
  };
  expect(width(2)).toBeGreaterThan(width(30));
  // The night as a whole differs by a tenth: 2 * 1.645 * 0.1 between the ends, less what 30 runs happen to show.
  expect(width(30)).toBeGreaterThan(0.2);
  expect(width(30)).toBeLessThan(0.5);
});

test('the lane that takes longest is the critical path, also when it is the other one', () => {
  const past = [pastRun({...usual, slow: 1, fast: 30})];
  expect(forecastFrom(past).critical.map(({entry}) => entry)).toEqual(['prepare', 'fast', 'smoke']);
});

test('a rehearsal near its targets is converted to the distances from here', () => {
  const at = (ms: number): readonly RoundTrip[] => [{target: 'site', what: 'statement', ms}];
  const past = [{...pastRun(usual), distances: at(1)}];
  const [near, far] = [1, 101].map((ms) => forecastFrom(past, {distances: at(ms)}));
  // Ten questions in each of three changes, each 100 ms longer.
  expect(Math.round(((far?.run.p50 ?? 0) - (near?.run.p50 ?? 0)) / 500)).toBe(6);
  expect(far && basisText(far)).toContain('converted to the distances measured now');
});

test('what was measured beside a load leaves an entry at least a fifth of its time', () => {
  const at = (ms: number): readonly RoundTrip[] => [{target: 'site', what: 'statement', ms}];
  // Ten questions of 10 s would be longer than any entry was.
  const past = [{...pastRun(usual), distances: at(10_000)}];
  const forecast = forecastFrom(past, {distances: at(1)});
  // A fifth of 60, 2 and 3 s, and 4 and 10 s.
  expect(forecast.run.p50).toBeGreaterThan(24_000);
  expect(forecast.run.p50).toBeLessThan(30_000);
});

test('an entry that changed counts less, and one that nobody measured is named', () => {
  const older = digests
    .filter(({id}) => id !== 'smoke')
    .map((print) => (print.id === 'slow' ? {...print, digest: 'before'} : print));
  const forecast = forecastFrom([pastRun(usual, {digests: older})]);
  expect(gapSentences(forecast)).toEqual([
    'Not in the forecast, because never measured: smoke.',
    'Changed since measured, so less certain: slow.',
  ]);
});

test('a reversal has a figure once it was rehearsed, and none before', () => {
  expect(reversalSentences(forecastFrom([pastRun(usual)]))).toEqual([
    'How long a reversal from smoke to the start takes is unknown: no run has reversed prepare, freeze, open.',
    'How long a reversal from smoke to prepared takes is unknown: no run has reversed freeze, open.',
  ]);
  const reversed = forecastFrom([pastRun(usual, {isReversed: true})]);
  const [start, prepared] = reversed.reversals;
  expect(start?.range?.p50).toBeGreaterThan(55_000);
  expect(start?.range?.p50).toBeLessThan(75_000);
  expect(prepared?.range?.p50).toBeGreaterThan(4_000);
  expect(prepared?.range?.p50).toBeLessThan(6_000);
});

test('what is done is not forecast any more, and an entry that takes too long is named', () => {
  const past = nights(8, {whole: 0.05, own: 0.05}).map((night) => pastRun(night));
  const whole = forecastFrom(past);
  const entries = journalOfNight(usual, {
    until: (fact) => 'entry' in fact && fact.entry === 'open' && fact.kind === 'before',
  });
  const timings = timingsOf(entries);
  const at = (seconds: number) => {
    const now = new Date((timings?.lastAt.getTime() ?? 0) + seconds * 1000);
    const since = new Date((timings?.lastAt.getTime() ?? 0) - 5_500);
    const run = timings && {timings, now, outage: {totalMs: 0, since}};
    return forecasterOf({...request, past})(run);
  };
  const soon = at(0);
  expect(soon?.left.p50).toBeGreaterThan(11_500);
  expect(soon?.left.p50).toBeLessThan(14_500);
  expect(Math.abs((soon?.run.p50 ?? 0) - whole.run.p50)).toBeLessThan(5_000);
  // 5.5 s have passed, and open takes three.
  expect(soon?.outage?.p50).toBeGreaterThan(8_000);
  expect(soon?.outage?.p50).toBeLessThan(9_000);
  expect(soon?.reversals.map(({to}) => to)).toEqual([null, 'prepared']);
  expect(soon?.overruns).toEqual([]);
  const late = at(20);
  expect(late?.outage?.p5).toBeGreaterThan(25_500);
  expect(late && overrunSentences(late)).toEqual([
    expect.stringMatching(
      /^open is taking longer than expected: 20 s so far; 95 of 100 runs take at most \d\.\d s\.$/,
    ),
  ]);
});

test('what is left of a reversal is forecast from earlier reversals', () => {
  const past = [pastRun(usual, {isReversed: true})];
  const backAt = (entry: string, passedMs = 0) => {
    const entries = journalOfNight(usual, {
      isReversed: true,
      until: (fact) => fact.kind === 'entry-reversed' && fact.entry === entry,
    });
    const timings = timingsOf(entries);
    const now = new Date((timings?.lastAt.getTime() ?? 0) + passedMs);
    return forecasterOf({...request, past})(timings && {timings, now});
  };
  const whole = usual.open + usual.freeze + usual.prepare;
  const first = backAt('open');
  expect(first).toMatchObject({isReversal: true, notMeasured: [], asks: [], reversals: []});
  const rest = first && nextReversal(first, null);
  expect(rest).toEqual({to: null, range: first?.left, notMeasured: []});
  const partly = first && nextReversal({...first, notMeasured: ['open']}, null);
  expect(partly).toEqual({to: null, notMeasured: ['open']});
  expect(first?.left.p50).toBeGreaterThan(0.9 * whole * 1000);
  expect(first?.left.p50).toBeLessThan(1.1 * whole * 1000);
  const last = backAt('prepare', usual.prepare * 500);
  expect(last?.left.p50).toBeGreaterThan(0.4 * usual.prepare * 1000);
  expect(last?.left.p50).toBeLessThan(0.6 * usual.prepare * 1000);
  expect(last?.overruns).toEqual([]);
  const late = backAt('prepare', usual.prepare * 5_000);
  expect(late && overrunSentences(late)).toEqual([
    expect.stringMatching(/^prepare is taking longer than expected: 5 m 00 s so far; 95 of 100/),
  ]);
});

test('a reversal is not forecast where none was measured', () => {
  const entries = journalOfNight(usual, {
    isReversed: true,
    until: ({kind}) => kind === 'run-reversed',
  });
  const started = entries.findIndex(({kind}) => kind === 'reverse-started');
  const timings = timingsOf(entries.slice(0, started + 1));
  const run = timings && {timings, now: timings.lastAt};
  expect(forecasterOf({...request, past: [pastRun(usual)]})(run)).toBeUndefined();
});

test('who decides is told when a reversal must begin, and what is left', () => {
  const known = forecastFrom([pastRun(usual, {isReversed: true})]);
  const range = {p5: 35_000, p50: 40_000, p95: 45_000};
  const forecast = {
    ...{...known, left: range, outage: {p5: 6_000, p50: 8_000, p95: 10_000}},
    lastReversal: {to: 'prepared', from: 'open', range, notMeasured: []},
  };
  const by = new Date('2026-03-01T03:41:00Z');
  const until = 'The cutover must be accepted by 03:41:00 UTC, or reversed';
  const reversal = 'a reversal from open to prepared takes 35 to 45 s';
  expect(decideBySentence(by, forecast, new Date('2026-03-01T03:40:00Z'))).toBe(
    `${until}: ${reversal}, so it must start by 03:40:15 UTC.`,
  );
  expect(decideBySentence(by, forecast, new Date('2026-03-01T03:40:15Z'))).toBe(
    `${until}: ${reversal}, so it had to start by 03:40:15 UTC: it is too late for that.`,
  );
  expect(decideBySentence(by, undefined, by)).toBe('The cutover must be accepted by 03:41:00 UTC.');
  expect(leftText(forecast, by)).toBe(
    '35 to 45 s left, should end by 03:41:45 UTC, plus the time to answer go',
  );
  expect(questionSentences(forecast)).toEqual([
    'Users cannot write for 6.0 to 10 s.',
    'After your answer, the run takes another 35 to 45 s (from 1 rehearsal; a guess).',
  ]);
});

test('before the outage, the time to decide allows for the reversal of all that will be in place', () => {
  const past = [pastRun(usual, {isReversed: true})];
  const forecast = forecastAt(past, (fact) => fact.kind === 'answered');
  // Only prepare is in place: freeze and open are not, but will be.
  expect(forecast?.reversals.map(({to}) => to)).toEqual([null]);
  const asked = forecastAt(past, (fact) => fact.kind === 'entry-done' && fact.entry === 'freeze');
  expect(asked?.reversals.at(-1)).toMatchObject({to: 'prepared'});
  expect(asked?.reversals.at(-1)?.range?.p95).toBeLessThan(4_000);
  expect(asked?.lastReversal).toMatchObject({to: 'prepared', from: 'smoke'});
  expect(asked?.lastReversal?.range?.p50).toBeGreaterThan(4_000);
});

test('runs that never came to the end of the outage do not show how long it is', () => {
  const past = [pastRun(usual, {until: (fact) => 'entry' in fact && fact.entry === 'open'})];
  const forecast = forecastFrom(past);
  expect(forecast.outage).toBeUndefined();
  expect(forecast.notMeasured).toEqual(['open', 'smoke']);
  expect(questionSentences(forecast)).toEqual([
    expect.stringMatching(/^After your answer, the run takes at least another /),
    'Not in the forecast, because never measured: open, smoke.',
  ]);
  expect(leftText(forecast, new Date())).toMatch(/^at least .+ left, plus the time to answer go$/);
});

test('while a run is paused, no time passes for it, also overnight at a gate', () => {
  const past = nights(8, {whole: 0.05, own: 0.05}).map((night) => pastRun(night));
  const entries = journalOfNight(usual, {
    until: (fact) => fact.kind === 'entry-done' && fact.entry === 'smoke',
  });
  const at = (more: readonly JournalEntry[], rest = (timings: Timings) => timings) => {
    const timings = timingsOf([...entries, ...more]);
    const now = new Date((timings?.lastAt.getTime() ?? 0) + 9 * 3_600_000);
    return timings && forecasterOf({...request, past})({timings: rest(timings), now});
  };
  const last = entries.at(-1);
  const paused = last && {...last, kind: 'run-paused' as const, seq: last.seq + 1};
  for (const forecast of [at(paused ? [paused] : []), at([], atRest)]) {
    expect(forecast?.overruns).toEqual([]);
    expect(forecast?.left.p95).toBeLessThan(20_000);
    expect(forecast?.run.p95).toBeLessThan(200_000);
  }
  expect(at([])?.overruns).toHaveLength(1);
});

test('many lanes without a limit take as long as the longest one, in little time', () => {
  const many = Array.from({length: 2_000}, (_, place) => place);
  const turn = {entries: many, atOnce: Number.POSITIVE_INFINITY};
  const before = process.cpuUsage().user;
  for (let night = 0; night < 200; night += 1) {
    const {endMs, critical} = follow([turn], (entry) => entry % 700, emptyCourse(many.length));
    expect([endMs, critical]).toEqual([699, [699]]);
  }
  expect((process.cpuUsage().user - before) / 1000).toBeLessThan(1_000);
});

test('a range names its unit once', () => {
  expect(rangeText({p5: 6_200, p95: 9_800})).toBe('6.2 to 9.8 s');
  expect(rangeText({p5: 58_000, p95: 64_000})).toBe('58 s to 1 m 04 s');
  expect(rangeText({p5: 800, p95: 1_200})).toBe('800 ms to 1.2 s');
  expect(rangeText({p5: 42_100, p95: 42_600})).toBe('42 s');
});

function forecastAt(past: readonly PastRun[], isLast: (fact: Fact) => boolean) {
  const entries = journalOfNight(usual);
  const timings = timingsOf(entries.slice(0, entries.findIndex(isLast) + 1));
  return timings && forecasterOf({...request, past})({timings, now: timings.lastAt});
}

function forecastFrom(
  past: readonly ReturnType<typeof pastRun>[],
  more: {readonly distances?: readonly RoundTrip[]} = {},
): Forecast {
  const forecast = forecasterOf({...request, past, ...more})();
  if (!forecast) {
    throw new Error('there is a forecast');
  }
  return forecast;
}
