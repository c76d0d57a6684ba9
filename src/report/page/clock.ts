import {elapsedMs} from '../../model/moment.ts';
import {durationText} from '../labels.ts';

interface Shown {
  /** `null`: how much time has passed is not known. */
  readonly now: Date | null;
}

/** Counts up from `plusMs` at `since`. A page that follows its run lets it tick. */
export const countingHtml = (
  {now}: Shown,
  {since, plusMs = 0}: {readonly since: Date; readonly plusMs?: number},
): string =>
  `<span class="clock" data-since="${since.toISOString()}" data-plus="${Math.floor(plusMs)}">${durationText(plusMs + (now ? elapsedMs(since, now) : 0))}</span>`;

/** Counts down to a moment, and says by how much it is overdue. */
export const untilHtml = ({now}: Shown, at: Date): string =>
  `<span class="clock" data-until="${at.toISOString()}">${now ? untilText(at, now) : ''}</span>`;

const untilText = (at: Date, now: Date): string =>
  now <= at
    ? `in ${durationText(elapsedMs(now, at))}`
    : `overdue by ${durationText(elapsedMs(at, now))}`;
