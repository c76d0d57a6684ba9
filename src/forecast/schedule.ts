import type {Entry, Item} from '../model/entry.ts';

/** Entries that are at work together, by their places in the runbook. */
interface Turn {
  readonly entries: readonly number[];
  readonly atOnce: number;
}

/** Entries in order; those of a group are one turn, at most so many of them at once. */
export function turnsForward(items: readonly Item[]): readonly Turn[] {
  return turnsOf(entriesOf(items), () => true);
}

/** Newest first. Only the entries of a group with a limit are reversed together. */
export function turnsBack(entries: readonly Entry[], places: readonly number[]): readonly Turn[] {
  const back = places.toReversed().flatMap((place) => {
    const entry = entries[place];
    return entry ? [{entry, place}] : [];
  });
  return turnsOf(back, ({atOnce}) => atOnce !== undefined);
}

const entriesOf = (items: readonly Item[]) =>
  items
    .filter((item): item is Entry => item.kind === 'entry')
    .map((entry, place) => ({entry, place}));

function turnsOf(
  entries: readonly {readonly entry: Entry; readonly place: number}[],
  mayGoTogether: (entry: Entry) => boolean,
): readonly Turn[] {
  const turns: {of: Entry; entries: number[]; atOnce: number}[] = [];
  for (const {entry, place} of entries) {
    const last = turns.at(-1);
    const isTogether =
      last &&
      entry.group !== undefined &&
      mayGoTogether(entry) &&
      last.of.group === entry.group &&
      last.of.phase === entry.phase;
    if (isTogether) {
      last.entries.push(place);
    } else {
      turns.push({of: entry, entries: [place], atOnce: entry.atOnce ?? Number.POSITIVE_INFINITY});
    }
  }
  return turns;
}

/** When each entry begins, and which ones the others wait for. */
interface Course {
  /** By the place of the entry. */
  readonly starts: Float64Array;
  readonly critical: number[];
  endMs: number;
}

export const emptyCourse = (entries: number): Course => ({
  starts: new Float64Array(entries),
  critical: [],
  endMs: 0,
});

/** One course of a run, in the given one: as long as each entry takes, in its lane. */
export function follow(
  turns: readonly Turn[],
  msOf: (entry: number) => number,
  course: Course,
): Course {
  let now = 0;
  course.critical.length = 0;
  for (const {entries, atOnce} of turns) {
    const [only] = entries;
    if (entries.length === 1 && only !== undefined) {
      course.starts[only] = now;
      course.critical.push(only);
      now += msOf(only);
    } else {
      now = followTogether(entries, {atOnce, now, msOf, course});
    }
  }
  course.endMs = now;
  return course;
}

interface Together {
  readonly atOnce: number;
  readonly now: number;
  readonly msOf: (entry: number) => number;
  readonly course: Course;
}

/** The next entry begins in the lane that is free first. */
function followTogether(entries: readonly number[], together: Together): number {
  const {atOnce, now, msOf, course} = together;
  if (atOnce >= entries.length) {
    return followAtOnce(entries, together);
  }
  const lanes = Array.from({length: Math.min(atOnce, entries.length)}, () => ({
    endMs: now,
    entries: [] as number[],
  }));
  const [first] = lanes;
  for (const entry of entries) {
    const lane = lanes.reduce((free, other) => (other.endMs < free.endMs ? other : free));
    course.starts[entry] = lane.endMs;
    lane.entries.push(entry);
    lane.endMs += msOf(entry);
  }
  const last = lanes.reduce((late, other) => (other.endMs > late.endMs ? other : late));
  course.critical.push(...last.entries);
  return first ? last.endMs : now;
}

function followAtOnce(
  entries: readonly number[],
  {now, msOf, course}: Omit<Together, 'atOnce'>,
): number {
  let [longest, mostMs] = [-1, -1];
  for (const entry of entries) {
    course.starts[entry] = now;
    const ms = msOf(entry);
    if (ms > mostMs) {
      [longest, mostMs] = [entry, ms];
    }
  }
  course.critical.push(longest);
  return now + Math.max(0, mostMs);
}
