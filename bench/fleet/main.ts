import {parseArgs} from 'node:util';
import {rowText} from '../../test/drills/table.ts';
import {type Measured, measureFleet} from './measure.ts';

// `npm run bench:fleet`: what a fleet costs, beside plain runs of the same units, one after the other.
// The services are folders, so what is measured is the program, its journals and PostgreSQL. Figures of one machine:
// what counts is how they grow, and their ratio to plain runs.
const {values} = parseArgs({
  options: {
    units: {type: 'string', default: '20,200,2000'},
    /** The number of runner processes, each with a state folder of its own. */
    runners: {type: 'string', default: '2'},
    /** Units that each runner runs at once. */
    'at-once': {type: 'string', default: '4'},
    /** Only the fleet, without the plain runs. */
    'fleet-only': {type: 'boolean', default: false},
  },
});

const columns = [
  ...['units', 'start', 'fleet', 'per unit', 'plain runs', 'per unit', 'fleet/plain'],
  ...['runner CPU', 'commands', 'PostgreSQL', 'plain CPU', 'commands'],
];
const widths = columns.map((column) => Math.max(column.length, 8));
const say = (cells: readonly string[]) => process.stdout.write(`${rowText(cells, widths)}\n`);

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
    isPlainToo: !values['fleet-only'],
  });
  all.push(measured);
  say(cellsOf(measured));
}
const [first, last] = [all[0], all.at(-1)];
if (first && last && first !== last) {
  const times = (last.fleetSeconds * first.units) / (last.units * first.fleetSeconds);
  process.stdout.write(
    `${last.units / first.units} times the units: ${times.toFixed(2)} times the seconds per unit (1.00 is linear).\n`,
  );
}
process.exit(0);

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
