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

/** A request that failed. */
export interface FailedRequest {
  readonly what: 'write' | 'read';
  /** `client 4, keep-alive` */
  readonly client: string;
  /** Where it was sent; `null` when the name of the site had no address. */
  readonly address: string | null;
  readonly atUtc: string;
  readonly tookMs: number;
  readonly reason: string;
  /** The nearest hold, and when the request began: `ms` before it, after its begin, or after its end. */
  readonly hold?: {readonly began: 'before' | 'in' | 'after'; readonly ms: number};
}

/** What the clients asked for in a rehearsal. */
export interface RequestCount extends RequestKinds {
  /** The requests that were under way while connections were held or writes refused. */
  readonly inCutover?: RequestKinds;
  /** All others. */
  readonly beside?: RequestKinds;
  /** The first 100 that failed. */
  readonly failures?: readonly FailedRequest[];
}

/** How requests went, why those of an outage failed, and how long they took. */
export const requestTexts = ({
  requests,
  hold,
}: {
  readonly requests?: RequestCount;
  readonly hold?: object;
}): readonly string[] =>
  requests
    ? [
        requestsSentence(requests),
        ...(hold ? [] : closedTexts(requests)),
        ...requestTimesTexts(requests),
      ]
    : [];

/** A runbook that holds no connection lets requests fail: they are no fault of the run. */
const closedTexts = ({failed, inCutover}: RequestCount): readonly string[] =>
  inCutover && inCutover.failed > 0
    ? [
        `${countText(inCutover.failed)} of the ${countText(failed)} failed in the outage: this runbook holds no connections, so requests fail while the site is closed; seamless-cutover holds connections, and deploys the new application and stops the old one outside the outage`,
      ]
    : [];

/** "3,834 made, 0 failed; the slowest took 1,083 ms". */
const requestsSentence = ({made, failed, slowestMs}: RequestFigures): string =>
  `${countText(made)} made, ${countText(failed)} failed${slowestMs === null ? '' : `; the slowest took ${timeText(slowestMs)}`}`;

/** A line for the writes and one for the reads: half and 99 % within …, during the cutover and at other times. */
function requestTimesTexts({inCutover, beside}: RequestCount): readonly string[] {
  if (!inCutover || !beside) {
    return [];
  }
  return (['writes', 'reads'] as const).flatMap((kind) =>
    inCutover[kind].made === 0
      ? []
      : [
          `${countText(inCutover[kind].made)} ${kind} during the cutover, ${countText(inCutover[kind].failed)} failed: ${timesText(inCutover[kind])}; at other times: ${timesText(beside[kind])}`,
        ],
  );
}

const timesText = ({p50Ms, p99Ms}: RequestFigures): string =>
  p50Ms === null || p99Ms === null
    ? 'none'
    : `half within ${timeText(p50Ms)}, 99 % within ${timeText(p99Ms)}`;

const timeText = (ms: number): string => `${countText(Math.round(ms))} ms`;

export const countText = (count: number): string => count.toLocaleString('en-US');

const mostShown = 5;

/**
 * A line for each failed request: which client, when, where it was sent, and what it was told. Of many, one line says
 * how many, since when, and why.
 */
export function failedRequestTexts(requests: RequestCount): readonly string[] {
  const {failed, failures = []} = requests;
  return failed > mostShown && failures.length > 0
    ? [manyFailedText(requests, failures)]
    : failures.map(failedRequestText);
}

function manyFailedText(
  {failed, writes, reads}: RequestCount,
  failures: readonly FailedRequest[],
): string {
  const times = failures.map(({atUtc}) => atUtc).toSorted();
  const [from = '', to = ''] = [times.at(0), times.at(-1)].map((utc) => utc?.slice(11, 23));
  const which = failures.length < failed ? `the first ${countText(failures.length)}` : 'all';
  return `${countText(failed)} failed: ${countText(writes.failed)} writes and ${countText(reads.failed)} reads; ${which} from ${from} to ${to} UTC: ${reasonsText(failures)}; each with --json`;
}

/** "503 Service Unavailable (96), connection refused (4)": the most frequent first. */
function reasonsText(failures: readonly FailedRequest[]): string {
  const counts = new Map<string, number>();
  for (const {reason} of failures) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, first], [, second]) => second - first);
  const others = sorted.length - mostReasons;
  return [
    ...sorted.slice(0, mostReasons).map(([reason, count]) => `${reason} (${countText(count)})`),
    ...(others > 0 ? [`${others} other ${others === 1 ? 'reason' : 'reasons'}`] : []),
  ].join(', ');
}

const mostReasons = 3;

function failedRequestText({
  what,
  client,
  address,
  atUtc,
  tookMs,
  reason,
  hold,
}: FailedRequest): string {
  const sent = address === null ? '' : ` to ${address}`;
  return `${what} of ${client}${sent}, at ${atUtc.slice(11, 23)} UTC${holdText(hold)}, after ${timeText(tookMs)}: ${reason}`;
}

function holdText(hold: FailedRequest['hold']): string {
  if (hold === undefined) {
    return '';
  }
  const time = timeText(hold.ms);
  return {
    before: `, ${time} before the hold`,
    in: `, ${time} into the hold`,
    after: `, ${time} after the hold`,
  }[hold.began];
}
