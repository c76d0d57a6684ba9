import {rangeText} from '../forecast/forecast-text.ts';
import {closedTimes, minuteText} from '../inventory/window.ts';
import {elapsedMs, shifted} from '../model/moment.ts';
import type {DescribedUnit} from './described-units.ts';

type Windowed = Pick<DescribedUnit, 'id' | 'window'>;

/** In ms after the wave starts. */
interface Closed {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The windows of the units of a wave that starts at a moment. What a calendar says is not known before. */
export class NightWindows {
  readonly #startsAt: Date;
  readonly #closed: ReadonlyMap<string, readonly Closed[]>;

  constructor(units: readonly Windowed[], startsAt: Date) {
    this.#startsAt = startsAt;
    this.#closed = new Map(
      units.flatMap(({id, window}) => (window ? [[id, closedFrom(window, startsAt)]] : [])),
    );
  }

  /** The first moment from `nowMs` on at which a unit may begin. */
  opensMs({id}: Windowed, nowMs: number): number {
    const closed = this.#closed.get(id) ?? [];
    const ends = closed.filter(({fromMs, untilMs}) => fromMs <= nowMs && nowMs < untilMs);
    return ends.length === 0
      ? nowMs
      : this.opensMs({id}, Math.max(...ends.map(({untilMs}) => untilMs)));
  }

  /** When the window of a unit that begins closes next. */
  closesMs({id}: Windowed, beginsMs: number): number {
    const closed = this.#closed.get(id) ?? [];
    return Math.min(...closed.map(({fromMs}) => fromMs).filter((fromMs) => fromMs > beginsMs));
  }

  /** For people: a moment in the time zone of the window; `undefined` for a unit without one. */
  textOf({window}: Windowed, ms: number): string | undefined {
    return window && minuteText(shifted(this.#startsAt, ms), window.timeZone);
  }

  /** A unit that has no time left in its window, or may still be running when it closes; and what to do. */
  remarkOn(unit: DescribedUnit, beginsMs: number | undefined): readonly string[] {
    const {id, forecast} = unit;
    if (beginsMs === undefined) {
      const isOver = this.opensMs(unit, 0) === Number.POSITIVE_INFINITY;
      return this.#closed.has(id)
        ? [
            isOver
              ? `${id} has no open time left in its window. Change "window" in its inventory, or ${id} fails and stops its wave.`
              : `${id} does not fit into its window: the window closes before the units ahead of it are done. Widen the window, raise atOnce, or list ${id} earlier. Otherwise it fails and stops its wave.`,
          ]
        : [];
    }
    const closesMs = this.closesMs(unit, beginsMs);
    return forecast && beginsMs + forecast.run.p95 > closesMs
      ? [
          `${id} may still be running when its window closes: it begins at ${this.textOf(unit, beginsMs)}, takes ${rangeText(forecast.run)}, and the window closes at ${this.textOf(unit, closesMs)}. Widen the window, or let ${id} begin earlier.`,
        ]
      : [];
  }
}

function closedFrom(
  window: NonNullable<DescribedUnit['window']>,
  startsAt: Date,
): readonly Closed[] {
  // 0 for what was before: no unit begins earlier than its wave.
  const msOf = (utc: string): number => elapsedMs(startsAt, new Date(utc));
  return closedTimes(window).map(({fromUtc, untilUtc}) => ({
    fromMs: fromUtc === undefined ? 0 : msOf(fromUtc),
    untilMs: untilUtc === undefined ? Number.POSITIVE_INFINITY : msOf(untilUtc),
  }));
}
