import {refuseIfStopped} from '../engine/look.ts';
import type {RoundTrip} from '../model/round-trip.ts';
import type {Session, TargetKind} from '../model/target.ts';
import {problemOfThrown} from '../model/thrown.ts';

/** A target that can be asked, and how it is opened. */
export interface Distant {
  readonly target: string;
  readonly kind: TargetKind;
  session(): Promise<Session<unknown, unknown>>;
}

// The first may open the connection, or wait for its turn where a service takes only so many calls a second.
const fewest = 2;
const most = 5;
/** A target that is far away is asked less often. */
const enoughMs = 500;
const answerWithinMs = 3_000;

/** Asks each target a few times, those of a sort at once. A target that does not answer is no error. */
export async function measureRoundTrips(
  targets: readonly Distant[],
  signal: AbortSignal,
): Promise<readonly RoundTrip[]> {
  const trips: RoundTrip[] = [];
  // One sort after another: starting the processes of ssh would delay the answers of the others.
  for (const what of ['statement', 'call', 'command'] as const) {
    const alike = targets.filter(({kind}) => kind.ping?.what === what);
    trips.push(...(await Promise.all(alike.map((target) => measure(target, signal)))).flat());
    refuseIfStopped(signal);
  }
  return trips;
}

async function measure(
  {target, kind: {ping}, session}: Distant,
  signal: AbortSignal,
): Promise<readonly RoundTrip[]> {
  if (!ping) {
    return [];
  }
  const {what} = ping;
  try {
    const {reader} = await session();
    const answers: number[] = [];
    const startedAt = performance.now();
    const isEnough = () =>
      answers.length >= most ||
      (answers.length >= fewest && performance.now() - startedAt > enoughMs);
    while (!isEnough()) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
      const sentAt = performance.now();
      await ping.send(reader, limited);
      answers.push(performance.now() - sentAt);
    }
    return [{target, what, ms: medianOf(answers)}];
  } catch (error) {
    const problem = problemOfThrown(target, error)?.message ?? `no answer in ${answerWithinMs} ms`;
    return [{target, what, ms: null, problem: problem.replace(/\.$/, '')}];
  }
}

/** The lower of two in the middle. With tenths: on the spot it is less than a millisecond. */
function medianOf(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.ceil(sorted.length / 2) - 1] ?? 0) * 10) / 10;
}
