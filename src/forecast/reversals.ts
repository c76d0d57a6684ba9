import type {Entry, Item} from '../model/entry.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Draws} from './draws.ts';
import {type ReversalForecast, type RunNow, rangeOf, sinceLast} from './range.ts';
import {type MsIn, remaining} from './remaining.ts';
import type {Samples} from './samples.ts';
import {emptyCourse, follow, turnsBack} from './schedule.ts';

interface About {
  readonly samples: Samples;
  readonly draws: Draws;
  readonly run: RunNow | undefined;
}

/**
 * How long a reversal to each checkpoint takes: in a run from where it is, before it from the last entry from which all
 * reversals were measured, and no later than the point of no return.
 */
export function reversalForecasts(runbook: AnyRunbook, about: About): readonly ReversalForecast[] {
  const changed = changesOf(runbook, about);
  const reversible = reversibleOf(runbook);
  const before = about.run ? reversible : measuredUpTo(changed, reversible, about);
  return reversalsTo(placesOf(runbook.items), {runbook, changed, before}, about);
}

/**
 * In a run: the longest reversal that it could still need, to the nearest checkpoint to which it could be reversed now.
 * It starts from the last entry before the point of no return.
 */
export function lastReversal(
  runbook: AnyRunbook,
  nearest: ReversalForecast | undefined,
  about: About,
): ReversalForecast | undefined {
  const to = placesOf(runbook.items).filter(({name}) => name === nearest?.to);
  const ofAll = {...about, run: undefined};
  const parts = {runbook, changed: changesOf(runbook, ofAll), before: reversibleOf(runbook)};
  return nearest && reversalsTo(to, parts, ofAll).at(-1);
}

/** What is left of a reversal under way. */
export function reversalLeft(runbook: AnyRunbook, about: About & {readonly run: RunNow}) {
  const {samples, draws, run} = about;
  const {reversing, open} = run.timings;
  const entries: readonly Entry[] = runbook.entries;
  const places = entries.flatMap(({id}, place) => (reversing.has(id) ? [place] : []));
  const msIn = remaining(entries, draws, (id) => {
    const work = open.get(id);
    return work && work.ms + sinceLast(run);
  });
  return {
    left: rangeBack(entries, places, {draws, msIn}),
    notMeasured: places
      .filter((place) => !isMeasured(place, {samples}))
      .flatMap((place) => entries[place]?.id ?? []),
  };
}

const changesOf = ({entries}: AnyRunbook, about: About): readonly number[] =>
  entries.flatMap((entry: Entry, place: number) => (isChange(entry, place, about) ? [place] : []));

/** How many entries are before the point of no return. */
function reversibleOf({items}: AnyRunbook): number {
  const barrier = items.findIndex(({kind}: Item) => kind === 'point-of-no-return');
  return entriesBefore(items, barrier < 0 ? items.length : barrier);
}

interface Parts {
  readonly runbook: AnyRunbook;
  /** The places of what is reversed, and the entry before which it ends. */
  readonly changed: readonly number[];
  readonly before: number;
}

function reversalsTo(
  checkpoints: ReturnType<typeof placesOf>,
  {runbook, changed, before}: Parts,
  about: About,
): readonly ReversalForecast[] {
  const entries: readonly Entry[] = runbook.entries;
  return checkpoints.flatMap(({name, at}): ReversalForecast[] => {
    const places = changed.filter((place) => place >= at && place < before);
    const last = places.at(-1);
    if (last === undefined) {
      return [];
    }
    const unmeasured = places.filter((place) => !isMeasured(place, about));
    const notMeasured = unmeasured.flatMap((place) => entries[place]?.id ?? []);
    const start = about.run ? undefined : entries[before - 1]?.id;
    return [
      {
        to: name,
        ...(start === undefined ? {} : {from: start}),
        ...(notMeasured.length > 0 ? {} : {range: rangeBack(entries, places, msOf(about))}),
        notMeasured,
      },
    ];
  });
}

/** A step that changes something, as far as the run or earlier ones tell. */
function isChange({id, unit}: Entry, place: number, {samples, run}: About): boolean {
  if (unit.kind !== 'step') {
    return false;
  }
  if (run) {
    const timing = run.timings.done.get(id) ?? run.timings.open.get(id);
    return timing?.firstIntentMs !== undefined;
  }
  const all = samples.forward[place] ?? [];
  return all.length === 0 || all.some(({timing}) => timing.firstIntentMs !== undefined);
}

const isMeasured = (place: number, {samples}: Pick<About, 'samples'>): boolean =>
  (samples.reverse[place]?.length ?? 0) > 0;

/** The entries before the first change whose reversal nobody has measured since the last one that was. */
function measuredUpTo(changed: readonly number[], reversible: number, about: About): number {
  const last = changed.findLast((place) => place < reversible && isMeasured(place, about));
  const next = last === undefined ? undefined : changed.find((place) => place > last);
  return Math.min(reversible, next ?? reversible);
}

/** The start and the checkpoints, with how many entries are before each. */
function placesOf(
  items: readonly Item[],
): readonly {readonly name: string | null; readonly at: number}[] {
  const checkpoints = items.flatMap((item, index) =>
    item.kind === 'checkpoint' ? [{name: item.name, at: entriesBefore(items, index)}] : [],
  );
  return [{name: null, at: 0}, ...checkpoints];
}

const entriesBefore = (items: readonly Item[], index: number): number =>
  items.slice(0, index).filter(({kind}) => kind === 'entry').length;

const msOf = ({draws}: About) => ({
  ...{draws, msIn: (entry: number, night: number) => draws.ms[entry]?.[night] ?? 0},
});

function rangeBack(
  entries: readonly Entry[],
  places: readonly number[],
  {draws, msIn}: {readonly draws: Draws; readonly msIn: MsIn},
) {
  const turns = turnsBack(entries, places);
  const course = emptyCourse(entries.length);
  const nights = new Float64Array(draws.count);
  for (let night = 0; night < draws.count; night += 1) {
    nights[night] = follow(turns, (entry) => msIn(entry, night), course).endMs;
  }
  return rangeOf(nights);
}
