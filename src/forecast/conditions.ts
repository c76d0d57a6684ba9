import type {RoundTrip} from '../model/round-trip.ts';

/** What was measured just before a run. The durations of its entries depend on it. */
export interface Conditions {
  /** How far away the targets are that somebody waits for. */
  readonly distances?: readonly RoundTrip[];
  /** How long a check of the plan takes, on average: the busier the hosts and this machine, the longer. */
  readonly checkMs?: number;
}

/** Logarithms; 0 in all runs where something is not known. */
type Point = readonly [distance: number, check: number];

/** Where earlier runs were, and where a run is now. */
export interface Bearings {
  /** What is known of both. */
  readonly by: {readonly distance: boolean; readonly check: boolean};
  /** By the place of a run among the earlier ones; `undefined`: unknown. */
  readonly there: readonly (Point | undefined)[];
  readonly now: Point;
}

const unknown: Bearings = {by: {distance: false, check: false}, there: [], now: [0, 0]};

/** A line through fewer runs would show chance. */
const fewestRuns = 4;
/** A question takes some ms even without distance: otherwise 1 ms would be ten times as far away as 0.1 ms. */
const onTheSpotMs = 8;

/** Compares all that was measured both now and before at least a few runs; the distances alone where that is all. */
export function bearingsOf(
  past: readonly (Conditions | undefined)[],
  now: Conditions,
): Bearings | undefined {
  const choices = [
    {distance: true, check: true},
    {distance: true, check: false},
    {distance: false, check: true},
  ];
  for (const by of choices) {
    const {distance, check} = by;
    const pointOf = (run: Conditions | undefined): Point | undefined => {
      const [far, slow] = [distance ? distanceOf(run) : 0, check ? slownessOf(run) : 0];
      return far === undefined || slow === undefined ? undefined : [far, slow];
    };
    const [here, there] = [pointOf(now), past.map(pointOf)];
    if (here && there.filter((point) => point).length >= fewestRuns) {
      return {by, there, now: here};
    }
  }
  return undefined;
}

function distanceOf({distances = []}: Conditions = {}): number | undefined {
  const all = distances.flatMap(({ms}) => (ms === null ? [] : [Math.log(ms + onTheSpotMs)]));
  return all.length === 0 ? undefined : all.reduce((sum, log) => sum + log, 0) / all.length;
}

const slownessOf = ({checkMs}: Conditions = {}): number | undefined =>
  checkMs === undefined || checkMs <= 0 ? undefined : Math.log(checkMs);

/** The logarithm of a duration in one earlier run. */
interface Observed {
  readonly source: number;
  readonly weight: number;
  readonly log: number;
}

/** How durations of earlier runs are converted to the conditions of now. */
interface Conversion {
  /** By the place of a run among the earlier ones, what is added to the logarithm. */
  shift(observed: Observed): number;
  /** How uncertain it is, as a share of the variance. */
  readonly doubt: number;
}

/** Ridge regression: noise of 0.3 and slopes around 0 ± 0.5. A few runs hardly show a slope. */
const reluctance = 0.36;
/** How far beyond the earlier runs the line is followed, in logarithms. */
const farthest = 0.3;

/**
 * Fits how much the duration of one entry grows with the distance and with the time of a check. The residual of each
 * run stays in its duration, a little enlarged: a line through the runs is nearer to them than to the
 * next one.
 */
export function conversionOf(
  all: readonly Observed[],
  {there, now}: Bearings = unknown,
): Conversion {
  const known = all.flatMap((observed) => {
    const point = there[observed.source];
    return point ? [{...observed, point}] : [];
  });
  if (known.length < fewestRuns) {
    return stretched(all);
  }
  const sum = total(known, () => 1);
  const count = countOf(known);
  const mean = (value: (of: (typeof known)[number]) => number) => total(known, value) / sum;
  const level = mean(({log}) => log);
  const middle: Point = [mean(({point}) => point[0]), mean(({point}) => point[1])];
  const from = ({point}: {readonly point: Point}) => minus(point, middle);
  const square = (a: 0 | 1, b: 0 | 1) => total(known, (of) => from(of)[a] * from(of)[b]);
  const matrix: Matrix = [square(0, 0) + reluctance, square(0, 1), square(1, 1) + reluctance];
  const along = (a: 0 | 1) => total(known, (of) => from(of)[a] * (of.log - level));
  const slopes = solved(matrix, [along(0), along(1)]);
  const here = minus(
    within(
      now,
      known.map(({point}) => point),
    ),
    middle,
  );
  const stretch = stretchOf(count, slopes.length);
  return {
    shift({source, log}) {
      const point = there[source];
      const away = point ? minus(point, middle) : ([0, 0] as const);
      const left = point ? log - level - product(slopes, away) : 0;
      return product(slopes, minus(here, away)) + (stretch - 1) * left;
    },
    doubt: (product(here, solved(matrix, here)) * sum) / count,
  };
}

/** What is not converted. */
function stretched(all: readonly Observed[]): Conversion {
  const level = total(all, ({log}) => log) / total(all, () => 1);
  const stretch = stretchOf(countOf(all), 0);
  return {shift: ({log}) => (stretch - 1) * (log - level), doubt: 0};
}

/** Runs differ less from their own mean, and from a line through them, than the next one from both. */
const stretchOf = (count: number, slopes: number): number =>
  Math.sqrt(count / Math.max(count / 2, count - 1 - slopes));

/** How many runs of equal weight would show as much (Kish). */
export function countOf(all: readonly {readonly weight: number}[]): number {
  const squares = total(all, ({weight}) => weight);
  return squares === 0 ? 0 : total(all, () => 1) ** 2 / squares;
}

function total<Of extends {readonly weight: number}>(
  all: readonly Of[],
  value: (of: Of) => number,
): number {
  return all.reduce((sum, of) => sum + of.weight * value(of), 0);
}

const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1]];
const product = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1];

/** Limits the extrapolation: no run has shown what happens much farther away, or much slower. */
function within(now: Point, points: readonly Point[]): Point {
  const limited = (at: 0 | 1) => {
    const all = points.map((point) => point[at]);
    return Math.max(Math.min(...all) - farthest, Math.min(Math.max(...all) + farthest, now[at]));
  };
  return [limited(0), limited(1)];
}

/** Symmetric: both corners are the second figure. */
type Matrix = readonly [number, number, number];

function solved([a, b, c]: Matrix, [x, y]: Point): Point {
  const determinant = a * c - b ** 2;
  return [(c * x - b * y) / determinant, (a * y - b * x) / determinant];
}
