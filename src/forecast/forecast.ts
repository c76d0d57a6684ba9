import {isOpenedByPerson} from '../model/approve.ts';
import {makesConnections} from '../model/effects.ts';
import type {Entry} from '../model/entry.ts';
import {outageMs} from '../model/outage.ts';
import {type OutageSpan, outageSpan} from '../model/outage-span.ts';
import {type Draws, drawsOf} from './draws.ts';
import {type Range, type ReversalForecast, type RunNow, rangeOf, sinceLast} from './range.ts';
import {type MsIn, remaining, stateIn} from './remaining.ts';
import {lastReversal, reversalForecasts, reversalLeft} from './reversals.ts';
import {
  type CheckTime,
  type ForecastRequest,
  type Samples,
  type Source,
  samplesOf,
} from './samples.ts';
import {emptyCourse, follow, turnsForward} from './schedule.ts';
import type {Timing} from './timings.ts';

/** How long a run will probably take, in ms of machine time, and what that is based on. */
export interface Forecast {
  readonly sources: readonly Source[];
  /** Entries that no earlier run has measured: their time is not in any figure. */
  readonly notMeasured: readonly string[];
  /** Entries that were different in every earlier run. */
  readonly changed: readonly string[];
  /** Earlier runs had their targets at another distance, and are converted. */
  readonly isScaled: boolean;
  /** Earlier runs were on busier or idler systems, and are converted. */
  readonly checkTime?: CheckTime;
  /** No earlier run was on this inventory. */
  readonly isElsewhere: boolean;
  /** Of a reversal under way: `run` and `left` are what is left of it. */
  readonly isReversal?: true;
  /** The whole run, including the time that has passed. */
  readonly run: Range;
  /** From now to its end. */
  readonly left: Range;
  readonly outage?: Range;
  readonly hold?: Range;
  readonly reversals: readonly ReversalForecast[];
  /** In a run: to the nearest checkpoint, once all that can be reversed is in place. */
  readonly lastReversal?: ReversalForecast;
  /** The entries that take the most of what the others wait for, the longest first. */
  readonly critical: readonly {readonly entry: string; readonly ms: number}[];
  /** Entries at work that take longer than they should. */
  readonly overruns: readonly {readonly entry: string; readonly ms: number; readonly p95: number}[];
  /** Answers are not forecast: the entries that still ask, and how long people took to answer in an earlier run. */
  readonly asks: readonly string[];
  readonly answersMs?: number;
}

/**
 * Forecasts a run, before it begins and in it, and a reversal under way. `undefined`: no earlier run shows enough of
 * it.
 */
export type Forecaster = (run?: RunNow) => Forecast | undefined;

/** What stays the same while a run goes on is made once. */
export function forecasterOf(request: ForecastRequest): Forecaster {
  const samples = samplesOf(request);
  const {entries} = request.runbook;
  const measured = samples.forward.filter((all) => all.length > 0).length;
  if (measured === 0 || measured < entries.length / 2) {
    return () => undefined;
  }
  const isElsewhere = !samples.sources.some(({inventory}) => inventory === request.inventory);
  const world = {sources: samples.sources, isElsewhere};
  const [forward, back] = [drawsOf(samples.forward, world), drawsOf(samples.reverse, world)];
  const known = {request, samples, forward, back, isElsewhere};
  return (run) => (run?.timings.isReversing ? forecastBack(known, run) : forecastOf(known, run));
}

interface Known {
  readonly request: ForecastRequest;
  readonly samples: Samples;
  readonly forward: Draws;
  readonly back: Draws;
  readonly isElsewhere: boolean;
}

function forecastOf(known: Known, run: RunNow | undefined): Forecast {
  const {request, samples, isElsewhere} = known;
  const entries: readonly Entry[] = request.runbook.entries;
  const nights = nightsOf(known, run);
  const passedMs = run ? run.timings.machineMs + sinceLast(run) : 0;
  const left = rangeOf(nights.left);
  const {asks, answersMs} = asksOf(entries, request, run);
  const about = {samples, draws: known.back, run};
  const reversals = reversalForecasts(request.runbook, about);
  const last = run && lastReversal(request.runbook, reversals.at(-1), about);
  return {
    ...{...basisOf(samples), isElsewhere},
    changed: samples.changed.filter((id) => !run?.timings.done.has(id)),
    notMeasured: entries.flatMap((entry, place) =>
      isKnown(entry, place, {samples, run}) ? [] : [entry.id],
    ),
    run: {p5: left.p5 + passedMs, p50: left.p50 + passedMs, p95: left.p95 + passedMs},
    left,
    ...(nights.outage ? {outage: rangeOf(nights.outage)} : {}),
    ...(nights.hold ? {hold: rangeOf(nights.hold)} : {}),
    reversals,
    ...(last ? {lastReversal: last} : {}),
    critical: entries
      .map(({id}, place) => ({entry: id, ms: Math.round(nights.criticalMs[place] ?? 0)}))
      .filter(({ms}) => ms > 0)
      .toSorted((a, b) => b.ms - a.ms)
      .slice(0, mostCritical),
    overruns: run ? overrunsOf(request, known.forward, run) : [],
    asks,
    ...(answersMs === undefined ? {} : {answersMs}),
  };
}

/** How long a reversal under way still takes. */
function forecastBack(
  {request, samples, back, isElsewhere}: Known,
  run: RunNow,
): Forecast | undefined {
  const {left, notMeasured} = reversalLeft(request.runbook, {samples, draws: back, run});
  if (left.p95 === 0 && notMeasured.length > 0) {
    return undefined;
  }
  return {
    ...{...basisOf(samples), isElsewhere, isReversal: true},
    ...{changed: [], notMeasured, run: left, left, reversals: [], critical: [], asks: []},
    overruns: overrunsOf(request, back, run),
  };
}

const basisOf = ({sources, isScaled, checkTime}: Samples) => ({
  ...{sources, isScaled, ...(checkTime ? {checkTime} : {})},
});

const mostCritical = 3;

/** It is done, or an earlier run has measured it. A gate that a person opens takes no machine time. */
const isKnown = (
  {id, unit}: Entry,
  place: number,
  {samples, run}: Pick<About, 'samples' | 'run'>,
): boolean =>
  samples.forward[place]?.length !== 0 ||
  isOpenedByPerson(unit) ||
  (run?.timings.done.has(id) ?? false);

interface Nights {
  readonly left: Float64Array;
  readonly outage?: Float64Array;
  readonly hold?: Float64Array;
  readonly criticalMs: Float64Array;
}

function nightsOf({request, samples, forward: draws}: Known, run: RunNow | undefined): Nights {
  const {runbook} = request;
  const entries: readonly Entry[] = runbook.entries;
  const turns = turnsForward(runbook.items);
  const course = emptyCourse(entries.length);
  const left = new Float64Array(draws.count);
  const criticalMs = new Float64Array(entries.length);
  const msIn = remaining(entries, draws, (id) => stateIn(id, run));
  const spans = spansOf(runbook, {draws, run, msIn, samples});
  const lengths = spans.map(() => new Float64Array(draws.count));
  for (let night = 0; night < draws.count; night += 1) {
    follow(turns, (entry) => msIn(entry, night), course);
    left[night] = course.endMs;
    for (const entry of course.critical) {
      criticalMs[entry] = (criticalMs[entry] ?? 0) + msIn(entry, night) / draws.count;
    }
    spans.forEach(({length}, place) => {
      const all = lengths[place];
      if (all) {
        all[night] = Math.max(0, length(course.starts, night));
      }
    });
  }
  const named = Object.fromEntries(spans.map(({name}, place) => [name, lengths[place]]));
  return {left, criticalMs, ...named};
}

interface Span {
  readonly name: 'outage' | 'hold';
  length(starts: Float64Array, night: number): number;
}

interface About {
  readonly draws: Draws;
  readonly run: RunNow | undefined;
  readonly msIn: MsIn;
  readonly samples: Samples;
}

function spansOf(runbook: ForecastRequest['runbook'], about: About): readonly Span[] {
  const entries: readonly Entry[] = runbook.entries;
  const {outage} = runbook.head;
  const begins = entries.find(({unit}) => makesConnections(unit, 'held'));
  const ends = entries.findLast(({unit}) => makesConnections(unit, 'released'));
  const closed = outage && outageSpan(outage, entries);
  const held = begins && ends && {begins: begins.id, ends: ends.id};
  return [
    ...(closed ? spanOf('outage', closed, entries, about) : []),
    ...(held ? spanOf('hold', held, entries, about) : []),
  ];
}

/** From the first write of the outage, or the last one of the hold, to the end of it. */
function spanOf(
  name: Span['name'],
  {begins, ends}: OutageSpan,
  entries: readonly Entry[],
  {draws, run, msIn, samples}: About,
): readonly Span[] {
  // A time without one of its entries would be too short.
  const isEachKnown = (first: number, last: number) =>
    entries.slice(first, last + 1).every((entry, at) => isKnown(entry, first + at, {samples, run}));
  const [from, to] = [begins, ends].map((id) => entries.findIndex((entry) => entry.id === id));
  if (
    from === undefined ||
    to === undefined ||
    !isEachKnown(from, to) ||
    run?.timings.done.has(ends)
  ) {
    return [];
  }
  const since = run && name === 'outage' ? run.outage?.since : undefined;
  if (run && since) {
    const passedMs = outageMs({totalMs: 0, since}, run.now);
    return [{name, length: (starts, night) => passedMs + (starts[to] ?? 0) + msIn(to, night)}];
  }
  const hasBegun = run && (run.timings.done.has(begins) || run.timings.open.has(begins));
  if (name === 'hold' && hasBegun) {
    return [];
  }
  const atIn = (entry: number, night: number, end: boolean): number => {
    const timing = draws.timing(entry, night);
    const at = timing && (end ? endsAt : beginsAt)[name](timing);
    return timing && at ? (at / timing.ms) * (draws.ms[entry]?.[night] ?? 0) : 0;
  };
  return [
    {
      name,
      length: (starts, night) =>
        (starts[to] ?? 0) + atIn(to, night, true) - (starts[from] ?? 0) - atIn(from, night, false),
    },
  ];
}

/** Writes are refused from the first action; connections are held by the last one, and released by the first. */
const beginsAt = {
  outage: ({firstIntentMs}: Timing) => firstIntentMs ?? 0,
  hold: ({lastIntentMs}: Timing) => lastIntentMs ?? 0,
};
const endsAt = {
  outage: ({ms}: Timing) => ms,
  hold: ({ms, firstPerformedMs}: Timing) => firstPerformedMs ?? ms,
};

/** Entries that take longer than in 95 of 100 runs or reversals, by a margin that shows. */
function overrunsOf({runbook}: ForecastRequest, draws: Draws, run: RunNow): Forecast['overruns'] {
  const entries: readonly Entry[] = runbook.entries;
  const asked = new Set(run.timings.questions.map(({entry}) => entry));
  return entries.flatMap(({id, unit}, place) => {
    const work = run.timings.open.get(id);
    const all = draws.ms[place];
    if (!work || !all || isOpenedByPerson(unit) || asked.has(id)) {
      return [];
    }
    const ms = work.ms + sinceLast(run);
    const {p95} = rangeOf(Float64Array.from(all));
    return p95 > 0 && ms > p95 + leastOverrunMs ? [{entry: id, ms, p95}] : [];
  });
}

const leastOverrunMs = 1_000;

/** Confirmations and approvals ask, and so do entries that asked a person in an earlier run. */
function asksOf(
  entries: readonly Entry[],
  {past}: ForecastRequest,
  run: RunNow | undefined,
): Pick<Forecast, 'asks' | 'answersMs'> {
  const asked = new Set(past.flatMap(({timings}) => timings.answers.map(({entry}) => entry)));
  const asks = entries
    .filter(({id, unit}) => isOpenedByPerson(unit) || asked.has(id))
    .flatMap(({id}) => (run?.timings.done.has(id) ? [] : [id]));
  const sums = past
    .filter(({timings}) => timings.isDone && timings.answers.length > 0)
    .map(({timings}) =>
      timings.answers.reduce((sum, {entry, ms}) => sum + (asks.includes(entry) ? ms : 0), 0),
    );
  const [last] = sums;
  return {asks, ...(last === undefined ? {} : {answersMs: last})};
}
