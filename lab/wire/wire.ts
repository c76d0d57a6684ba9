import type {Tap} from '../latency/distant-port.ts';

/** Something that switcharoo sent to a target, and what came back first. */
export interface Exchange {
  readonly target: string;
  /** The statement without its values, or the kind of traffic. */
  readonly what: string;
  /** Milliseconds since 1970: when it was sent, and when the answer arrived. */
  readonly sentMs: number;
  readonly answeredMs: number;
}

const mostKept = 50_000;

/** Remembers what switcharoo exchanged with the targets, as it saw it itself. */
export class Wire {
  readonly #exchanges: Exchange[] = [];

  /** For one connection. */
  tap(target: string): Tap {
    let open: {what: string; sentMs: number} | undefined;
    return {
      sent: (chunk) => {
        open = {what: wordsOf(chunk), sentMs: nowMs()};
      },
      answered: () => {
        if (open && this.#exchanges.length < mostKept) {
          this.#exchanges.push({target, ...open, answeredMs: nowMs()});
        }
        open = undefined;
      },
    };
  }

  exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }
}

/** The greatest number of exchanges of which each began after the one before was answered. */
export function roundTripsIn(exchanges: readonly Exchange[]): number {
  let count = 0;
  let freeAtMs = Number.NEGATIVE_INFINITY;
  for (const {sentMs, answeredMs} of exchanges.toSorted((a, b) => a.answeredMs - b.answeredMs)) {
    if (sentMs >= freeAtMs) {
      count += 1;
      freeAtMs = answeredMs;
    }
  }
  return count;
}

/** From the statement that makes the source read-only to the answer of the one that opens Aurora. */
export interface Freeze {
  readonly exchanges: readonly Exchange[];
  /** One after another. */
  readonly roundTrips: number;
}

export function freezeOf(all: readonly Exchange[]): Freeze {
  const exchanges = exchangesBetween(
    all,
    /^SET .*GLOBAL (super_)?read_only = ON/,
    /rds_set_read_only\(0\)/,
  );
  return {exchanges, roundTrips: roundTripsIn(exchanges)};
}

/** How many round trips there were one after another, while new connections were held. */
export interface HeldTrips {
  /** From the hold to the release. */
  readonly held: number;
  /** From the statement that closes one side to the answer of the one that opens the other. */
  readonly closed: number;
}

export function heldTripsIn(
  all: readonly Exchange[],
  {fromMs, toMs}: {readonly fromMs: number; readonly toMs: number},
): HeldTrips {
  // The journal counts whole milliseconds.
  const held = all.filter(({sentMs, answeredMs}) => sentMs >= fromMs && answeredMs < toMs + 1);
  const back = exchangesBetween(held, /rds_set_read_only\(1\)/, /^SET GLOBAL read_only = OFF/);
  return {
    held: roundTripsIn(held),
    closed: freezeOf(held).roundTrips || roundTripsIn(back),
  };
}

/** From the sending of one statement to the answer of another. */
export function exchangesBetween(
  exchanges: readonly Exchange[],
  first: RegExp,
  last: RegExp,
): readonly Exchange[] {
  const begin = exchanges.find(({what}) => first.test(what));
  const end = exchanges.find(
    ({what, sentMs}) => begin !== undefined && sentMs >= begin.sentMs && last.test(what),
  );
  return begin && end
    ? exchanges.filter(
        ({sentMs, answeredMs}) => sentMs >= begin.sentMs && answeredMs <= end.answeredMs,
      )
    : [];
}

const nowMs = () => performance.timeOrigin + performance.now();

const comQuery = 3; // COM_QUERY of MySQL's protocol, the first byte after the header of a packet.
const headerBytes = 4;

function wordsOf(chunk: Buffer): string {
  if (chunk[3] === 0 && chunk[headerBytes] === comQuery) {
    const sql = chunk.subarray(headerBytes + 1).toString('utf8');
    // Values may be passwords.
    return sql
      .replace(/'[^']*'/g, '?')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 160);
  }
  const [line = ''] = chunk.subarray(0, 100).toString('latin1').split('\r\n');
  return /^[A-Z]+ \/\S* HTTP/.test(line) ? line : 'other';
}
