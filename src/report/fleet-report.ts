import type {FleetStatus} from './fleet-status.ts';
import {counted, durationText, type TextOptions} from './labels.ts';
import {flow, type Piece, pad, widthOf} from './text.ts';

/** What the journal of a unit says, where it can be read from here. */
interface UnitFigures {
  readonly startedAtUtc: string;
  readonly endedAtUtc: string;
  readonly machineMs: number;
  readonly outageMs: number | null;
}

interface FleetEvent {
  readonly atUtc: string;
  /** The role that PostgreSQL let in. */
  readonly role: string;
  /** The user and the host, as the command gave them. */
  readonly operator: string;
  readonly what: string;
  readonly wave: string | null;
  readonly unit: string | null;
  readonly note: string | null;
}

/** A fleet from its beginning: what became of each unit, and who ordered or approved what. */
export interface FleetReport extends FleetStatus {
  readonly events: readonly FleetEvent[];
  /** By run. */
  readonly figures: Readonly<Record<string, UnitFigures>>;
}

export function fleetReportText(report: FleetReport, options: TextOptions): string {
  const {paint, width} = options;
  const {fleet, waves, events} = report;
  const units = waves.flatMap((wave) => wave.units);
  const done = units.filter(({status}) => status === 'done').length;
  return [
    ...flow(
      [
        {text: `Fleet ${fleet}`, paint: paint.bold},
        `: ${done} of ${counted(units.length, 'unit')} done`,
      ],
      {width},
    ),
    ...waves.flatMap((wave) => ['', ...waveLines(wave, report, options)]),
    '',
    paint.bold('Who ordered what'),
    ...events.flatMap((event) => flow([eventText(event)], {width, first: '  ', rest: '    '})),
  ].join('\n');
}

function waveLines(
  {wave, units}: FleetReport['waves'][number],
  {figures}: FleetReport,
  {paint, width}: TextOptions,
): readonly string[] {
  const rows = units.map((unit) =>
    cellsOf(unit, unit.run === null ? undefined : figures[unit.run]),
  );
  const columns = [0, 1, 2, 3].map((at) =>
    Math.max(0, ...rows.map((row) => widthOf(row[at] ?? ''))),
  );
  const outages = units.flatMap(({run}) => figures[run ?? '']?.outageMs ?? []);
  const longest =
    outages.length > 0 ? `, longest outage ${durationText(Math.max(...outages))}` : '';
  return [
    ...flow(
      [{text: `Wave ${wave}`, paint: paint.bold}, `: ${counted(units.length, 'unit')}${longest}`],
      {
        width,
      },
    ),
    ...rows.flatMap((row) =>
      flow(
        row.flatMap((cell, at): Piece[] => [cell, pad('', (columns[at] ?? 0) - widthOf(cell) + 2)]),
        {width, first: '  ', rest: '      '},
      ),
    ),
  ];
}

function cellsOf(
  {unit, status, run, journal, problem}: FleetReport['waves'][number]['units'][number],
  figures: UnitFigures | undefined,
): readonly string[] {
  const elsewhere = journal && !figures ? `its journal: ${journal.host}, ${journal.folder}` : '';
  const times = figures
    ? `${figures.startedAtUtc.slice(0, 19)}Z, ${durationText(figures.machineMs)}`
    : elsewhere;
  const outage = figures?.outageMs ? `outage ${durationText(figures.outageMs)}` : '';
  return [
    unit,
    status,
    run ?? 'no run',
    times,
    [outage, problem?.message ?? ''].filter(Boolean).join('; '),
  ];
}

function eventText({atUtc, role, operator, what, wave, unit, note}: FleetEvent): string {
  const about = [unit, wave].filter((name) => name !== null).join(' of ');
  const why = note === null ? '' : `: ${note}`;
  return `${atUtc.slice(0, 19)}Z ${operator} (PostgreSQL: ${role}) ${what}${about ? ` ${about}` : ''}${why}`;
}
