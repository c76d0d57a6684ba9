import type {Expectation, ExpectedTime} from '../model/expected-time.ts';
import {counted, durationText, type TextOptions} from './labels.ts';
import type {EarlierRun} from './plan-parts.ts';
import {roundTripTexts} from './round-trip-text.ts';
import {flow} from './text.ts';

/** How long writes are refused and connections wait, as far as the network and an earlier rehearsal tell. */
export function expectedText(
  {times, distances}: Expectation,
  earlier: EarlierRun | null | undefined,
  options: TextOptions,
): string[] {
  const stretches = (['outage', 'hold'] as const).flatMap((name) => {
    const time = times[name];
    const is = earlier?.expected?.[name];
    return time && Object.keys(time.roundTrips).length > 0
      ? [expectationText(name, time, is === undefined ? undefined : {...is, run: earlier?.run})]
      : [];
  });
  const texts = stretches.length === 0 ? [] : [...stretches, ...roundTripTexts(distances)];
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
  const targets = Object.entries(time.roundTrips).map(([target, trips]) => `${trips} to ${target}`);
  const network = `${counted(count, 'question')} one after another (${targets.join(', ')}) take ${durationText(time.networkMs)}`;
  const notCounted =
    time.notCounted.length > 0 ? ` Not counted: ${time.notCounted.join(', ')}.` : '';
  if (earlier === undefined) {
    return `Expected ${name}: ${durationText(time.networkMs)} and the time of the work, which a rehearsal measures: ${network}.${notCounted}`;
  }
  const workMs = Math.max(0, Math.round(earlier.ms - earlier.networkMs));
  return `Expected ${name}: ${durationText(time.networkMs + workMs)}: ${network}, and the rest ${durationText(workMs)} (rehearsal ${earlier.run}).${notCounted}`;
}
