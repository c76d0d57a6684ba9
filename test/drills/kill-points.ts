import {chanceFrom} from '../../src/forecast/chance.ts';
import type {JournalEntry} from '../../src/model/journal.ts';

/** A place in a cutover: so long after the nth line of this kind of this entry. */
export interface Point {
  readonly entry: string;
  readonly kind: JournalEntry['kind'];
  readonly nth: number;
  /** Half of the time that the unbroken run took from this line to its next: in the middle of whatever it did. */
  readonly plusMs: number;
}

const between = ['action-intended', 'entry-started'];
const kinds = ['entry-started', 'before', 'action-intended', 'action-performed', 'entry-done'];
/** Shorter gaps cannot be hit from outside: the line itself is the point then. */
const shortestGapMs = 20;
/** A gate that is open on arrival is no place to be killed at. */
const longWaitMs = 500;

/**
 * Points of an unbroken run, spread over all entries that changed something and all that waited, in the order of the
 * run.
 */
export function pointsOf(
  entries: readonly JournalEntry[],
  wanted: number,
  seed: number,
): readonly Point[] {
  const random = chanceFrom(seed);
  const candidates = entries.flatMap((_entry, index) => candidateAt(entries, index));
  const names = [...new Set(candidates.map(({entry}) => entry))];
  const acting = names
    .map((name) => candidates.filter(({entry}) => entry === name))
    .filter((points) => points.some(({kind, plusMs}) => kind === 'before' || plusMs > longWaitMs));
  const chosen = new Set<Point>();
  // Round after round, one of each entry, so that none is left out for another's second.
  while (chosen.size < Math.min(wanted, acting.flat().length)) {
    const round = shuffled(acting, random).slice(0, wanted - chosen.size);
    for (const points of round) {
      const [point] = shuffled(
        points.filter((each) => !chosen.has(each)),
        random,
      );
      if (point) {
        chosen.add(point);
      }
    }
  }
  return candidates.filter((point) => chosen.has(point));
}

export const reaches =
  ({entry, kind, nth}: Point) =>
  (entries: readonly JournalEntry[]): boolean =>
    entries.filter((line) => isLine(line, entry, kind)).length > nth;

export const pointText = ({entry, kind, nth, plusMs}: Point): string =>
  `${entry}: ${kind}${nth > 0 ? ` ${nth + 1}` : ''}${plusMs > 0 ? ` + ${plusMs} ms` : ''}`;

function candidateAt(entries: readonly JournalEntry[], index: number): readonly Point[] {
  const line = entries[index];
  if (!line || !('entry' in line) || line.entry === null || !kinds.includes(line.kind)) {
    return [];
  }
  const {entry, kind} = line;
  const nth = entries.slice(0, index).filter((each) => isLine(each, entry, kind)).length;
  const next = entries.slice(index + 1).find((each) => 'entry' in each && each.entry === entry);
  const gapMs = next ? Date.parse(next.atUtc) - Date.parse(line.atUtc) : 0;
  const point = {entry, kind, nth, plusMs: 0};
  return between.includes(kind) && gapMs >= shortestGapMs
    ? [point, {...point, plusMs: Math.round(gapMs / 2)}]
    : [point];
}

const isLine = (line: JournalEntry, entry: string, kind: string): boolean =>
  line.kind === kind && 'entry' in line && line.entry === entry;

function shuffled<Value>(values: readonly Value[], random: () => number): Value[] {
  return values
    .map((value) => ({value, at: random()}))
    .sort((one, other) => one.at - other.at)
    .map(({value}) => value);
}
