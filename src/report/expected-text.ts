import type {Expectation, ExpectedTime} from '../model/expected-time.ts';
import {counted, durationText} from './labels.ts';
import type {PlanTextOptions} from './plan-parts.ts';
import {roundTripTexts} from './round-trip-text.ts';
import {flow} from './text.ts';

/**
 * How long writes are refused and connections wait, as far as the network and an earlier rehearsal tell: in a sentence
 * each, with `details` with what was counted and measured for it.
 */
export function expectedText(
  {times, distances}: Expectation,
  {earlier, details = false, ...options}: PlanTextOptions,
): string[] {
  const stretches = (['outage', 'hold'] as const).flatMap((name) => {
    const time = times[name];
    const is = earlier?.expected?.[name];
    return time && Object.keys(time.roundTrips).length > 0
      ? [
          expectationText(name, time, is === undefined ? undefined : {...is, run: earlier?.run}),
          ...(details ? [countText(name, time)] : []),
        ]
      : [];
  });
  const measured = details ? distances : distances.filter(({ms}) => ms === null);
  const texts = stretches.length === 0 ? [] : [...stretches, ...roundTripTexts(measured)];
  return texts.flatMap((text) => flow([text], {...options, rest: '  '}));
}

interface Earlier {
  readonly ms: number;
  /** Of the network, in that run. */
  readonly networkMs: number;
  readonly run: string | undefined;
}

function expectationText(name: string, time: ExpectedTime, earlier: Earlier | undefined): string {
  const count = Object.values(time.roundTrips).reduce((sum, trips) => sum + trips, 0);
  const network = `${durationText(time.networkMs)} for ${counted(count, 'round trip')}`;
  if (earlier === undefined) {
    return `Expected ${name}: ${network}, plus work that no earlier run shows.`;
  }
  const workMs = Math.max(0, Math.round(earlier.ms - earlier.networkMs));
  return `Expected ${name}: ${durationText(time.networkMs + workMs)}: ${network}, ${durationText(workMs)} for the work (rehearsal ${earlier.run}).`;
}

function countText(name: string, {roundTrips, notCounted}: ExpectedTime): string {
  const targets = Object.entries(roundTrips).map(([target, trips]) => `${trips} to ${target}`);
  const others = notCounted.length > 0 ? ` Not counted: ${notCounted.join(', ')}.` : '';
  return `Round trips in the ${name}, one after another: ${targets.join(', ')}.${others}`;
}
