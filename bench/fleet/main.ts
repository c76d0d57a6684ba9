import {parseArgs} from 'node:util';
import {rowText} from '../../test/drills/table.ts';
import {type Measured, measureFleet} from './measure.ts';

// `npm run bench:fleet`: what a fleet costs, beside plain runs of the same units, one after the other.
// `--plain-up-to 200` measures plain runs only up to there: they take long, and what they cost a unit is seen by then.
// The services are folders, so what is measured is the program, its journals and PostgreSQL. Figures of one machine:
// what counts is how they grow, and their ratio to plain runs.
const {values} = parseArgs({
  options: {
    units: {type: 'string', default: '20,200,2000'},
    /** The number of runner processes, each with a state folder of its own. */
    runners: {type: 'string', default: '2'},
    /** Units that each runner runs at once. */
    'at-once': {type: 'string', default: '4'},
    /** Plain runs are measured up to so many units; 0: not at all. */
    'plain-up-to': {type: 'string', default: '2000'},
  },
});

const columns = [
  ...['units', 'start', 'fleet', 'per unit', 'plain runs', 'per unit', 'fleet/plain'],
  ...['runner CPU', 'commands', 'PostgreSQL', 'plain CPU', 'commands'],
];
const widths = columns.map((column) => Math.max(column.length, 8));
const say = (cells: readonly string[]) => process.stdout.write(`${rowText(cells, widths)}\n`);

/** A hundred times the units may cost so many times the seconds a unit. */
const mostGrowth = 1.5;

const plainUpTo = Number(values['plain-up-to']);
process.stdout.write(
  `${values.runners} runners, each with up to ${values['at-once']} units at once. From "runner CPU" on, the columns are processor time per unit.\n`,
);
say(columns);
const all: Measured[] = [];
for (const units of values.units.split(',').map(Number)) {
  const measured = await measureFleet({
    units,
    runners: Number(values.runners),
    atOnce: Number(values['at-once']),
    isPlainToo: units <= plainUpTo,
  });
  all.push(measured);
  say(cellsOf(measured));
}
for (const line of conclusions(all)) {
  process.stdout.write(`${line}\n`);
}
process.exit(isLinear(all) ? 0 : 1);

function cellsOf(measured: Measured): readonly string[] {
  const {units, startSeconds, fleetSeconds, plainSeconds, cpu} = measured;
  const each = (seconds: number | undefined) =>
    seconds === undefined ? '-' : `${((seconds / units) * 1_000).toFixed(0)} ms`;
  const whole = (seconds: number | undefined) =>
    seconds === undefined ? '-' : `${seconds.toFixed(1)} s`;
  return [
    ...[String(units), whole(startSeconds), whole(fleetSeconds), each(fleetSeconds)],
    ...[whole(plainSeconds), each(plainSeconds)],
    plainSeconds === undefined ? '-' : (fleetSeconds / plainSeconds).toFixed(2),
    ...[each(cpu.runners), each(cpu.commands), each(cpu.postgres)],
    ...[each(cpu.plain), each(cpu.plainCommands)],
  ];
}

function growthOf(sizes: readonly Measured[]): number {
  const [first, last] = [sizes[0], sizes.at(-1)];
  return first && last ? last.fleetSeconds / last.units / (first.fleetSeconds / first.units) : 1;
}

function isLinear(sizes: readonly Measured[]): boolean {
  return growthOf(sizes) <= mostGrowth;
}

/** How what a unit costs grows with their number, and what it is beside a plain run. */
function conclusions(sizes: readonly Measured[]): readonly string[] {
  const [first, last] = [sizes[0], sizes.at(-1)];
  const plain = sizes.findLast(({plainSeconds}) => plainSeconds !== undefined);
  return [
    ...(first && last && first !== last
      ? [
          `${last.units / first.units} times the units: ${ratio(last.fleetSeconds / last.units, first.fleetSeconds / first.units)} times the seconds and ${ratio(fleetCpuOf(last), fleetCpuOf(first))} times the processor time per unit (1.00 is linear).`,
          isLinear(sizes)
            ? 'The cost of a fleet is linear.'
            : `NOT LINEAR: a unit takes more than ${mostGrowth} times the seconds.`,
        ]
      : []),
    ...(plain && last && plain !== last
      ? [
          `Plain runs were measured up to ${plain.units} units. Beside one of these, a unit in the fleet of ${last.units} takes ${ratio(last.fleetSeconds / last.units, (plain.plainSeconds ?? 0) / plain.units)} times the seconds and ${ratio(fleetCpuOf(last), plainCpuOf(plain))} times the processor time.`,
        ]
      : []),
  ];
}

function ratio(cost: number, beside: number): string {
  return (cost / beside).toFixed(2);
}

/** Processor seconds per unit: of the runners, of what they start, and of PostgreSQL. */
function fleetCpuOf({units, cpu: {runners, commands, postgres}}: Measured): number {
  return (runners + commands + postgres) / units;
}

function plainCpuOf({units, cpu: {plain = 0, plainCommands = 0}}: Measured): number {
  return (plain + plainCommands) / units;
}
