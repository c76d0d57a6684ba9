import type {Forecast} from '../forecast/forecast.ts';
import {
  criticalSentence,
  decideBySentence,
  gapSentences,
  leftText,
  loadSentence,
  outageSentences,
  overrunSentences,
  pausedText,
  rangeText,
  reversalSentences,
  runSentence,
} from '../forecast/forecast-text.ts';
import {durationText} from '../model/duration.ts';
import type {Progress} from '../model/progress.ts';
import type {PlanTextOptions} from './plan-parts.ts';
import type {EntryReport, RunReport} from './run-report.ts';
import {flow} from './text.ts';

/** How long a plan takes and what users notice; with `details` the critical path, and everything it is based on. */
export function forecastText(forecast: Forecast, options: PlanTextOptions): string[] {
  const {details = false} = options;
  return [
    runSentence(forecast),
    ...outageSentences(forecast),
    ...criticalSentence(forecast),
    ...loadSentence(forecast),
    ...reversalSentences(forecast).slice(details ? 0 : -1),
    ...gapSentences(forecast),
  ].flatMap((text) => flow([text], {...options, rest: '  '}));
}

/** "run 4 m 40 s, forecast 4 m 10 s to 5 m 02 s": what happened, and what was forecast. */
export function forecastAgainst({forecast, outcome, machineMs, outageMs, hold}: RunReport) {
  if (!forecast || outcome !== 'done') {
    return [];
  }
  const pairs = [
    ['run', forecast.run, machineMs],
    ['outage', forecast.outage, outageMs],
    ['hold', forecast.hold, hold?.ms],
  ] as const;
  return pairs.flatMap(([name, range, ms]) =>
    range && ms !== undefined
      ? [`${name} ${durationText(ms)}, forecast ${rangeText(range)}${missText(range, ms)}`]
      : [],
  );
}

const missText = ({p5, p95}: {readonly p5: number; readonly p95: number}, ms: number): string =>
  ms > p95 ? ': longer than forecast' : ms < p5 ? ': shorter than forecast' : '';

/** The same as a figure of the page. */
export const forecastCells = (
  report: RunReport,
): readonly (readonly [string, string, string])[] => {
  const texts = forecastAgainst(report);
  const p50 = report.forecast?.run.p50;
  return texts.length === 0 || p50 === undefined
    ? []
    : [['Forecast', durationText(p50), texts.join('; ')]];
};

/** "(1.4 s earlier)": how long the same entry took in the run before. */
export const earlierText = ({earlierMs}: EntryReport): string =>
  !earlierMs ? '' : `(${durationText(earlierMs)} earlier)`;

interface StatusForecast {
  readonly forecast?: Forecast | undefined;
  readonly now: Date | null;
  /** A process works on the run. */
  readonly isWatched: boolean;
}

/** How long a run under way still takes, and until when it must be accepted, a sentence each. */
export const statusForecastTexts = (
  progress: Progress,
  {forecast, now, isWatched}: StatusForecast,
): readonly string[] =>
  now
    ? [
        ...(forecast
          ? [
              isWatched ? leftText(forecast, now) : pausedText(forecast),
              ...outageSentences(forecast),
              ...gapSentences(forecast),
              ...overrunSentences(forecast),
            ]
          : []),
        ...decideByTexts(progress, forecast, now),
        ...(forecast ? reversalSentences(forecast) : []),
      ]
    : [];

/** Known without a forecast, too. */
export const decideByTexts = (
  {decideBy, reversingTo, outcome}: Progress,
  forecast: Forecast | undefined,
  now: Date,
): readonly string[] =>
  decideBy && !reversingTo && (outcome === 'running' || outcome === 'paused')
    ? [decideBySentence(decideBy, forecast, now)]
    : [];
