import type {Entry} from '../model/runbook.ts';

/**
 * Works on entries side by side, as many as may be at work at once. After one that did not end well no other begins;
 * those have no outcome.
 */
export async function inLanes<Outcome>(
  entries: readonly Entry[],
  work: (entry: Entry) => Promise<Outcome>,
  isWell: (outcome: Outcome) => boolean,
): Promise<readonly (Outcome | undefined)[]> {
  const outcomes: (Outcome | undefined)[] = entries.map(() => undefined);
  const waiting = entries.entries();
  let goesOn = true;
  const lane = async () => {
    for (const [index, entry] of waiting) {
      let well = false;
      try {
        const outcome = await work(entry);
        outcomes[index] = outcome;
        well = isWell(outcome);
      } finally {
        goesOn &&= well;
      }
      if (!goesOn) {
        return;
      }
    }
  };
  const lanes = Math.min(entries.length, entries[0]?.atOnce ?? entries.length);
  const works = Array.from({length: lanes}, lane);
  // Waits for all, also when one of them throws: nobody may still be acting when the error is told.
  await Promise.allSettled(works);
  await Promise.all(works);
  return outcomes;
}
