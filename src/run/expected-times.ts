import {targetsWaitedFor} from '../model/expected-time.ts';
import type {RoundTrip} from '../model/round-trip.ts';
import type {OpenedWorld} from './open-world.ts';
import {type Distant, measureRoundTrips} from './round-trips.ts';

/** How far away the targets are for which somebody waits in an outage or a hold. Ask nothing else meanwhile. */
export async function distancesOf(
  {runbook, world, redactor}: Pick<OpenedWorld, 'runbook' | 'world' | 'redactor'>,
  signal: AbortSignal,
): Promise<readonly RoundTrip[]> {
  const targets = targetsWaitedFor(runbook).flatMap((target): Distant[] => {
    const kind = runbook.head.targets[target];
    return kind ? [{target, kind, session: () => world.targets.session(target)}] : [];
  });
  return redactor.value(await measureRoundTrips(targets, signal));
}
