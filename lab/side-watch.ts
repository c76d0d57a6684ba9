import {setTimeout as sleep} from 'node:timers/promises';
import {replicates} from './mysql/all-rows.ts';
import {rdsAdmin} from './mysql/aurora-settings.ts';
import type {LabDatabase} from './mysql/server.ts';

/** The two databases that an application could write to. */
export type Side = 'source' | 'aurora';

/** A time in which both sides accepted the application's writes. */
interface BothWritable {
  readonly fromUtc: string;
  /** At least so long: from the first instant to the last that is proven. */
  readonly ms: number;
  /** Which of the two came second. */
  readonly opened: Side;
}

export interface SidesReport {
  readonly bothWritable: readonly BothWritable[];
  /** Whether each side accepts the application's writes now; `null` while it does not answer. */
  readonly accepts: Readonly<Record<Side, boolean | null>>;
  /** How often each side was asked. */
  readonly asked: Readonly<Record<Side, number>>;
}

/** An answer was true at one instant between the question and its arrival. */
interface Look {
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly accepts: boolean;
}

interface SideState {
  asked: number;
  /** Since when no look was refused or unanswered: the answer of the first one that was accepted. */
  acceptsSinceMs: number | null;
  /** Whether the look before that was refused: it was opened, and not found open. */
  wasOpened: boolean;
  last: Look | null;
  lastAccepted: Look | null;
}

interface Overlap {
  readonly opened: Side;
  readonly wasOpened: boolean;
  readonly firstMs: number;
  lastMs: number;
  /** When one of them was seen to refuse again. */
  endedMs: number;
  /** Writes of one side reach the other: else they are two databases that have nothing to do with each other. */
  isFault: boolean;
}

const betweenLooksMs = 4;
const betweenRefusedLooksMs = 8;
const betweenAcceptedLooksMs = 25;

const otherOf = (side: Side): Side => (side === 'source' ? 'aurora' : 'source');

/**
 * Brings the answers of both sides into one order, on one monotonic clock. Both sides accepted writes at one instant if
 * one of them did before and after an accepted look at the other, and was never seen to refuse them in between.
 */
export class SideOrder {
  readonly #sides: Readonly<Record<Side, SideState>> = {source: fresh(), aurora: fresh()};
  #overlap: Overlap | null = null;
  #ended: Overlap[] = [];
  /** Aurora was opened while the source refused writes: so it has writes that the source may not have. */
  #isAuroraInCharge = false;
  /** Aurora was opened then, and the last look at the source is from before: the next one tells if it was frozen. */
  #sourceDueMs: number | null = null;

  /** Returns the time in which both sides accept writes, while it has to be asked whether they are connected. */
  add(side: Side, look: Look): Overlap | null {
    const [own, other] = [this.#sides[side], this.#sides[otherOf(side)]];
    own.asked += 1;
    const isOpened = look.accepts && own.last?.accepts === false;
    if (isOpened && side === 'aurora') {
      this.#isAuroraInCharge = other.last?.accepts === false;
      this.#sourceDueMs = other.last?.accepts === true ? look.answeredMs : null;
    } else if (side === 'source' && this.#sourceDueMs !== null) {
      this.#isAuroraInCharge = !look.accepts;
      const isFromBefore = look.accepts && look.sentMs < this.#sourceDueMs;
      this.#sourceDueMs = isFromBefore ? this.#sourceDueMs : null;
    }
    own.last = look;
    if (!look.accepts) {
      this.#refused(side, look.answeredMs);
      return null;
    }
    if (own.acceptsSinceMs === null) {
      own.acceptsSinceMs = look.answeredMs;
      own.wasOpened = isOpened;
    }
    own.lastAccepted = look;
    const between = other.lastAccepted;
    if (between && between.sentMs >= own.acceptsSinceMs && between.answeredMs <= look.sentMs) {
      // Each look proves one instant once, also when its side refuses by now.
      other.lastAccepted = null;
      this.#prove(between, side);
    }
    return this.#overlap?.isFault === false ? this.#overlap : null;
  }

  /** The server did not answer: nothing is known of it until the next look. */
  lost(side: Side): void {
    this.#sides[side].last = null;
    this.#sides[side].acceptsSinceMs = null;
    this.#end(performance.now());
  }

  /** Writes of one side reach the other: asked after the time began in which both accept them. */
  connected(overlap: Overlap): void {
    // Two separate databases are connected only after one of them refuses writes.
    overlap.isFault ||= overlap.wasOpened || overlap === this.#overlap;
  }

  /**
   * Milliseconds until a side is worth the next look. While one of them refuses, the other is asked seldom: its last
   * accepted look stays good. It is asked at once when the one that refused is opened.
   */
  pauseMs(side: Side): number {
    const [own, other] = [this.#sides[side].last, this.#sides[otherOf(side)].last];
    if (own === null || other === null || own.accepts === other.accepts) {
      return betweenLooksMs;
    }
    return own.accepts ? betweenAcceptedLooksMs : betweenRefusedLooksMs;
  }

  report(): SidesReport {
    const {source, aurora} = this.#sides;
    return {
      bothWritable: [...this.#ended, ...(this.#overlap ? [this.#overlap] : [])]
        .filter(({isFault}) => isFault)
        .map(({opened, firstMs, lastMs}) => ({
          opened,
          fromUtc: new Date(performance.timeOrigin + firstMs).toISOString(),
          ms: Math.round(lastMs - firstMs),
        })),
      accepts: {source: source.last?.accepts ?? null, aurora: aurora.last?.accepts ?? null},
      asked: {source: source.asked, aurora: aurora.asked},
    };
  }

  #refused(side: Side, atMs: number): void {
    this.#sides[side].acceptsSinceMs = null;
    if (side === 'aurora') {
      this.#isAuroraInCharge = false;
      this.#sourceDueMs = null;
    }
    this.#end(atMs);
  }

  #prove(instant: Look, side: Side): void {
    const before = this.#ended.at(-1);
    if (before && instant.answeredMs <= before.endedMs) {
      before.lastMs = Math.max(before.lastMs, instant.answeredMs);
      return;
    }
    const other = otherOf(side);
    const since = (of: Side) => this.#sides[of].acceptsSinceMs ?? instant.answeredMs;
    const opened = since(side) > since(other) ? side : other;
    this.#overlap ??= {
      opened,
      wasOpened: this.#sides[opened].wasOpened,
      firstMs: instant.sentMs,
      lastMs: instant.answeredMs,
      endedMs: Number.POSITIVE_INFINITY,
      isFault: this.#isAuroraInCharge,
    };
    this.#overlap.lastMs = Math.max(this.#overlap.lastMs, instant.answeredMs);
  }

  #end(atMs: number): void {
    if (this.#overlap) {
      this.#overlap.endedMs = atMs;
      this.#ended.push(this.#overlap);
      this.#overlap = null;
    }
  }
}

const fresh = (): SideState => ({
  asked: 0,
  acceptsSinceMs: null,
  wasOpened: false,
  last: null,
  lastAccepted: null,
});

const betweenConnectionLooksMs = 250;
const reconnectMs = 20;
const answerLimitMs = 1_000;

export interface SideWatch {
  report(): SidesReport;
  stop(): Promise<void>;
}

// A session of root on Aurora would be a client that a step can neither end nor pass over.
const watchers: Readonly<Record<Side, string | undefined>> = {source: undefined, aurora: rdsAdmin};

/** Asks both sides over and over, as long as the lab is up, whether an ordinary account can write. */
export function watchSides(sides: Readonly<Record<Side, LabDatabase>>): SideWatch {
  const order = new SideOrder();
  const stopping = new AbortController();
  const {signal} = stopping;
  let asked: {readonly of: Overlap | null; readonly atMs: number} = {of: null, atMs: 0};
  const askConnection = async (of: Overlap) => {
    if (asked.of === of && performance.now() - asked.atMs < betweenConnectionLooksMs) {
      return;
    }
    asked = {of, atMs: performance.now()};
    const each = await Promise.all([replicates(sides.source), replicates(sides.aurora)]);
    if (each.includes(true)) {
      order.connected(of);
    }
  };
  const wake: Record<Side, () => void> = {source: () => {}, aurora: () => {}};
  const rest = (side: Side) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, order.pauseMs(side));
      wake[side] = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const watch = async (side: Side) => {
    let accepted = true;
    while (!signal.aborted) {
      await sides[side]
        .session(async (connection) => {
          const sql = 'SELECT @@GLOBAL.read_only AS refused';
          for (; !signal.aborted; await rest(side)) {
            const sentMs = performance.now();
            const [rows] = await connection.query({sql, timeout: answerLimitMs});
            const [row] = rows as {readonly refused: number}[]; // A SELECT answers with rows.
            const accepts = Number(row?.refused) === 0;
            const both = order.add(side, {sentMs, answeredMs: performance.now(), accepts});
            if (accepts && !accepted) {
              wake[otherOf(side)]();
            }
            accepted = accepts;
            if (both) {
              void askConnection(both).catch(() => {});
            }
          }
        }, watchers[side])
        .catch(() => order.lost(side));
      await sleep(reconnectMs, undefined, {signal}).catch(() => {});
    }
  };
  const watching = Promise.all([watch('source'), watch('aurora')]);
  return {
    report: () => order.report(),
    stop: async () => {
      stopping.abort();
      wake.source();
      wake.aurora();
      await watching;
    },
  };
}
