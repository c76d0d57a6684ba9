/** Time, as the engine sees it. A simulation has its own. */
export interface Clock {
  /** UTC, carried on by `monotonic`: it never decreases, also when somebody sets the clock of the machine. */
  now(): Date;
  /** In ms. It never decreases, and it counts the time in which the machine sleeps. */
  monotonic(): number;
  /** Only values of `monotonic` with the same mark can be compared. */
  readonly mark: string;
  /** How its time goes on from that of an earlier process. */
  readonly carried?: Carried;
  /**
   * How long this process has stood still so far, in ms: stopped by a signal, or with a machine that slept. A limit
   * does not count it.
   */
  stoppedMs(): number;
  /** Ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls back once when the time is over, unless it was called off by what this returns. */
  after(ms: number, over: () => void): () => void;
  /** Tells what happens to time, until it is called off by what this returns. */
  watch(listener: (event: ClockEvent) => void): () => void;
}

type Carried =
  /** By the machine, which has not been restarted since. */
  | 'monotonic'
  /** By the clock of the machine: another machine, or another boot. */
  | 'utc'
  /** The clock of the machine is before the last entry of the earlier process: time goes on from that entry. */
  | 'last-entry';

export type ClockEvent =
  /** This process stood still. */
  | {readonly kind: 'process-stopped'; readonly since: Date; readonly ms: number}
  /** The machine's clock was set by so many ms. `now` and `monotonic` go on as before. */
  | {readonly kind: 'clock-set'; readonly byMs: number; readonly clock: Date};

/** What limits count: the time in which this process could act, in ms. */
export const awakeMs = (clock: Pick<Clock, 'monotonic' | 'stoppedMs'>): number =>
  clock.monotonic() - clock.stoppedMs();
