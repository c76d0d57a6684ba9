import {setTimeout as sleep} from 'node:timers/promises';
import type {UnitPhase} from './unit-claims.ts';

/**
 * Writes where a run is: one report at a time, the latest, and again until it is written. Two at once may come in the
 * other order, and one that is lost would be missed for a whole outage. `ended`: what is left is no longer told.
 */
export function phaseReports(write: (now: UnitPhase) => Promise<void>, ended: AbortSignal) {
  let latest: UnitPhase | undefined;
  let isWriting = false;
  const writeAll = async (): Promise<void> => {
    isWriting = true;
    while (latest && !ended.aborted) {
      const now = latest;
      try {
        await write(now);
        latest = latest === now ? undefined : latest;
      } catch {
        await sleep(500, undefined, {signal: ended}).catch(() => {});
      }
    }
    isWriting = false;
  };
  return (now: UnitPhase): void => {
    latest = now;
    if (!isWriting) {
      void writeAll();
    }
  };
}

/** Whether visitors wait, or may at any moment: from the claim of an outage until its journal says that it is over. */
export function outageWatch() {
  let claim: 'none' | 'claimed' | 'started' = 'none';
  return {
    claimed: (): void => {
      claim = 'claimed';
    },
    isIn: (journal: boolean): boolean => {
      if (journal) {
        claim = 'started';
      } else if (claim === 'started') {
        claim = 'none';
      }
      return journal || claim === 'claimed';
    },
  };
}
