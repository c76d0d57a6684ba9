import type {Conditions} from '../../src/forecast/conditions.ts';
import {forecasterOf} from '../../src/forecast/forecast.ts';
import type {ForecastRequest, PastRun} from '../../src/forecast/samples.ts';

/** One run, forecast from the others alone. */
export interface Forecasted {
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
  readonly ms: number;
}

export interface Calibration {
  readonly runs: number;
  /** The share of runs that ended between p5 and p95. */
  readonly inside: number;
  /** The median of how far p50 was off, as a share of what happened. */
  readonly medianError: number;
}

/** A run, with what happened in it. */
export interface Happened extends PastRun {
  readonly outageMs: number;
}

/** Leaves each run out in turn, and forecasts it from all others: the run, and the outage in it. */
export function leaveOneOut(
  request: Omit<ForecastRequest, 'past' | keyof Conditions>,
  runs: readonly Happened[],
): {readonly run: readonly Forecasted[]; readonly outage: readonly Forecasted[]} {
  const forecasts = runs.flatMap((left) => {
    const past = runs.filter((run) => run !== left);
    const {timings: _, outageMs: _ms, ...conditions} = left;
    const forecast = forecasterOf({...request, past, ...conditions})();
    return forecast ? [{forecast, left}] : [];
  });
  return {
    run: forecasts.map(({forecast, left}) => ({...forecast.run, ms: left.timings.machineMs})),
    outage: forecasts.flatMap(({forecast, left}) =>
      forecast.outage ? [{...forecast.outage, ms: left.outageMs}] : [],
    ),
  };
}

export function calibrationOf(forecasts: readonly Forecasted[]): Calibration {
  const inside = forecasts.filter(({p5, p95, ms}) => ms >= p5 && ms <= p95).length;
  const errors = forecasts.map(({p50, ms}) => Math.abs(p50 - ms) / ms).sort((a, b) => a - b);
  const middle = [Math.floor, Math.ceil].map((way) => errors[way((errors.length - 1) / 2)] ?? 0);
  return {
    runs: forecasts.length,
    inside: inside / Math.max(1, forecasts.length),
    medianError: middle.reduce((sum, error) => sum + error, 0) / 2,
  };
}

/** Fewer runs do not show whether a forecast is calibrated. */
export const fewestRuns = 20;

interface Counts {
  /** Rehearsals that were started, and those that came to their end. */
  readonly started: number;
  readonly finished: number;
  readonly forecasts: number;
  readonly outages: number;
}

/** What did not come, in words: the goals may be met only without it. */
export const missingRuns = ({started, finished, forecasts, outages}: Counts): readonly string[] => [
  ...(finished < started ? [`${finished} of ${started} rehearsals came to their end`] : []),
  ...(outages < forecasts ? [`the outage was forecast in ${outages} of ${forecasts} runs`] : []),
];

/** What a forecast promises of its runs, and these did not show, in words. */
export function missedGoals({runs, inside, medianError}: Calibration): readonly string[] {
  if (runs < fewestRuns) {
    return [];
  }
  const [least, most, error] = [0.85, 0.95, 0.2];
  return [
    ...(inside < least || inside > most
      ? [`${percent(inside)} between p5 and p95, instead of ${percent(least)} to ${percent(most)}`]
      : []),
    ...(medianError >= error
      ? [`median error of p50 ${percent(medianError)}, instead of less than ${percent(error)}`]
      : []),
  ];
}

/** With its first decimal, where rounding could hide that a goal was missed. */
export const percent = (share: number): string => `${Math.round(1_000 * share) / 10} %`;
