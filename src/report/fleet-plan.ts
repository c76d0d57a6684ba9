import {rangeText} from '../forecast/forecast-text.ts';
import type {Range} from '../forecast/range.ts';
import {type Fleet, type SharedResource, sharedResources} from '../model/fleet.ts';
import {counted, durationText, type TextOptions} from './labels.ts';
import {flow, type Piece, pad, widthOf} from './text.ts';

interface PlannedUnit {
  readonly unit: string;
  readonly runbook: string;
  readonly inventory: string;
  readonly team?: string;
  /** Only runners of it begin the unit. */
  readonly network?: string;
  readonly after: readonly string[];
  /** In ms after its wave; absent where no earlier run shows how long it takes, or where it has no time. */
  readonly beginsMs?: number;
  /** The unit that fails, and stops the wave before this one begins. */
  readonly waitsFor?: string;
  /** The same for people, of a unit that begins later and has a window. */
  readonly begins?: string;
  readonly run?: Range;
  readonly outage?: Range;
  /** When it may be cut over, for people. */
  readonly window?: string;
}

interface PlannedWave {
  readonly wave: string;
  /** What is approved, once it is started. */
  readonly digest: string;
  readonly approve?: {readonly by: readonly string[]; readonly of: number};
  /** In the order in which they may begin. */
  readonly units: readonly PlannedUnit[];
  /** Machine time of the units that earlier runs have measured. */
  readonly run: Range;
  readonly notMeasured: readonly string[];
  readonly shared: readonly SharedSystem[];
}

/** What at least two units of a wave use. */
export interface SharedSystem {
  /** `route53`: an account whose Route 53 they ask. */
  readonly kind: 'databaseHost' | 'zone' | 'cluster' | 'route53';
  readonly system: string;
  readonly units: readonly string[];
  /** How many of them are under way at once. */
  readonly most: number;
  /** The limit of `atOnce` that sees to that, or their `after`; `null`: nothing. */
  readonly by: SharedResource | 'units' | 'after' | null;
  /** That so many send to Route 53. */
  readonly requestsPerSecond?: number;
}

/** The order of a fleet, and how long it will probably take. */
export interface FleetPlan {
  readonly fleet: string;
  readonly file: string;
  /** The wave that starts now; without it, the first one. */
  readonly from?: string;
  /** Of the waves, and of every runbook and inventory in them. */
  readonly digest: string;
  readonly atOnce: NonNullable<Fleet['atOnce']>;
  readonly waves: readonly PlannedWave[];
  readonly remarks: readonly string[];
  /** The commands that follow, without the name of the program. */
  readonly next: readonly string[];
}

export function fleetPlanText(plan: FleetPlan, options: TextOptions): string {
  const {paint, width} = options;
  const units = plan.waves.reduce((sum, wave) => sum + wave.units.length, 0);
  const size = `${counted(units, 'unit')} in ${counted(plan.waves.length, 'wave')}`;
  return [
    ...flow([{text: `Fleet ${plan.fleet}`, paint: paint.bold}, `: ${size}`], {width}),
    ...flow([limitsText(plan.atOnce)], {width}),
    ...(plan.waves.some((wave) => wave.units.some(({window}) => window !== undefined))
      ? flow([windowsText(plan.from)], {width})
      : []),
    ...runnersText(plan).flatMap((line) => flow([line], {width})),
    ...plan.waves.flatMap((wave, at) => ['', ...waveLines(wave, plan.waves[at - 1], options)]),
    ...(plan.remarks.length > 0 ? [''] : []),
    ...plan.remarks.flatMap((remark) => flow([remark], {width, first: '! ', rest: '  '})),
    '',
    ...flow([`Digest of this plan: ${plan.digest}`], {width}),
  ].join('\n');
}

const resourceWords: Readonly<Record<SharedResource, string>> = {
  databaseHost: 'on a database server',
  zone: 'in a zone',
  cluster: 'in a cluster',
  account: 'in an account',
  team: 'of a team',
};

function limitsText(atOnce: FleetPlan['atOnce']): string {
  const limits = [
    ...(atOnce.units === undefined ? [] : [counted(atOnce.units, 'unit')]),
    ...sharedResources.flatMap((resource) => {
      const limit = atOnce[resource];
      return limit === undefined ? [] : [`${limit} ${resourceWords[resource]}`];
    }),
  ];
  return limits.length === 0
    ? 'No limit on how many units are under way at once.'
    : `At most at once: ${limits.join(', ')}.`;
}

const windowsText = (from: string | undefined): string =>
  `Times assume that ${from ?? 'the first wave'} starts now, and each later wave as soon as the one before it is done.`;

/** Which runners must be started, where some units have a network. */
function runnersText({waves}: FleetPlan): readonly string[] {
  const units = waves.flatMap((wave) => wave.units);
  const networks = [...new Set(units.map(({network}) => network))];
  const commands = networks.map((network) =>
    network === undefined ? 'fleet runner' : `fleet runner --network ${network}`,
  );
  return networks.some((network) => network !== undefined)
    ? [`Runners that this fleet needs: ${commands.toSorted().join(', ')}.`]
    : [];
}

function waveLines(
  wave: PlannedWave,
  earlier: PlannedWave | undefined,
  {paint, width}: TextOptions,
): readonly string[] {
  const {approve, notMeasured, units} = wave;
  const measured = units.length - notMeasured.length;
  const about = [
    counted(units.length, 'unit'),
    ...(earlier ? [`after ${earlier.wave}`] : []),
    ...(approve
      ? [`needs the approval of ${approve.of} of ${approve.by.join(', ')}, digest ${wave.digest}`]
      : []),
    ...(measured > 0 ? [`${rangeText(wave.run)} of machine time`] : []),
  ].join(', ');
  const rows = units.map(cellsOf);
  const columns = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ''))));
  return [
    ...flow([{text: `Wave ${wave.wave}`, paint: paint.bold}, `: ${about}`], {width}),
    ...rows.flatMap((row) =>
      flow(
        row.flatMap((cell, at): Piece[] => [cell, pad('', (columns[at] ?? 0) - widthOf(cell) + 2)]),
        {width, first: '  ', rest: '      '},
      ),
    ),
    ...wave.shared.flatMap((system) =>
      flow([sharedText(system)], {width, first: '  ⇄ ', rest: '    '}),
    ),
    ...(measured > 0 && notMeasured.length > 0
      ? flow([`Never measured, and not in this figure: ${notMeasured.join(', ')}.`], {
          width,
          first: '  ',
        })
      : []),
  ];
}

const cellsOf = (unit: PlannedUnit): readonly string[] => [
  unit.unit,
  `${unit.runbook} on ${unit.inventory}`,
  [
    ...(unit.run || unit.waitsFor !== undefined ? [beginsText(unit)] : []),
    unit.run ? `takes ${rangeText(unit.run)}` : 'never measured',
  ].join(', '),
  unit.outage ? `outage ${rangeText(unit.outage)}` : '',
  [
    ...(unit.after.length > 0 ? [`after ${unit.after.join(', ')}`] : []),
    ...(unit.network === undefined ? [] : [`network ${unit.network}`]),
    ...(unit.window === undefined ? [] : [`window: ${unit.window}`]),
  ].join('; '),
];

function beginsText({begins, beginsMs, waitsFor}: PlannedUnit): string {
  if (beginsMs === undefined) {
    return waitsFor === undefined
      ? 'does not fit into its window'
      : `does not begin: it waits for ${waitsFor}`;
  }
  return beginsMs === 0 ? 'at once' : (begins ?? `after ${durationText(beginsMs)}`);
}

const systemWords: Readonly<Record<SharedSystem['kind'], string>> = {
  databaseHost: 'database server',
  zone: 'hosted zone',
  cluster: 'ECS cluster',
  route53: 'Route 53 in the account',
};

/** Who shares a system, and what happens to them. */
function sharedText(shared: SharedSystem): string {
  const {kind, system, units, most, by, requestsPerSecond} = shared;
  const names = units.slice(0, mostNames).join(', ');
  const others = units.length > mostNames ? ` and ${units.length - mostNames} more` : '';
  const key = kind === 'route53' ? 'account' : kind;
  const limit = by === 'after' ? '"after"' : `atOnce.${by ?? key}`;
  const order =
    by === null
      ? `up to ${most} at once. To limit them, set ${limit}`
      : most === 1
        ? `one after the other, by ${limit}`
        : `up to ${most} at once, by ${limit}`;
  const requests =
    requestsPerSecond === undefined
      ? ''
      : ` They send up to ${requestsPerSecond} requests a second; Route 53 takes 5.`;
  return `${systemWords[kind]} ${system}: shared by ${names}${others}; ${order}.${requests}`;
}

/** The document has all of them. */
const mostNames = 8;
