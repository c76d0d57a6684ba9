import {uptime} from 'node:os';
import {setTimeout as timeout} from 'node:timers/promises';
import type {Clock, ClockEvent} from '../engine/clock.ts';
import {thisMachine} from '../journal/process-identity.ts';
import {sha256} from '../model/canonical.ts';
import type {Moment} from '../model/moment.ts';

/** Where a machine has its time from. */
export interface TimeSource {
  /** What the clock of the machine says, in ms since 1970. Somebody may set it. */
  utcMs(): number;
  /** In ms since some moment: nobody can set it, and it counts while the machine sleeps. */
  upMs(): number;
  readonly mark: string;
}

/** What a timer of Node can hold, nearly 25 days: a longer one would go off at once. */
const longestMs = 2 ** 31 - 1;
const beatMs = 1_000;
/** A busy machine may be late by less. */
const stillAfterMs = 10_000;
/** Nobody notices less. */
const setAfterMs = 1_000;

/** The clock of this machine: UTC at its beginning, carried on by a clock that nobody can set. */
export class MachineClock implements Clock {
  readonly carried: NonNullable<Clock['carried']>;
  readonly #source: TimeSource;
  /** UTC minus the time of `upMs`. */
  readonly #offsetMs: number;
  readonly #listeners = new Set<(event: ClockEvent) => void>();
  /** How far the machine's clock was from `now` when it was last compared. */
  #driftMs = 0;
  #stoppedMs = 0;
  #beatAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `from`: the last entry of the journal that it continues. */
  constructor(from?: Moment, source = machineTime()) {
    this.#source = source;
    const {carried, nowMs} = carry(from, source);
    this.carried = carried;
    this.#offsetMs = nowMs - source.upMs();
  }

  /** A clock that says this time now: that of another machine goes on. */
  static at(now: Date): MachineClock {
    const source = machineTime();
    const aheadMs = now.getTime() - source.utcMs();
    return new MachineClock(undefined, {...source, utcMs: () => source.utcMs() + aheadMs});
  }

  get mark(): string {
    return this.#source.mark;
  }

  now(): Date {
    return new Date(this.#offsetMs + this.#source.upMs());
  }

  monotonic(): number {
    return this.#source.upMs();
  }

  stoppedMs(): number {
    this.#beat();
    return this.#stoppedMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return timeout(ms, undefined, {signal}).catch(() => {});
  }

  after(ms: number, over: () => void): () => void {
    const awake = () => this.monotonic() - this.stoppedMs();
    const dueMs = awake() + ms;
    const arm = (leftMs: number): NodeJS.Timeout =>
      setTimeout(
        () => {
          // It went off while the process stood still: that time does not count.
          const left = dueMs - awake();
          if (left > 1) {
            timer = arm(left);
          } else {
            over();
          }
        },
        Math.min(leftMs, longestMs),
      );
    let timer = arm(ms);
    return () => clearTimeout(timer);
  }

  watch(listener: (event: ClockEvent) => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#beatAtMs = this.monotonic();
      this.#timer = setInterval(() => this.#beat(), beatMs).unref();
      this.#compare();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    };
  }

  /** After a stop this comes before every timer that went off meanwhile, or is asked for by it. */
  #beat(): void {
    if (this.#timer === undefined) {
      return;
    }
    const atMs = this.monotonic();
    const ms = atMs - this.#beatAtMs;
    this.#beatAtMs = atMs;
    if (ms > stillAfterMs) {
      this.#stoppedMs += ms;
      const since = new Date(this.#offsetMs + atMs - ms);
      this.#tell({kind: 'process-stopped', since, ms: Math.round(ms)});
    }
    this.#compare();
  }

  #compare(): void {
    const utcMs = this.#source.utcMs();
    const driftMs = utcMs - this.now().getTime();
    const byMs = Math.round(driftMs - this.#driftMs);
    if (Math.abs(byMs) > setAfterMs) {
      this.#driftMs = driftMs;
      this.#tell({kind: 'clock-set', byMs, clock: new Date(utcMs)});
    }
  }

  #tell(event: ClockEvent): void {
    for (const listener of this.#listeners) {
      listener(event);
    }
  }
}

/**
 * The time for somebody who reads a journal; `null` when the clock of this machine is before its last entry: it was set
 * back, or differs from that of the machine which wrote it, and how long ago something happened is unknown.
 */
export function timeAfter(last: Moment, source = machineTime()): Date | null {
  const clock = new MachineClock(last, source);
  const isBehind = Date.parse(last.atUtc) - source.utcMs() > skewMs;
  return clock.carried === 'last-entry' && isBehind ? null : clock.now();
}

/** Clocks that are synchronised differ by less. */
const skewMs = 2_000;

function carry(from: Moment | undefined, {utcMs, upMs, mark}: TimeSource) {
  const nowMs = utcMs();
  if (!from) {
    return {carried: 'utc', nowMs} as const;
  }
  const thenMs = Date.parse(from.atUtc);
  const {monotonic} = from;
  const sinceMs = monotonic?.mark === mark ? upMs() - monotonic.ms : -1;
  if (sinceMs >= 0) {
    return {carried: 'monotonic', nowMs: thenMs + sinceMs} as const;
  }
  return nowMs < thenMs
    ? ({carried: 'last-entry', nowMs: thenMs} as const)
    : ({carried: 'utc', nowMs} as const);
}

/** The monotonic clock of Linux stops while the machine sleeps (clock_gettime(2)); its uptime does not. */
function machineTime(): TimeSource {
  const ms = () => Number(process.hrtime.bigint() / 1_000n) / 1_000;
  const startedMs = ms();
  const upMs = uptime() * 1_000;
  let asleepMs = 0;
  return {
    utcMs: Date.now,
    upMs: () => {
      const ranMs = ms() - startedMs;
      const sleptMs = uptime() * 1_000 - upMs - ranMs;
      // The uptime comes in hundredths of a second.
      if (sleptMs - asleepMs > setAfterMs) {
        asleepMs = sleptMs;
      }
      return upMs + ranMs + asleepMs;
    },
    mark: machineMark(),
  };
}

/** The same for all processes of one boot; where boots cannot be told apart, of one process. */
function machineMark(): string {
  const {boot, id} = thisMachine;
  return sha256(boot === 'unknown' ? thisMachine.freshToken() : `${boot} ${id}`).slice(0, 12);
}
