interface Limits {
  readonly firstMs: number;
  readonly laterMs: number;
}

/** The first call is slower: its code was not run before. */
const usual: Limits = {firstMs: 100, laterMs: 50};

/**
 * What a run can do without: `undefined` from the first error on, and after a call that took too much processor time,
 * because nothing else of the run goes on meanwhile.
 */
export function fenced<About extends readonly unknown[], Made>(
  make: (...about: About) => Made | undefined,
  {firstMs, laterMs}: Limits = usual,
): (...about: About) => Made | undefined {
  let [isGivenUp, mostMs] = [false, firstMs];
  return (...about) => {
    if (isGivenUp) {
      return undefined;
    }
    const before = process.cpuUsage();
    try {
      const made = make(...about);
      const {user, system} = process.cpuUsage(before);
      isGivenUp = (user + system) / 1000 > mostMs;
      mostMs = laterMs;
      return made;
    } catch {
      isGivenUp = true;
      return undefined;
    }
  };
}

/** No process but that of a run must be quick. */
export const unlimited: Limits = {
  firstMs: Number.POSITIVE_INFINITY,
  laterMs: Number.POSITIVE_INFINITY,
};
