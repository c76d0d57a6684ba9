/** What a client asked for, and how it went. */
interface Request {
  readonly what: 'write' | 'read';
  readonly failed: boolean;
  /** Milliseconds since 1970, as all moments here. */
  readonly begunMs: number;
  readonly endedMs: number;
}

/** A stretch of time, in milliseconds since 1970. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Times from the lookup of the name to the whole answer, or to the failure; `null` without a request. */
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

export interface RequestsReport extends RequestKinds {
  /** The requests that were under way at any moment of a window. */
  readonly inWindow?: RequestKinds;
  /** All others. */
  readonly besideWindow?: RequestKinds;
}

// 12 busy clients make as many in half an hour. A rehearsal is shorter.
const mostKept = 400_000;

/** Remembers the last requests, in constant memory, however long the clients ask. */
export class RequestLog {
  readonly #starts = new Float64Array(mostKept);
  readonly #ends = new Float64Array(mostKept);
  /** 1: a read. 2: failed. */
  readonly #marks = new Uint8Array(mostKept);
  #count = 0;

  add({what, failed, begunMs, endedMs}: Request): void {
    const at = this.#count % mostKept;
    this.#starts[at] = begunMs;
    this.#ends[at] = endedMs;
    this.#marks[at] = (what === 'read' ? 1 : 0) + (failed ? 2 : 0);
    this.#count += 1;
  }

  report(windows?: readonly Window[]): RequestsReport {
    const all = Array.from({length: Math.min(this.#count, mostKept)}, (_, at) => this.#at(at));
    if (!windows) {
      return kindsOf(all);
    }
    const isIn = ({begunMs, endedMs}: Request) =>
      windows.some(({fromMs, toMs}) => begunMs <= toMs && endedMs >= fromMs);
    return {
      ...kindsOf(all),
      inWindow: kindsOf(all.filter(isIn)),
      besideWindow: kindsOf(all.filter((request) => !isIn(request))),
    };
  }

  #at(at: number): Request {
    const marks = this.#marks[at] ?? 0;
    return {
      what: (marks & 1) === 1 ? 'read' : 'write',
      failed: (marks & 2) === 2,
      begunMs: this.#starts[at] ?? 0,
      endedMs: this.#ends[at] ?? 0,
    };
  }
}

const kindsOf = (requests: readonly Request[]): RequestKinds => ({
  ...figuresOf(requests),
  writes: figuresOf(requests.filter(({what}) => what === 'write')),
  reads: figuresOf(requests.filter(({what}) => what === 'read')),
});

function figuresOf(requests: readonly Request[]): RequestFigures {
  const times = requests.map(({begunMs, endedMs}) => endedMs - begunMs).sort((a, b) => a - b);
  // The nearest-rank percentile: a time that a request really took.
  const percentile = (share: number) => {
    const time = times[Math.ceil(times.length * share) - 1];
    return time === undefined ? null : Math.round(time * 10) / 10;
  };
  return {
    made: times.length,
    failed: requests.filter(({failed}) => failed).length,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    slowestMs: percentile(1),
  };
}
