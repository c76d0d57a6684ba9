import {clockUtc, durationText} from '../model/duration.ts';
import {shifted} from '../model/moment.ts';
import {placeText} from '../model/place.ts';
import type {Forecast} from './forecast.ts';
import type {Range} from './range.ts';

/** "6.2 to 9.8 s", "58 s to 1 m 04 s", or one figure where both are the same. */
export function rangeText({p5, p95}: Pick<Range, 'p5' | 'p95'>): string {
  const [from, to] = [durationText(p5), durationText(p95)];
  const [figure, unit, ...more] = from.split(' ');
  const isAlike = more.length === 0 && to.endsWith(` ${unit}`) && to.split(' ').length === 2;
  return from === to ? to : `${isAlike ? figure : from} to ${to}`;
}

/** Where it comes from, and how much that is worth: "from 1 rehearsal; a guess". */
export function basisText({sources, isElsewhere, isScaled, checkTime}: Forecast): string {
  const rehearsals = sources.filter(({rehearsal}) => rehearsal).length;
  const runs = sources.length - rehearsals;
  const counts = [
    ...(runs > 0 ? [`${runs} ${runs === 1 ? 'run' : 'runs'}`] : []),
    ...(rehearsals > 0 ? [`${rehearsals} ${rehearsals === 1 ? 'rehearsal' : 'rehearsals'}`] : []),
  ];
  const conditions = [...(isScaled ? ['distances'] : []), ...(checkTime ? ['load'] : [])];
  return [
    `from ${counts.join(' and ')}`,
    ...(isElsewhere ? ['none of them on this inventory'] : []),
    ...(conditions.length > 0 ? [`converted to the ${conditions.join(' and ')} measured now`] : []),
    ...(sources.length < fewSources ? ['a guess'] : []),
  ].join('; ');
}

/** Fewer runs do not show how much they differ. */
const fewSources = 3;

/** How long the run takes, and whose answers come on top, in a sentence. */
export function runSentence(forecast: Forecast): string {
  const {run, asks} = forecast;
  return `Forecast: ${rangeText(run)}, median ${durationText(run.p50)}${asksText(forecast, asks.length > 0)} (${basisText(forecast)}).`;
}

function asksText({asks, answersMs}: Forecast, isAsked: boolean): string {
  const before = answersMs === undefined ? '' : ` (${durationText(answersMs)} in the last run)`;
  return isAsked ? `, plus the time to answer ${asks.join(', ')}${before}` : '';
}

/** How busy everything is, as far as the checks of a plan show it. */
export const loadSentence = ({checkTime}: Forecast): readonly string[] =>
  checkTime === undefined
    ? []
    : [
        `Load: a check takes ${durationText(checkTime.ms)} on average now, and took ${rangeText({p5: checkTime.least, p95: checkTime.most})} before the earlier runs.`,
      ];

/** What users notice, a sentence each. */
export const outageSentences = ({outage, hold}: Forecast): readonly string[] => [
  ...(outage ? [`Users cannot write for ${rangeText(outage)}.`] : []),
  ...(hold ? [`New connections wait for ${rangeText(hold)}.`] : []),
];

/** The entries that the others wait for longest. */
export const criticalSentence = ({critical}: Forecast): readonly string[] =>
  critical.length === 0
    ? []
    : [
        `Longest on the critical path: ${critical.map(({entry, ms}) => `${entry} ${durationText(ms)}`).join(', ')}.`,
      ];

/** How long a reversal to each checkpoint takes, as far as reversals were rehearsed. */
export function reversalSentences({reversals}: Pick<Forecast, 'reversals'>): readonly string[] {
  return reversals.map(({to, from, range, notMeasured}) => {
    const where = `${from === undefined ? '' : `from ${from} `}to ${placeText(to)}`;
    return range
      ? `A reversal ${where} takes ${rangeText(range)}.`
      : `How long a reversal ${where} takes is unknown: no run has reversed ${namesText(notMeasured)}.`;
  });
}

/** How long a reversal takes that is about to begin, or to continue. */
export const nextReversalSentence = (forecast: Forecast, to: string | null): readonly string[] =>
  forecast.isReversal
    ? [`The rest of the reversal takes ${leastText(forecast)}${rangeText(forecast.left)}.`]
    : reversalSentences({reversals: forecast.reversals.filter((known) => known.to === to)});

/** What is not in the figures, or came from something else. */
export const gapSentences = ({notMeasured, changed}: Forecast): readonly string[] => [
  ...(notMeasured.length > 0
    ? [`Not in the forecast, because never measured: ${namesText(notMeasured)}.`]
    : []),
  ...(changed.length > 0
    ? [`Changed since measured, so less certain: ${namesText(changed)}.`]
    : []),
];

/** Entries that are at work for longer than they should be. */
export const overrunSentences = ({overruns}: Forecast): readonly string[] =>
  overruns.map(
    ({entry, ms, p95}) =>
      `${entry} is taking longer than expected: ${durationText(ms)} so far; 95 of 100 runs take at most ${durationText(p95)}.`,
  );

/** What a person who is asked must know: what users notice, and how long it still takes. */
export const questionSentences = (forecast: Forecast): readonly string[] => [
  ...outageSentences(forecast),
  `After your answer, the ${forecast.isReversal ? 'reversal' : 'run'} takes ${leastText(forecast)}another ${rangeText(forecast.left)} (${basisText(forecast)}).`,
  ...gapSentences(forecast),
  ...overrunSentences(forecast),
];

/** What was never measured comes on top. */
const leastText = ({notMeasured}: Forecast): string => (notMeasured.length > 0 ? 'at least ' : '');

/** By when people must decide; a reversal of all that will be in place by then would have to end by then, too. */
export function decideBySentence(
  decideBy: Date,
  forecast: Forecast | undefined,
  now: Date,
): string {
  const had = decideBy < now ? 'had to' : 'must';
  const by = `The cutover ${had} be accepted by ${clockUtc(decideBy)} UTC`;
  const {to = null, from, range} = forecast?.lastReversal ?? {};
  if (!range) {
    return `${by}.`;
  }
  const begin = shifted(decideBy, -range.p95);
  const start =
    begin <= now
      ? `it had to start by ${clockUtc(begin)} UTC: it is too late for that`
      : `it must start by ${clockUtc(begin)} UTC`;
  const where = `${from === undefined ? '' : `from ${from} `}to ${placeText(to)}`;
  return `${by}, or reversed: a reversal ${where} takes ${rangeText(range)}, so ${start}.`;
}

/** For a paused run: nobody knows when it continues. */
export const pausedText = (forecast: Forecast): string =>
  `${leastText(forecast)}${rangeText(forecast.left)} left once it continues`;

/** "4 m 10 s to 5 m 02 s left, should end by 03:12:40 UTC": for a run at work. */
export function leftText(forecast: Forecast, now: Date): string {
  const {left, asks, notMeasured} = forecast;
  const besides = asks.length > 0 ? `, plus the time to answer ${asks.join(', ')}` : '';
  const end =
    notMeasured.length > 0 ? '' : `, should end by ${clockUtc(shifted(now, left.p95))} UTC`;
  return `${leastText(forecast)}${rangeText(left)} left${end}${besides}`;
}

const mostNames = 4;

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, names.length > mostNames + 1 ? mostNames : undefined);
  const others = names.length - shown.length;
  return `${shown.join(', ')}${others > 0 ? ` and ${others} others` : ''}`;
}
