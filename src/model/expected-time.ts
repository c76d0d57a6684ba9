import {makesConnections} from './effects.ts';
import type {Entry} from './entry.ts';
import {type OutageSpan, outageSpan} from './outage-span.ts';
import type {RoundTrip} from './round-trip.ts';
import type {AnyRunbook} from './runbook.ts';

/** What a stretch of a runbook takes of the network alone. It is an expectation: nothing was run. */
export interface ExpectedTime {
  /** The questions to each target, one after another, as the steps declare them. */
  readonly roundTrips: Readonly<Record<string, number>>;
  /** These, each as long as it was measured. */
  readonly networkMs: number;
  /** Entries whose questions are not declared, or go to a target whose distance is not known. */
  readonly notCounted: readonly string[];
}

/** What a plan expects, and of what: the distances as they were measured for it. */
export interface Expectation {
  readonly times: ExpectedTimes;
  readonly distances: readonly RoundTrip[];
}

interface ExpectedTimes {
  /** Nobody can write. */
  readonly outage?: ExpectedTime;
  /** New connections wait. */
  readonly hold?: ExpectedTime;
}

/** The targets whose distance counts: those of entries during which somebody waits. */
export const targetsWaitedFor = (runbook: AnyRunbook): readonly string[] => {
  const {outage, hold} = spansOf(runbook);
  const entries = [outage, hold].flatMap((span) => within(runbook, span));
  return [...new Set(entries.flatMap((entry) => questionsOf(entry).map(({target}) => target)))];
};

/** How many steps of the outage change something: before each, the journal must be where other hosts find it. */
export function barriersInOutage(runbook: AnyRunbook): number {
  const {outage} = spansOf(runbook);
  return within(runbook, outage).filter(({unit}) => unit.kind !== 'gate').length;
}

export function expectedTimes(runbook: AnyRunbook, trips: readonly RoundTrip[]): ExpectedTimes {
  const {outage, hold} = spansOf(runbook);
  return {
    ...(outage ? {outage: expectedTime(within(runbook, outage), trips)} : {}),
    ...(hold ? {hold: expectedTime(within(runbook, hold), trips)} : {}),
  };
}

/** What a journal keeps of the hold that a runbook has. */
export function journaledHold(runbook: AnyRunbook): {readonly hold?: HoldNames} {
  const {hold} = spansOf(runbook);
  return hold ? {hold: {from: [hold.begins], until: [hold.ends]}} : {};
}

interface HoldNames {
  from: string[];
  until: string[];
}

function spansOf({head, entries}: AnyRunbook) {
  const all: readonly Entry[] = entries;
  const begins = all.find(({unit}) => makesConnections(unit, 'held'));
  const ends = all.findLast(({unit}) => makesConnections(unit, 'released'));
  return {
    outage: head.outage && outageSpan(head.outage, all),
    hold: begins && ends && {begins: begins.id, ends: ends.id},
  };
}

function within({entries}: AnyRunbook, span: OutageSpan | undefined): readonly Entry[] {
  const all: readonly Entry[] = entries;
  const ids = all.map(({id}) => id);
  return span ? all.slice(ids.indexOf(span.begins), ids.indexOf(span.ends) + 1) : [];
}

interface Questions {
  readonly target: string;
  readonly count: number;
}

const questionsOf = ({unit, on}: Entry): readonly Questions[] =>
  Object.entries(unit.roundTrips ?? {}).flatMap(([part, count]) => {
    const target = on[part];
    return target === undefined || !count ? [] : [{target, count: Number(count)}];
  });

function expectedTime(entries: readonly Entry[], trips: readonly RoundTrip[]): ExpectedTime {
  const msOf = (target: string) => trips.find((trip) => trip.target === target)?.ms ?? null;
  const counted = entries.map((entry) => {
    const questions = questionsOf(entry);
    const known = questions.every(({target}) => msOf(target) !== null);
    const ms = questions.reduce((sum, {target, count}) => sum + count * (msOf(target) ?? 0), 0);
    return {entry, questions, ms, isCounted: entry.unit.roundTrips !== undefined && known};
  });
  // Of entries that run together, the longest is waited for.
  const waited = counted.filter(
    ({entry: {group}, ms}, index) =>
      group === undefined ||
      !counted.some(
        (other, place) =>
          other.entry.group === group && (other.ms > ms || (other.ms === ms && place < index)),
      ),
  );
  const roundTrips: Record<string, number> = {};
  for (const {target, count} of waited.flatMap(({questions}) => questions)) {
    roundTrips[target] = (roundTrips[target] ?? 0) + count;
  }
  return {
    roundTrips,
    networkMs: Math.round(waited.reduce((sum, {ms}) => sum + ms, 0)),
    notCounted: counted.flatMap(({entry, isCounted}) => (isCounted ? [] : [entry.id])),
  };
}
