interface Limits {
  readonly firstMs: number;
  readonly laterMs: number;
  /** How long it is not called after a call that took too much; without it, never again. */
  readonly restMs?: number;
}

/** The first call is slower: its code was not run before. */
const usual: Limits = {firstMs: 100, laterMs: 50, restMs: 30_000};

/**
 * What a run can do without: `undefined` from the first error on, and for a while after a call that took too much
 * processor time, because nothing else of the run goes on meanwhile.
 */
export function fenced<About extends readonly unknown[], Made>(
  make: (...about: About) => Made | undefined,
  {firstMs, laterMs, restMs = Number.POSITIVE_INFINITY}: Limits = usual,
  nowMs: () => number = () => performance.now(),
): (...about: About) => Made | undefined {
  let [isBroken, restsUntilMs, mostMs] = [false, Number.NEGATIVE_INFINITY, firstMs];
  return (...about) => {
    if (isBroken || nowMs() < restsUntilMs) {
      return undefined;
    }
    const before = process.cpuUsage();
    try {
      const made = make(...about);
      const {user, system} = process.cpuUsage(before);
      if ((user + system) / 1000 > mostMs) {
        restsUntilMs = nowMs() + restMs;
      }
      mostMs = laterMs;
      return made;
    } catch {
      isBroken = true;
      return undefined;
    }
  };
}

/** No process but that of a run must be quick. */
export const unlimited: Limits = {
  firstMs: Number.POSITIVE_INFINITY,
  laterMs: Number.POSITIVE_INFINITY,
};
