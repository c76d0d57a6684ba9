import {type FailedRequest, FailureLog} from './failures.ts';
import {longest, type Outcome, OutcomeLog} from './outage.ts';
import type {ClientsReport} from './protocol.ts';
import {RequestLog, type Window} from './requests.ts';

/** How one write of a writer ended. */
export interface WriteOutcome extends Outcome {
  readonly side?: string;
  /** It takes its time to send the write. */
  readonly isSlow?: boolean;
  readonly reason?: string;
  readonly asked?: Asked;
}

/** Which client asked, and where. */
interface Asked {
  readonly by: string;
  readonly address: string | null;
}

/** How one read of a reader ended. */
export interface ReadOutcome {
  /** `null`: it was answered with the order. */
  readonly failure: string | null;
  readonly begunMs: number;
  readonly endedMs: number;
  readonly asked?: Asked;
}

const bucketsPerMs = 10;
const longestMs = 5_500; // A little above the writers' limit.

/** Counts outcomes in constant memory, however long the clients write. */
export class Tally {
  readonly #counts = {acknowledged: 0, refused: 0, unanswered: 0};
  readonly #bySide: Record<string, number> = {};
  readonly #log = new OutcomeLog();
  readonly #times = new Uint32Array(longestMs * bucketsPerMs + 1);
  readonly #requests = new RequestLog();
  readonly #failures = new FailureLog();
  #lastFailure: string | null = null;
  readonly #reads = {answered: 0, failed: 0};
  #lastFailedRead: string | null = null;

  add(outcome: WriteOutcome): void {
    const {kind, side = 'unnamed', begunMs, endedMs, reason, isSlow = false} = outcome;
    this.#counts[kind] += 1;
    // Its upload would count as outage.
    if (!isSlow) {
      this.#log.add(outcome);
    }
    this.#requests.add({what: 'write', failed: kind !== 'acknowledged', begunMs, endedMs});
    if (kind !== 'acknowledged') {
      this.#lastFailure = `${kind}: ${reason ?? 'no reason'}`;
      this.#failures.add(failedRequest('write', outcome, this.#lastFailure));
      return;
    }
    this.#bySide[side] = (this.#bySide[side] ?? 0) + 1;
    const bucket = Math.min(Math.round((endedMs - begunMs) * bucketsPerMs), this.#times.length - 1);
    this.#times[bucket] = (this.#times[bucket] ?? 0) + 1;
  }

  addRead(read: ReadOutcome): void {
    const {failure, begunMs, endedMs} = read;
    this.#requests.add({what: 'read', failed: failure !== null, begunMs, endedMs});
    this.#reads[failure === null ? 'answered' : 'failed'] += 1;
    if (failure !== null) {
      this.#lastFailedRead = failure;
      this.#failures.add(failedRequest('read', read, failure));
    }
  }

  report(nowMs: number, windows?: readonly Window[]): ClientsReport {
    const outages = this.#log.outages(nowMs);
    return {
      ...this.#counts,
      outageMs: longest(outages),
      outages,
      bySide: {...this.#bySide},
      p50Ms: this.#percentile(0.5),
      p99Ms: this.#percentile(0.99),
      lastFailure: this.#lastFailure,
      reads: {...this.#reads, lastFailure: this.#lastFailedRead},
      requests: {...this.#requests.report(windows), failures: this.#failures.report()},
    };
  }

  #percentile(share: number): number | null {
    let left = Math.ceil(this.#counts.acknowledged * share);
    const bucket = this.#times.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return this.#counts.acknowledged === 0 ? null : bucket / bucketsPerMs;
  }
}

const failedRequest = (
  what: FailedRequest['what'],
  {begunMs, endedMs, asked}: Pick<WriteOutcome, 'begunMs' | 'endedMs' | 'asked'>,
  reason: string,
): FailedRequest => ({
  what,
  client: asked?.by ?? 'unnamed client',
  address: asked?.address ?? null,
  atUtc: new Date(begunMs).toISOString(),
  tookMs: Math.round(endedMs - begunMs),
  reason,
});
