import {setTimeout as sleep} from 'node:timers/promises';
import type {FleetDatabase} from './database.ts';
import {isMistake, isUnreached} from './error-chain.ts';

/** Asks again until PostgreSQL answers: it may be down for a night, and runs under way continue meanwhile. */
export async function untilReached<Result>(
  database: Pick<FleetDatabase, 'revive'>,
  work: () => Promise<Result>,
  {signal, isFinal = isMistake}: {signal?: AbortSignal; isFinal?: (error: unknown) => boolean} = {},
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isFinal(error) || signal?.aborted) {
        throw error;
      }
      await database.revive().catch(() => {});
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

/** While nothing is under way yet, what is not known is told at once. */
export const whileOpening = {isFinal: (error: unknown): boolean => !isUnreached(error)};
