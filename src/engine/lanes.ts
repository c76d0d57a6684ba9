interface Lanes<Outcome> {
  /** How many may be at work at once. */
  readonly atOnce: number;
  isWell(outcome: Outcome): boolean;
}

/**
 * More looks than these would only wait for each other: at a connection, a host, or a limit of so many calls a
 * second.
 */
export const checksAtOnce = 8;

/** At most so many works at once; the others begin in the order in which they were asked for. */
export function limitedTo(
  atOnce: number,
): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let atWork = 0;
  return async (work) => {
    if (atWork >= atOnce) {
      // The work that ends hands its place on, so no other takes it in between.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      atWork += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) {
        next();
      } else {
        atWork -= 1;
      }
    }
  };
}

/**
 * Works on items side by side. They start in their order; after one that did not end well no other begins, and
 * those
 * have no outcome.
 */
export async function inLanes<Item, Outcome>(
  items: readonly Item[],
  {atOnce, isWell}: Lanes<Outcome>,
  work: (item: Item) => Promise<Outcome>,
): Promise<readonly (Outcome | undefined)[]> {
  const outcomes: (Outcome | undefined)[] = items.map(() => undefined);
  const waiting = items.entries();
  let goesOn = true;
  const lane = async () => {
    for (const [index, item] of waiting) {
      let well = false;
      try {
        const outcome = await work(item);
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
  const works = Array.from({length: Math.min(items.length, atOnce)}, lane);
  // Waits for all, also when one of them throws: nobody may still be acting when the error is told.
  await Promise.allSettled(works);
  await Promise.all(works);
  return outcomes;
}
