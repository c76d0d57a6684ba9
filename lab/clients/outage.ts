/** How one write ended. `refused`: told no, or never reached anyone. `unanswered`: nobody knows whether it happened. */
export interface Outcome {
  readonly client: number;
  readonly kind: 'acknowledged' | 'refused' | 'unanswered';
  /** When the write began and when its outcome was known, in milliseconds since 1970. */
  readonly begunMs: number;
  readonly endedMs: number;
}

/** A client's time without an acknowledged write. */
export interface Outage {
  readonly client: number;
  readonly fromUtc: string;
  /** `null`: not over yet. */
  readonly toUtc: string | null;
  readonly ms: number;
  /** Writes that failed in it. */
  readonly failed: number;
}

/**
 * The outages in a list of outcomes, in the order in which they began: each from the moment a
 * client began its first failed write until its first acknowledged one was answered.
 */
export function outagesIn(outcomes: Iterable<Outcome>, nowMs: number): readonly Outage[] {
  const open = new Map<number, {fromMs: number; failed: number}>();
  const outages: Outage[] = [];
  for (const {client, kind, begunMs, endedMs} of outcomes) {
    const since = open.get(client);
    if (kind !== 'acknowledged') {
      open.set(client, {fromMs: since?.fromMs ?? begunMs, failed: (since?.failed ?? 0) + 1});
    } else if (since) {
      open.delete(client);
      outages.push({...outageOf(client, since, endedMs), toUtc: utc(endedMs)});
    }
  }
  for (const [client, since] of open) {
    outages.push({...outageOf(client, since, nowMs), toUtc: null});
  }
  return outages.sort((a, b) => a.fromUtc.localeCompare(b.fromUtc) || a.client - b.client);
}

/** The longest that any client went without an acknowledged write. */
export const longest = (outages: readonly Outage[]) => Math.max(0, ...outages.map(({ms}) => ms));

/**
 * Keeps the outcomes that `outagesIn` needs: failures, and the first acknowledged write after one.
 * Clients that write for hours would otherwise hold millions.
 */
export class OutcomeLog {
  readonly #kept: Outcome[] = [];
  readonly #failing = new Set<number>();

  add(outcome: Outcome): void {
    const failed = outcome.kind !== 'acknowledged';
    if (failed || this.#failing.has(outcome.client)) {
      this.#kept.push(outcome);
    }
    if (failed) {
      this.#failing.add(outcome.client);
    } else {
      this.#failing.delete(outcome.client);
    }
  }

  outages(nowMs: number): readonly Outage[] {
    return outagesIn(this.#kept, nowMs);
  }
}

function outageOf(
  client: number,
  {fromMs, failed}: {fromMs: number; failed: number},
  toMs: number,
) {
  return {client, fromUtc: utc(fromMs), ms: Math.round(toMs - fromMs), failed};
}

const utc = (ms: number) => new Date(ms).toISOString();
