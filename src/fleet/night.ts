import {chanceFrom, normalsFrom} from '../forecast/chance.ts';
import {type Range, rangeOf} from '../forecast/range.ts';
import {type Fleet, sharedResources} from '../model/fleet.ts';
import {shifted} from '../model/moment.ts';
import type {DescribedUnit} from './described-units.ts';
import {NightWindows} from './night-windows.ts';

/** When a unit of a wave will probably begin, in ms after the wave does, and how long it takes. */
interface UnitForecast {
  readonly unit: string;
  /** Absent: its window leaves it no time, or that of the unit in `waitsFor`. */
  readonly beginsMs?: number;
  /** The unit that fails, and stops the wave before this one begins. */
  readonly waitsFor?: string;
  /** The same for people, of a unit that begins later and has a window. */
  readonly begins?: string;
  readonly run?: Range;
  readonly outage?: Range;
}

interface WaveForecast {
  readonly wave: string;
  /** Machine time, from its first unit to its last, if no window is closed: of the units that earlier runs measured. */
  readonly run: Range;
  readonly units: readonly UnitForecast[];
  /** Units that no earlier run shows enough of: their time is in no figure. */
  readonly notMeasured: readonly string[];
  /** Units that do not fit into their windows, and what to do. */
  readonly remarks: readonly string[];
  readonly endsAt: Date;
}

/** Drawn nights: fewer for many units, whose sums differ less. */
const nightsFor = (units: number): number =>
  Math.max(20, Math.min(200, Math.round(20_000 / units)));

/**
 * How long each wave takes, with its prerequisites and limits: the same rules by which units begin in the night. The
 * first wave starts now, and each later one when the one before is done.
 */
export function waveForecasts(
  fleet: Fleet,
  units: readonly DescribedUnit[],
  now: Date,
): readonly WaveForecast[] {
  let startsAt = now;
  return Object.keys(fleet.waves).map((wave) => {
    const own = units.filter((unit) => unit.wave === wave);
    const forecast = {wave, ...forecastOf(fleet, own, startsAt)};
    startsAt = forecast.endsAt;
    return forecast;
  });
}

function forecastOf(
  fleet: Fleet,
  units: readonly DescribedUnit[],
  startsAt: Date,
): Omit<WaveForecast, 'wave'> {
  const windows = new NightWindows(units, startsAt);
  const limited = limitedBy(fleet, units);
  const medianOf = ({forecast}: DescribedUnit): number => forecast?.run.p50 ?? 0;
  const {placed: usual, stopper} = scheduled(limited, medianOf, {windows});
  const begins = new Map(usual.map(({unit, beginsMs}) => [unit.id, beginsMs]));
  const left = units.filter(({id}) => !begins.has(id));
  // As if a unit that does not fit stopped nobody: all that somebody must change.
  const {placed: fitting} = scheduled(limited, medianOf, {windows, isStopped: false});
  const fits = new Set(fitting.map(({unit}) => unit.id));
  const isNext = ({after}: DescribedUnit) =>
    !units.some(({id}) => after.includes(id) && !fits.has(id));
  return {
    run: machineTimeOf(limited),
    units: [...usual.map(({unit}) => unit), ...left].flatMap((unit) =>
      unitForecast(unit, begins.get(unit.id), {windows, stopper}),
    ),
    notMeasured: units.filter(({forecast}) => forecast === undefined).map(({id}) => id),
    remarks: units
      .filter((unit) => begins.has(unit.id) || (!fits.has(unit.id) && isNext(unit)))
      .flatMap((unit) => windows.remarkOn(unit, begins.get(unit.id))),
    endsAt: shifted(startsAt, lastEndOf(fitting)),
  };
}

function unitForecast(
  unit: DescribedUnit,
  beginsMs: number | undefined,
  {windows, stopper}: {readonly windows: NightWindows; readonly stopper: string | undefined},
): readonly UnitForecast[] {
  const {id, forecast} = unit;
  const begins = beginsMs ? windows.textOf(unit, beginsMs) : undefined;
  const waitsFor = beginsMs === undefined && stopper !== id ? stopper : undefined;
  return forecast || waitsFor !== undefined
    ? [
        {
          unit: id,
          ...(forecast ? {run: forecast.run} : {}),
          ...(beginsMs === undefined ? {} : {beginsMs: Math.round(beginsMs)}),
          ...(begins === undefined ? {} : {begins}),
          ...(waitsFor === undefined ? {} : {waitsFor}),
          ...(forecast?.outage ? {outage: forecast.outage} : {}),
        },
      ]
    : [];
}

function machineTimeOf(units: readonly Limited[]): Range {
  const normal = normalsFrom(chanceFrom(units.length));
  const ends = new Float64Array(nightsFor(units.length));
  for (let night = 0; night < ends.length; night += 1) {
    ends[night] = lastEndOf(scheduled(units, (unit) => drawn(unit, normal())).placed);
  }
  return rangeOf(ends);
}

const lastEndOf = (placed: readonly Scheduled[]): number =>
  Math.max(0, ...placed.map(({endsMs}) => endsMs));

/** 95 % of a normal distribution lie below this many deviations. */
const deviations = 1.645;

/** A duration whose logarithm is normal, with the median and the limits of the forecast. */
function drawn({forecast}: DescribedUnit, normal: number): number {
  if (!forecast) {
    return 0;
  }
  const {p5, p50, p95} = forecast.run;
  const [low, high] = normal < 0 ? [p5, p50] : [p50, p95];
  const ratio = low > 0 ? high / low : 1;
  return p50 * ratio ** (normal / deviations);
}

interface Scheduled {
  readonly unit: DescribedUnit;
  readonly beginsMs: number;
  readonly endsMs: number;
}

/** A unit, and the systems of which only so many units may use each at once. */
interface Limited {
  readonly unit: DescribedUnit;
  readonly limits: readonly {readonly system: string; readonly most: number}[];
}

/** Made once: a plan places thousands of units again and again. */
function limitedBy({atOnce = {}}: Fleet, units: readonly DescribedUnit[]): readonly Limited[] {
  return units.map((unit) => ({
    unit,
    limits: [
      ...(atOnce.units === undefined ? [] : [{system: '', most: atOnce.units}]),
      ...sharedResources.flatMap((kind) => {
        const most = atOnce[kind];
        const systems = most === undefined ? [] : (unit.shared[kind] ?? []);
        return systems.map((name) => ({system: `${kind} ${name}`, most: most ?? 0}));
      }),
    ],
  }));
}

/**
 * Each unit begins as soon as its prerequisites are done, its limits allow it and its window is open; the first that
 * may goes first. One that has no time left in its window when its turn comes, fails and stops the wave. Without
 * `isStopped`, only those that wait for it are left out, too.
 */
function scheduled(
  units: readonly Limited[],
  msOf: (unit: DescribedUnit) => number,
  {windows, isStopped = true}: {readonly windows?: NightWindows; readonly isStopped?: boolean} = {},
): {readonly placed: readonly Scheduled[]; readonly stopper?: string} {
  const isOver = (unit: DescribedUnit): boolean =>
    isStopped && windows?.opensMs(unit, now) === Number.POSITIVE_INFINITY;
  const isOpen = (unit: DescribedUnit): boolean => !windows || windows.opensMs(unit, now) === now;
  const waiting = [...units];
  const placed: Scheduled[] = [];
  let underWay: readonly (Scheduled & Limited)[] = [];
  const course = {open: new Set(units.map(({unit}) => unit.id)), users: new Map<string, number>()};
  let now = 0;
  while (waiting.length > 0 && now < Number.POSITIVE_INFINITY) {
    const next = waiting.findIndex(
      (each) => mayBegin(each, course) && (isOpen(each.unit) || isOver(each.unit)),
    );
    if (next >= 0) {
      for (const {unit, limits} of waiting.splice(next, 1)) {
        if (isOver(unit)) {
          return {placed, stopper: unit.id};
        }
        const place = {unit, limits, beginsMs: now, endsMs: now + msOf(unit)};
        placed.push(place);
        underWay = [...underWay, place];
        count(course.users, place, 1);
      }
    } else {
      now = Math.min(...underWay.map(({endsMs}) => endsMs), nextOpening(waiting, now, windows));
      for (const ended of underWay.filter(({endsMs}) => endsMs <= now)) {
        course.open.delete(ended.unit.id);
        count(course.users, ended, -1);
      }
      underWay = underWay.filter(({endsMs}) => endsMs > now);
    }
  }
  return {placed};
}

const nextOpening = (
  waiting: readonly Limited[],
  now: number,
  windows: NightWindows | undefined,
): number =>
  windows
    ? Math.min(
        ...waiting.map(({unit}) => windows.opensMs(unit, now)).filter((opens) => opens > now),
      )
    : Number.POSITIVE_INFINITY;

interface Course {
  /** Units of this wave that are not done. */
  readonly open: ReadonlySet<string>;
  /** How many units under way use a system. */
  readonly users: ReadonlyMap<string, number>;
}

const mayBegin = ({unit, limits}: Limited, {open, users}: Course): boolean =>
  limits.every(({system, most}) => (users.get(system) ?? 0) < most) &&
  !unit.after.some((before) => open.has(before));

function count(users: Map<string, number>, {limits}: Limited, change: 1 | -1): void {
  for (const {system} of limits) {
    users.set(system, (users.get(system) ?? 0) + change);
  }
}
