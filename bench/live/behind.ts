import {quantileOf} from '../../src/forecast/chance.ts';
import type {JournalEntry} from '../../src/model/journal.ts';

/** What a viewer saw from that time on: the journal up to this entry. */
export interface Shown {
  readonly atMs: number;
  readonly seq: number;
}

/** For each entry written in that time: after how long each viewer saw it, in ms. */
function delaysOf(
  entries: readonly Pick<JournalEntry, 'seq' | 'atUtc'>[],
  viewers: readonly (readonly Shown[])[],
  [fromMs, toMs]: readonly [number, number],
): readonly number[] {
  const written = entries
    .map(({seq, atUtc}) => ({seq, atMs: new Date(atUtc).getTime()}))
    .filter(({atMs}) => atMs >= fromMs && atMs <= toMs);
  return viewers.flatMap((shown) =>
    written.map(({seq, atMs}) => {
      const first = shown.find((each) => each.seq >= seq);
      return first === undefined ? Number.POSITIVE_INFINITY : first.atMs - atMs;
    }),
  );
}

/** "240, 460 and 610 ms": the delay within which half, 95 of 100, and all entries were seen. */
export function behindText(...about: Parameters<typeof delaysOf>): string {
  const delays = delaysOf(...about).toSorted((a, b) => a - b);
  if (delays.length === 0) {
    return '-';
  }
  const unseen = delays.filter((ms) => ms === Number.POSITIVE_INFINITY).length;
  const seen = delays.slice(0, delays.length - unseen);
  const [half, most, all] = [0.5, 0.95, 1].map((share) => Math.round(quantileOf(seen, share)));
  const late = unseen === 0 ? '' : `; ${unseen} of ${delays.length} not seen in time`;
  return `${half}, ${most} and ${all} ms${late}`;
}
