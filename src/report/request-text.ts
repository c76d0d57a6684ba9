/** How requests went, with times from the lookup of the name to the whole answer; `null` without a request. */
interface RequestFigures {
  readonly made: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly slowestMs: number | null;
}

interface RequestKinds extends RequestFigures {
  readonly writes: RequestFigures;
  readonly reads: RequestFigures;
}

/** What the clients asked for in a rehearsal. */
export interface RequestCount extends RequestKinds {
  /** The requests that were under way while connections were held or writes refused. */
  readonly inCutover?: RequestKinds;
  /** All others. */
  readonly beside?: RequestKinds;
}

/** "3,834 made, 0 failed; the slowest took 1,083 ms". */
export const requestsSentence = ({made, failed, slowestMs}: RequestFigures): string =>
  `${countText(made)} made, ${countText(failed)} failed${slowestMs === null ? '' : `; the slowest took ${timeText(slowestMs)}`}`;

/** A line for the writes and one for the reads: half and 99 % of them within …, in the cutover and beside it. */
export function requestTimesTexts({inCutover, beside}: RequestCount): readonly string[] {
  if (!inCutover || !beside) {
    return [];
  }
  return (['writes', 'reads'] as const).flatMap((kind) =>
    inCutover[kind].made === 0
      ? []
      : [
          `${kind} in the cutover: ${countText(inCutover[kind].made)}, ${countText(inCutover[kind].failed)} failed; ${timesText(inCutover[kind])}; beside it: ${timesText(beside[kind])}`,
        ],
  );
}

const timesText = ({p50Ms, p99Ms}: RequestFigures): string =>
  p50Ms === null || p99Ms === null
    ? 'none'
    : `half within ${timeText(p50Ms)}, 99 % within ${timeText(p99Ms)}`;

const timeText = (ms: number): string => `${countText(Math.round(ms))} ms`;

const countText = (count: number): string => count.toLocaleString('en-US');
