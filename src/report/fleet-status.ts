import {type Hint, hintText, shellWord} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';
import {mayBeResumed, type ShownStatus, statusWords} from '../model/unit-status.ts';
import {counted, momentUtc, type TextOptions} from './labels.ts';
import type {Colour} from './paint.ts';
import {flow, pad, widthOf} from './text.ts';

/** A runner that has units under way, and does not answer. */
export interface RunnerSilence {
  readonly host: string;
  readonly folder: string;
  /** `null`: it has ended. */
  readonly sinceUtc: string | null;
}

export const silenceText = ({host, sinceUtc}: RunnerSilence): string =>
  sinceUtc === null
    ? `Its runner on ${host} has ended.`
    : `Its runner on ${host} has not answered since ${momentUtc(new Date(sinceUtc))}.`;

export const silenceHint = (unit: string, {host, folder}: RunnerSilence): Hint => ({
  text: `Start a runner on ${host} with --state-dir ${shellWord(folder)}. If that host is lost, run this on another host`,
  command: `fleet take-over ${unit}`,
});

/** What keeps a unit from beginning. */
export const waitReasons = [
  'by-hand',
  'hold',
  'approval',
  'decision',
  'unit',
  'left-out',
  'window',
  'limit',
  'network',
  'runner',
] as const;
export type WaitReason = (typeof waitReasons)[number];

/** Of a unit that waits for one that was left out. */
export const leftOutHint = (unit: string): Hint => ({
  text: 'It does not begin. Bring the other unit back with "fleet resume". Or put this one into a later wave, take the other one out of its "after", and run',
  command: `fleet leave-out ${unit} --because REASON`,
});

/** Of a unit that no running runner may begin. */
export const networkHint = (network: string | null): Hint => ({
  text: 'Start one with',
  command: network === null ? 'fleet runner' : `fleet runner --network ${network}`,
});

interface StatusUnit {
  readonly unit: string;
  readonly status: ShownStatus;
  readonly attempt: number;
  readonly run: string | null;
  readonly phase: string | null;
  readonly inOutage: boolean;
  readonly outageSinceUtc: string | null;
  /** How many changes are in place, as its runner last said. */
  readonly changes: number;
  /** Where its journal is: the host and the state folder of its runner. */
  readonly journal: {readonly host: string; readonly folder: string} | null;
  /** Set while it is under way, and its runner does not answer. */
  readonly silent: RunnerSilence | null;
  /** What it waits for, in words. */
  readonly waitsFor: string | null;
  /** Of which kind that is. */
  readonly waitReason: WaitReason | null;
  /** Only runners of it begin the unit. */
  readonly network: string | null;
  readonly problem: Problem | null;
  readonly changedAtUtc: string;
}

interface StatusWave {
  readonly wave: string;
  readonly digest: string;
  readonly startedBy: string;
  readonly startedRole: string;
  readonly startedAtUtc: string;
  readonly approve: {readonly by: readonly string[]; readonly of: number};
  readonly approvals: readonly {readonly role: string; readonly atUtc: string}[];
  readonly units: readonly StatusUnit[];
}

interface StatusRunner {
  readonly host: string;
  readonly folder: string;
  readonly version: string;
  /** Whose units it takes; none: the units without a network. */
  readonly networks: readonly string[];
  readonly silentSeconds: number;
}

/** A fleet now, as its rows say it. */
export interface FleetStatus {
  readonly fleet: string;
  readonly held: {
    readonly by: string;
    readonly atUtc: string;
    readonly because: string | null;
  } | null;
  readonly waves: readonly StatusWave[];
  /** Runners that reported in the last minute. */
  readonly runners: readonly StatusRunner[];
}

const looks: Readonly<Record<ShownStatus, {readonly mark: string; readonly colour: Colour}>> = {
  waiting: {mark: '·', colour: 'dim'},
  queued: {mark: '○', colour: 'dim'},
  running: {mark: '▶', colour: 'cyan'},
  done: {mark: '✓', colour: 'green'},
  failed: {mark: '✗', colour: 'red'},
  'needs-person': {mark: '?', colour: 'yellow'},
  'left-out': {mark: '-', colour: 'dim'},
};

export function fleetStatusText(status: FleetStatus, options: FleetTextOptions): string {
  const {paint, width} = options;
  const {fleet, held, waves} = status;
  const heldText = held
    ? [
        `HELD by ${held.by} since ${momentUtc(new Date(held.atUtc))}${held.because ? `: ${held.because}` : ''}.`,
      ]
    : [];
  return [
    ...flow(
      [{text: `Fleet ${fleet}`, paint: paint.bold}, `: ${runnersText(status, options.paste)}`],
      {width},
    ),
    ...heldText.flatMap((line) => flow([{text: line, paint: paint.yellow}], {width})),
    ...waves.flatMap((wave) => ['', ...waveLines(wave, options)]),
  ].join('\n');
}

interface FleetTextOptions extends TextOptions {
  readonly paste: (command: string) => string;
}

function runnersText({runners, waves}: FleetStatus, paste: FleetTextOptions['paste']): string {
  if (runners.length === 0) {
    return waves.every(({units}) => units.every(({status}) => isOver.has(status)))
      ? 'no runner is running, and no unit needs one'
      : `no runner is running. Start one with: ${paste('fleet runner')}`;
  }
  return `${counted(runners.length, 'runner')} (${[...new Set(runners.map(runnerText))].join(', ')})`;
}

const isOver: ReadonlySet<ShownStatus> = new Set(['done', 'left-out']);

const runnerText = ({host, networks}: StatusRunner): string =>
  networks.length === 0 ? host : `${host} in network ${networks.join(' and ')}`;

function waveLines(wave: StatusWave, options: FleetTextOptions): readonly string[] {
  const {paint, width} = options;
  const {approve, approvals, units} = wave;
  const done = units.filter(({status}) => status === 'done').length;
  const name = Math.max(0, ...units.map(({unit}) => widthOf(unit)));
  return [
    ...flow(
      [
        {text: wave.wave, paint: paint.bold},
        `: ${done} of ${counted(units.length, 'unit')} done. Started by ${wave.startedBy} (PostgreSQL: ${wave.startedRole}), ${momentUtc(new Date(wave.startedAtUtc))}`,
      ],
      {width},
    ),
    ...(approve.of === 0
      ? []
      : flow(
          [
            `Approvals: ${approvals.length} of ${approve.of} by ${approve.by.join(', ')}${approvals.map(({role, atUtc}) => `; ${role}, ${momentUtc(new Date(atUtc))}`).join('')}. Digest: ${wave.digest}`,
          ],
          {width},
        )),
    ...units.flatMap((unit) => unitLines(unit, name, options)),
  ];
}

function unitLines(
  unit: StatusUnit,
  nameWidth: number,
  {paint, width, paste}: FleetTextOptions,
): readonly string[] {
  const {mark, colour} = looks[unit.status];
  const outage = unit.inOutage ? [' ', {text: 'IN AN OUTAGE', paint: paint.red}] : [];
  const facts = [
    unit.phase && unit.status !== 'done' ? ` ${unit.phase}` : '',
    unit.run ? ` ${unit.run}` : '',
    unit.waitsFor ? `, waits for ${unit.waitsFor}` : '',
  ].join('');
  const rest = ' '.repeat(nameWidth + 3);
  const {problem, silent} = unit;
  const below = (text: string) => flow([text], {width, first: rest, rest});
  return [
    ...flow(
      [
        {
          text: `${mark} ${pad(unit.unit, nameWidth)} ${statusWords[unit.status]}`,
          paint: paint[colour],
        },
        facts,
        ...outage,
      ],
      {width, rest},
    ),
    ...(unit.waitReason === 'network' ? below(hintText(networkHint(unit.network), paste)) : []),
    ...(unit.waitReason === 'left-out' ? below(hintText(leftOutHint(unit.unit), paste)) : []),
    ...(silent
      ? [silenceText(silent), hintText(silenceHint(unit.unit, silent), paste)].flatMap(below)
      : []),
    ...(problem && unit.status !== 'done'
      ? [
          problem.message,
          hintText(problem.hint, paste),
          ...(mayBeResumed(unit) ? [`To continue it: ${paste(`fleet resume ${unit.unit}`)}`] : []),
        ].flatMap(below)
      : []),
    ...journalText(unit).flatMap(below),
  ];
}

/** Where somebody must look who decides about the unit. */
const journalText = ({status, silent, run, journal}: StatusUnit): readonly string[] =>
  run && journal && (silent || status === 'failed' || status === 'needs-person')
    ? [`Its journal is on ${journal.host}, in ${journal.folder}.`]
    : [];
