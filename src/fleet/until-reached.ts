import {setTimeout as sleep} from 'node:timers/promises';
import type {StopSignals} from '../run/host.ts';
import type {FleetDatabase} from './database.ts';
import {isMistake, isUnreached} from './error-chain.ts';
import type {PostgresAway} from './postgres-away.ts';

interface Asking {
  readonly signal?: AbortSignal;
  readonly isFinal?: (error: unknown) => boolean;
  /** Before it asks again. */
  readonly met?: (error: unknown) => Promise<void>;
}

/** Asks again until PostgreSQL answers: it may be down for a night, and runs under way continue meanwhile. */
export async function untilReached<Result>(
  database: Pick<FleetDatabase, 'revive'>,
  work: () => Promise<Result>,
  {signal, isFinal = isMistake, met = () => database.revive()}: Asking = {},
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isFinal(error) || signal?.aborted) {
        throw error;
      }
      await met(error).catch(() => {});
      await sleep(500, undefined, signal ? {signal} : {}).catch(() => {});
    }
  }
}

/** The same until the signal: `undefined` if PostgreSQL has not answered by then. */
export async function reachedBefore<Result>(
  signal: AbortSignal,
  database: Pick<FleetDatabase, 'revive'>,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await untilReached(database, work, {signal});
  } catch (error) {
    if (isMistake(error) || !signal.aborted) {
      throw error;
    }
    return undefined;
  }
}

/** While nothing is under way yet, what is not known is told at once; what may end is said, until the signal. */
export const whileOpening = (
  away: Pick<PostgresAway, 'meet'>,
  {stopping}: Pick<StopSignals, 'stopping'>,
): Asking => ({
  signal: stopping,
  isFinal: (error) => !isUnreached(error),
  met: (error) => away.meet(error),
});
