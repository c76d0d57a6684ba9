import {sameJson} from '../model/canonical.ts';
import type {Entry} from '../model/entry.ts';
import type {RoundTrip} from '../model/round-trip.ts';
import type {EntryDigest} from '../model/run-started.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {type Bearings, bearingsOf, type Conditions, conversionOf} from './conditions.ts';
import type {Timing, Timings} from './timings.ts';

/** An earlier run, and what was measured before it. */
export interface PastRun extends Conditions {
  readonly timings: Timings;
}

/** What a run is forecast from, and what was measured now. */
export interface ForecastRequest extends Conditions {
  readonly runbook: AnyRunbook;
  readonly digests: readonly EntryDigest[];
  readonly inventory: string;
  readonly params: unknown;
  /** Of the same runbook, newest first. */
  readonly past: readonly PastRun[];
}

/** An earlier run on which a forecast is based. */
export interface Source {
  readonly run: string;
  readonly rehearsal: boolean;
  readonly inventory: string;
  /** How much it counts: 1 is a run of yesterday, here, with the same parameters. */
  readonly weight: number;
}

/** How long an entry took in an earlier run, converted to the conditions of now. */
export interface Sample {
  /** The place of its run among the sources. */
  readonly source: number;
  readonly weight: number;
  readonly timing: Timing;
  /** How uncertain the conversion is, as a share of the variance. */
  readonly doubt?: number;
}

/** What earlier runs show of each entry of a runbook as it is now. */
export interface Samples {
  readonly sources: readonly Source[];
  /** By the place of the entry in the runbook. */
  readonly forward: readonly (readonly Sample[])[];
  readonly reverse: readonly (readonly Sample[])[];
  /** Entries that were something else in every earlier run. */
  readonly changed: readonly string[];
  /** Some entries were measured with targets at another distance, and are converted. */
  readonly isScaled: boolean;
  readonly checkTime?: CheckTime;
}

/** How long a check of a plan takes now, and took before the earlier runs: they are converted to that. */
export interface CheckTime {
  readonly ms: number;
  readonly least: number;
  readonly most: number;
}

/** How much a measurement counts if the entry's code, targets or input have changed. */
const changedWeight = 0.25;
/** How much a run on another inventory counts. */
const elsewhereWeight = 0.5;
const otherParamsWeight = 0.5;
/** How much each run counts, compared with the next newer one. */
const olderWeight = 0.95;

export function samplesOf(request: ForecastRequest): Samples {
  const {runbook, digests, past} = request;
  const sources = past.map(({timings}, rank) => sourceOf(timings, rank, request));
  const entries: readonly Entry[] = runbook.entries;
  const scales = entries.map((entry) => past.map((run) => scaleOf(entry, run, request.distances)));
  const prints = new Map(digests.map((print) => [print.id, print]));
  const samplesIn = (way: 'forward' | 'reverse') =>
    entries.map(({id}, place) =>
      past.flatMap(({timings}, source): Sample[] => {
        const timing = timings[way].get(id);
        const likeness = likenessOf(prints.get(id), timings);
        const weight = (sources[source]?.weight ?? 0) * likeness;
        const scale = way === 'forward' ? scales[place]?.[source] : undefined;
        return timing && weight > 0
          ? [{source, weight, timing: scale ? scale(timing) : timing}]
          : [];
      }),
    );
  const here = past.map((run) => (isOn(run, request.inventory) ? run : undefined));
  const bearings = bearingsOf(here, request);
  const converted = (way: 'forward' | 'reverse') =>
    samplesIn(way).map((all) => convertedTo(all, bearings));
  const checkTime = bearings?.by.check ? checkTimeOf(here, request) : undefined;
  return {
    ...{sources, forward: converted('forward'), reverse: converted('reverse')},
    changed: entries.flatMap(({id}) => {
      const print = prints.get(id);
      const alike = past.map(({timings}) => likenessOf(print, timings));
      return alike.some((likeness) => likeness > 0) && !alike.includes(1) ? [id] : [];
    }),
    isScaled:
      bearings?.by.distance === true ||
      scales.some((each) => each.some((scale) => scale !== undefined)),
    ...(checkTime ? {checkTime} : {}),
  };
}

const isOn = ({timings}: PastRun, inventory: string): boolean =>
  timings.run.inventory.name === inventory;

function checkTimeOf(
  past: readonly (Conditions | undefined)[],
  {checkMs}: Conditions,
): CheckTime | undefined {
  const all = past.flatMap((run) => run?.checkMs ?? []);
  return checkMs === undefined
    ? undefined
    : {ms: checkMs, least: Math.min(...all), most: Math.max(...all)};
}

function convertedTo(all: readonly Sample[], bearings: Bearings | undefined): readonly Sample[] {
  const observed = ({source, weight, timing}: Sample) => ({
    ...{source, weight, log: Math.log(1 + timing.ms)},
  });
  const {shift, doubt} = conversionOf(all.map(observed), bearings);
  return all.map((sample) => ({
    ...{...sample, doubt},
    timing: timesOf(sample.timing, Math.exp(shift(observed(sample)))),
  }));
}

function timesOf({ms, ...offsets}: Timing, ratio: number): Timing {
  const scaled = Object.entries(offsets).map(([name, at]) => [name, at * ratio]);
  return {ms: ms * ratio, ...Object.fromEntries(scaled)};
}

function sourceOf({run}: Timings, rank: number, {inventory, params}: ForecastRequest): Source {
  const isHere = run.inventory.name === inventory;
  const likeness = isHere
    ? sameJson(run.params, params)
      ? 1
      : otherParamsWeight
    : elsewhereWeight;
  return {
    ...{run: run.run, rehearsal: run.rehearsal, inventory: run.inventory.name},
    weight: likeness * olderWeight ** rank,
  };
}

/** Entries match by their id and unit. */
function likenessOf(now: EntryDigest | undefined, {run}: Timings): number {
  const then = run.runbook.entries.find(({id}) => id === now?.id);
  if (!now || then?.unit !== now.unit) {
    return 0;
  }
  return then.digest === now.digest ? 1 : changedWeight;
}

/** An entry never takes network time alone. */
const mostNetwork = 0.8;

/** Replaces the network time of then in a timing with that of now. */
function scaleOf(
  {unit, on}: Entry,
  {distances: there}: PastRun,
  here: readonly RoundTrip[] | undefined,
): ((timing: Timing) => Timing) | undefined {
  const questions = Object.entries(unit.roundTrips ?? {}).flatMap(([part, count]) => {
    const target = on[part];
    return target === undefined || !count ? [] : [{target, count: Number(count)}];
  });
  const [then, now] = [there, here].map((trips) => networkMs(questions, trips));
  if (then === undefined || now === undefined || questions.length === 0) {
    return undefined;
  }
  return (timing) => {
    const {ms} = timing;
    // What was measured beside a load may be more than the questions took.
    const network = Math.min(then, mostNetwork * ms);
    return timesOf(timing, then > 0 && ms > 0 ? 1 + (network / ms) * (now / then - 1) : 1);
  };
}

function networkMs(
  questions: readonly {readonly target: string; readonly count: number}[],
  trips: readonly RoundTrip[] = [],
): number | undefined {
  const all = questions.map(({target, count}) => {
    const ms = trips.find((trip) => trip.target === target)?.ms ?? null;
    return ms === null ? undefined : ms * count;
  });
  return all.reduce((sum, ms) => (sum === undefined || ms === undefined ? undefined : sum + ms), 0);
}
