import {longest, type Outcome, OutcomeLog} from './outage.ts';
import type {ClientsReport} from './protocol.ts';

/** How one write of a writer ended. */
export interface WriteOutcome extends Outcome {
  readonly side?: string;
  readonly reason?: string;
}

const bucketsPerMs = 10;
const longestMs = 2_500; // A little above the writers' limit.

/** Counts outcomes in constant memory, however long the clients write. */
export class Tally {
  readonly #counts = {acknowledged: 0, refused: 0, unanswered: 0};
  readonly #bySide: Record<string, number> = {};
  readonly #log = new OutcomeLog();
  readonly #times = new Uint32Array(longestMs * bucketsPerMs + 1);
  #lastFailure: string | null = null;
  readonly #reads = {answered: 0, failed: 0};
  #lastFailedRead: string | null = null;

  add(outcome: WriteOutcome): void {
    const {kind, side = 'unnamed', begunMs, endedMs, reason} = outcome;
    this.#counts[kind] += 1;
    this.#log.add(outcome);
    if (kind !== 'acknowledged') {
      this.#lastFailure = `${kind}: ${reason ?? 'no reason'}`;
      return;
    }
    this.#bySide[side] = (this.#bySide[side] ?? 0) + 1;
    const bucket = Math.min(Math.round((endedMs - begunMs) * bucketsPerMs), this.#times.length - 1);
    this.#times[bucket] = (this.#times[bucket] ?? 0) + 1;
  }

  addRead(failure: string | null): void {
    this.#reads[failure === null ? 'answered' : 'failed'] += 1;
    this.#lastFailedRead = failure ?? this.#lastFailedRead;
  }

  report(nowMs: number): ClientsReport {
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
