import {chanceFrom, normalsFrom} from '../forecast/chance.ts';
import {type Range, rangeOf} from '../forecast/range.ts';
import {type Fleet, type SharedResource, sharedResources} from '../model/fleet.ts';
import type {DescribedUnit} from './described-units.ts';

/** When a unit of a wave will probably begin, in ms after the wave does, and how long it takes. */
interface UnitForecast {
  readonly unit: string;
  readonly beginsMs: number;
  readonly run: Range;
  readonly outage?: Range;
}

interface WaveForecast {
  readonly wave: string;
  /** Machine time, from its first unit to its last: of the units that earlier runs have measured. */
  readonly run: Range;
  readonly units: readonly UnitForecast[];
  /** Units that no earlier run shows enough of: their time is in no figure. */
  readonly notMeasured: readonly string[];
}

/** Drawn nights: fewer for many units, whose sums differ less. */
const nightsFor = (units: number): number =>
  Math.max(20, Math.min(200, Math.round(20_000 / units)));

/** How long each wave takes, with its prerequisites and limits: the same rules by which units begin in the night. */
export const waveForecasts = (
  fleet: Fleet,
  units: readonly DescribedUnit[],
): readonly WaveForecast[] =>
  Object.keys(fleet.waves).map((wave) =>
    forecastOf(
      wave,
      fleet,
      units.filter((unit) => unit.wave === wave),
    ),
  );

function forecastOf(wave: string, fleet: Fleet, units: readonly DescribedUnit[]): WaveForecast {
  const normal = normalsFrom(chanceFrom(units.length));
  const ends = new Float64Array(nightsFor(units.length));
  for (let night = 0; night < ends.length; night += 1) {
    const begins = scheduled(fleet, units, (unit) => drawn(unit, normal()));
    ends[night] = Math.max(0, ...begins.map(({endsMs}) => endsMs));
  }
  const usual = scheduled(fleet, units, ({forecast}) => forecast?.run.p50 ?? 0);
  return {
    wave,
    run: rangeOf(ends),
    units: usual.flatMap(({unit: {id, forecast}, beginsMs}) =>
      forecast
        ? [
            {
              ...{unit: id, beginsMs: Math.round(beginsMs), run: forecast.run},
              ...(forecast.outage ? {outage: forecast.outage} : {}),
            },
          ]
        : [],
    ),
    notMeasured: units.filter(({forecast}) => forecast === undefined).map(({id}) => id),
  };
}

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

/** Each unit begins as soon as its prerequisites are done and its limits allow it; the first that may goes first. */
function scheduled(
  fleet: Fleet,
  units: readonly DescribedUnit[],
  msOf: (unit: DescribedUnit) => number,
): readonly Scheduled[] {
  const waiting = [...units];
  const placed: Scheduled[] = [];
  let underWay: readonly Scheduled[] = [];
  const open = new Set(units.map(({id}) => id));
  const users = new Map<string, number>();
  let now = 0;
  while (waiting.length > 0) {
    const next = waiting.findIndex((unit) => mayBegin(unit, {fleet, open, users}));
    if (next >= 0) {
      for (const unit of waiting.splice(next, 1)) {
        const place = {unit, beginsMs: now, endsMs: now + msOf(unit)};
        placed.push(place);
        underWay = [...underWay, place];
        count(users, unit, 1);
      }
    } else {
      now = Math.min(...underWay.map(({endsMs}) => endsMs));
      for (const {unit} of underWay.filter(({endsMs}) => endsMs <= now)) {
        open.delete(unit.id);
        count(users, unit, -1);
      }
      underWay = underWay.filter(({endsMs}) => endsMs > now);
    }
  }
  return placed;
}

interface Course {
  readonly fleet: Fleet;
  /** Units of this wave that are not done. */
  readonly open: ReadonlySet<string>;
  /** How many units under way use a system. */
  readonly users: ReadonlyMap<string, number>;
}

const mayBegin = (unit: DescribedUnit, {fleet: {atOnce = {}}, open, users}: Course): boolean =>
  !unit.after.some((before) => open.has(before)) &&
  limitsOf(unit).every(
    ({limit, system}) => (users.get(system) ?? 0) < (atOnce[limit] ?? Number.POSITIVE_INFINITY),
  );

function count(users: Map<string, number>, unit: DescribedUnit, change: 1 | -1): void {
  for (const {system} of limitsOf(unit)) {
    users.set(system, (users.get(system) ?? 0) + change);
  }
}

/** The limits that count for a unit, and the system of each. */
const limitsOf = (unit: DescribedUnit): readonly {limit: Limit; system: string}[] => [
  {limit: 'units', system: ''},
  ...sharedResources.flatMap((limit) =>
    (unit.shared[limit] ?? []).map((system) => ({limit, system: `${limit} ${system}`})),
  ),
];

type Limit = 'units' | SharedResource;
