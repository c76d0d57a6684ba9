import {chanceFrom, normalsFrom} from './chance.ts';
import {countOf} from './conditions.ts';
import type {Sample, Samples} from './samples.ts';
import type {Timing} from './timings.ts';

/** Simulated nights: how long every entry takes in each. */
export interface Draws {
  readonly count: number;
  /** By entry, then by night; an entry that no run has measured takes 0. */
  readonly ms: readonly Float64Array[];
  /** The timing that a duration was drawn from, for its offsets. */
  timing(entry: number, night: number): Timing | undefined;
}

/** At most this many numbers are drawn, whatever the size of the runbook. */
const mostNumbers = 20_000;
const mostNights = 500;
const fewestNights = 200;
/** How much the durations of an entry differ from run to run, in logarithms, where few runs have shown it. */
const usualDeviation = 0.15;
/** How much a night differs from every rehearsal in another place. */
const elsewhereDeviation = 0.25;
const farthest = 1.5;

/**
 * Takes a whole earlier run for each night, because what made one entry slow made the others slow too. Each duration is
 * then moved: the fewer runs, the farther.
 */
export function drawsOf(
  samples: readonly (readonly Sample[])[],
  {sources, isElsewhere}: {readonly sources: Samples['sources']; readonly isElsewhere: boolean},
): Draws {
  const count = Math.max(
    fewestNights,
    Math.min(mostNights, Math.floor(mostNumbers / Math.max(1, samples.length))),
  );
  const chance = chanceFrom(samples.length);
  const normal = normalsFrom(chance);
  const nights = nightsOf(sources, count, {normal, isElsewhere});
  const ms = samples.map(() => new Float64Array(count));
  const chosen = samples.map(() => new Int16Array(count).fill(-1));
  samples.forEach((all, entry) => {
    const spread = spreadOf(all);
    const places = new Map(all.map(({source}, place) => [source, place]));
    const bounds = boundsOf(all.map(({weight}) => weight));
    for (let night = 0; all.length > 0 && night < count; night += 1) {
      const {source, tail, common, elsewhere} = nights[night] ?? noNight;
      const own = places.get(source);
      const likeness = (all[own ?? -1]?.weight ?? 0) / Math.max(1e-9, sources[source]?.weight ?? 1);
      const place = own !== undefined && chance() < likeness ? own : placeIn(bounds, chance());
      const moved = spread * tail * Math.SQRT1_2 * (common + normal()) + elsewhere;
      const duration = all[place]?.timing.ms ?? 0;
      setAt(ms[entry], night, duration * Math.exp(Math.max(-farthest, Math.min(farthest, moved))));
      setAt(chosen[entry], night, place);
    }
  });
  return {
    ...{count, ms},
    timing: (entry, night) => samples[entry]?.[chosen[entry]?.[night] ?? -1]?.timing,
  };
}

interface Night {
  /** Which earlier run it is like. */
  readonly source: number;
  /** A few runs do not show how far a night can differ from them: the tails of Student. */
  readonly tail: number;
  readonly common: number;
  readonly elsewhere: number;
}

const noNight: Night = {source: 0, tail: 1, common: 0, elsewhere: 0};

function nightsOf(
  sources: Samples['sources'],
  count: number,
  {normal, isElsewhere}: {readonly normal: () => number; readonly isElsewhere: boolean},
): readonly Night[] {
  const weights = sources.map(({weight}) => weight);
  const bounds = boundsOf(weights);
  const freedom = Math.round(Math.min(mostFreedom, 2 + countOf(sources)));
  return Array.from({length: count}, (_, night) => {
    let square = 0;
    for (let each = 0; each < freedom; each += 1) {
      square += normal() ** 2;
    }
    return {
      source: placeIn(bounds, (night + 0.5) / count),
      tail: Math.sqrt(freedom / Math.max(square, 1e-3)),
      common: normal(),
      elsewhere: isElsewhere ? elsewhereDeviation * normal() : 0,
    };
  });
}

/** With more degrees of freedom, Student's distribution is nearly the normal one. */
const mostFreedom = 12;

/** How far a duration is moved: the drawn runs differ less from each other than the next run may from them. */
function spreadOf(samples: readonly Sample[]): number {
  const weights = samples.map(({weight}) => weight);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const count = countOf(samples);
  const logs = samples.map(({timing}) => Math.log(1 + timing.ms));
  const mean = logs.reduce((all, log, place) => all + log * (weights[place] ?? 0), 0) / sum;
  const square =
    logs.reduce((all, log, place) => all + (log - mean) ** 2 * (weights[place] ?? 0), 0) / sum;
  const variance = (usualDeviation ** 2 + count * square) / Math.max(1, count);
  return Math.sqrt((2 / Math.max(1, count) + (samples[0]?.doubt ?? 0)) * variance);
}

function boundsOf(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let reached = 0;
  return weights.map((weight) => {
    reached += weight / sum;
    return reached;
  });
}

function placeIn(bounds: readonly number[], share: number): number {
  const place = bounds.findIndex((bound) => share < bound);
  return place < 0 ? bounds.length - 1 : place;
}

function setAt(numbers: {[place: number]: number} | undefined, place: number, value: number): void {
  if (numbers) {
    numbers[place] = value;
  }
}
