import {hintText} from '../model/hint.ts';
import type {Finding, Severity, Survey} from '../model/preflight.ts';
import type {Problem} from '../model/problem.ts';
import type {RoundTrip} from '../model/round-trip.ts';
import {type EvidenceAge, evidenceTexts, staleFindings} from './evidence.ts';
import {counted, inventoryText, painted, type Sign, type TextOptions} from './labels.ts';
import {roundTripTexts} from './round-trip-text.ts';
import {flow, type Piece, pad, widthOf} from './text.ts';

/** The findings for each target of an inventory that has checks, and the names of the targets that have none. */
export interface PreflightReport {
  readonly inventory: {readonly name: string; readonly protected: boolean};
  readonly targets: readonly ({readonly name: string; readonly kind: string} & Survey)[];
  readonly without: readonly string[];
  /** How far away the targets are from here. */
  readonly roundTrips: readonly RoundTrip[];
  /** What is to be known of the way to them. */
  readonly remarks: readonly string[];
  /** What runs of this inventory have proven for a time. */
  readonly evidence: readonly EvidenceAge[];
  readonly journal: JournalRoom;
  /** The target into which definitions were loaded, and from which they were removed. */
  readonly triedOn?: string;
}

/** The file system of the journals, for a runbook that is not chosen yet. */
export interface JournalRoom {
  readonly folder: string;
  readonly mount: string;
  readonly freeBytes: number;
  /** What a run of so many entries needs. */
  readonly entries: number;
  readonly neededBytes: number;
  /** Why no run can begin; `null` when one can. */
  readonly problem: Problem | null;
}

/** Those of the targets, and of this machine. */
export function preflightFindings(report: PreflightReport): readonly Finding[] {
  const {targets, journal, evidence} = report;
  const {problem} = journal;
  const ofMachine: readonly Finding[] = problem
    ? [
        {
          check: problem.code,
          severity: 'blocks',
          target: 'journal',
          observed: problem.message.replace(/\.$/, ''),
          items: [],
          consequence: 'No run can begin.',
          fix: hintText(problem.hint),
        },
      ]
    : [];
  return [
    ...ofMachine,
    ...nothingChecked(report),
    ...targets.flatMap(({findings}) => findings),
    ...staleFindings(evidence),
  ];
}

/** Nobody may take an inventory without a check of any target for one that is ready. Channels are no targets. */
const nothingChecked = ({targets, inventory}: PreflightReport): readonly Finding[] =>
  targets.some(({name}) => !name.startsWith('notify '))
    ? []
    : [
        {
          check: 'nothing-checked',
          severity: 'blocks',
          target: inventory.name,
          observed: `no target of ${inventory.name} has checks`,
          items: [],
          consequence: 'Nothing is known of the systems that a run would change.',
          fix: 'Add the targets of the runbook to the inventory, or give the inventory that has them with -i.',
        },
      ];

/** Every finding with what comes of it and what to do: a table where there is room, else one below the other. */
export function preflightText(looked: PreflightReport, options: TextOptions): string {
  const all = preflightFindings(looked);
  const findings = order.flatMap((severity) =>
    all.filter((finding) => finding.severity === severity),
  );
  return [
    ...heading(looked, findings, options),
    ...(findings.length > 0 ? ['', ...tableOf(findings, options)] : []),
    '',
    ...looked.targets.flatMap((target) => targetText(target, options)),
    ...journalText(looked.journal, options),
    ...evidenceTexts(looked.evidence, options),
    ...(looked.without.length > 0
      ? flow([`No checks for: ${looked.without.join(', ')}.`], options)
      : []),
    ...looked.remarks.flatMap((remark) =>
      flow([{text: '! ', paint: options.paint.yellow}, remark], {...options, rest: '  '}),
    ),
    ...roundTripTexts(looked.roundTrips).flatMap((text) => flow([text], {...options, rest: '  '})),
    ...flow(
      [
        looked.triedOn === undefined
          ? 'Nothing was changed.'
          : `Nothing was changed, except on ${looked.triedOn}: definitions were loaded there and removed again.`,
      ],
      options,
    ),
  ].join('\n');
}

const order: readonly Severity[] = ['blocks', 'asks', 'warns'];
const signs: Readonly<Record<Severity, Sign>> = {
  blocks: {symbol: '✗', word: 'blocks', colour: 'red'},
  asks: {symbol: '?', word: 'asks', colour: 'cyan'},
  warns: {symbol: '!', word: 'warns', colour: 'yellow'},
};
const signColumns = 8;
/** Below this a fourth column would be too narrow for a sentence. */
const tableWidth = 110;

function heading(
  {inventory, targets}: PreflightReport,
  findings: readonly Finding[],
  options: TextOptions,
): string[] {
  const made = targets.reduce((sum, target) => sum + target.checksMade, 0);
  const count = (severity: Severity) =>
    findings.filter((finding) => finding.severity === severity).length;
  return flow(
    [
      'Preflight of ',
      inventoryText(options.paint, inventory),
      `: ${counted(made, 'check')} on ${counted(targets.length, 'target')}; ${count('blocks')} block, ${count('asks')} ask, ${count('warns')} warn`,
    ],
    options,
  );
}

function tableOf(findings: readonly Finding[], options: TextOptions): string[] {
  const columns = {
    target: Math.max(...findings.map(({target}) => widthOf(target)), 'target'.length),
    check: Math.max(...findings.map(({check}) => widthOf(check)), 'check'.length),
  };
  const before = signColumns + columns.target + columns.check + 6;
  if (options.width < tableWidth) {
    return findings.flatMap((finding) => stackedFinding(finding, options));
  }
  const head = `${pad('', signColumns)}  ${pad('target', columns.target)}  ${pad('check', columns.check)}  finding`;
  return [
    options.paint.dim(head),
    ...findings.flatMap((finding) => row(finding, columns, before, options)),
  ];
}

function row(
  finding: Finding,
  columns: {readonly target: number; readonly check: number},
  before: number,
  options: TextOptions,
): string[] {
  const {width, paint} = options;
  const rest = pad('', before);
  const [first = '', ...more] = flow([`${finding.observed}.`], {width, first: rest, rest});
  const sign = signs[finding.severity];
  const head = [
    painted(paint, sign.colour, pad(`${sign.symbol} ${sign.word}`, signColumns)),
    pad(finding.target, columns.target),
    paint.bold(pad(finding.check, columns.check)),
  ].join('  ');
  return [`${head}  ${first.slice(before)}`, ...more, ...advice(finding, rest, options)];
}

/** One below the other, for a narrow page. */
export function stackedFinding(finding: Finding, options: TextOptions): string[] {
  const {width, paint} = options;
  const sign = signs[finding.severity];
  const indent = pad('', 4);
  const head: Piece[] = [
    {text: `${sign.symbol} ${sign.word}`, paint: (text) => painted(paint, sign.colour, text)},
    `  ${finding.target}  `,
    {text: finding.check, paint: paint.bold},
  ];
  return [
    ...flow(head, options),
    ...flow([`${finding.observed}.`], {width, first: indent}),
    ...advice(finding, indent, options),
  ];
}

const advice = (
  {consequence, fix}: Finding,
  indent: string,
  {width, paint}: TextOptions,
): string[] => [
  ...flow([{text: consequence, paint: paint.dim}], {width, first: indent}),
  ...flow([`-> ${fix}`], {width, first: indent, rest: `${indent}   `}),
];

function journalText(
  {folder, mount, freeBytes, neededBytes, entries, problem}: JournalRoom,
  {width, paint}: TextOptions,
): string[] {
  const mark = problem ? {text: '·', paint: paint.dim} : {text: '✓', paint: paint.green};
  const text = ` journal (${folder}): ${megabytes(freeBytes)} MB free on ${mount}, and a run of ${entries} entries needs ${megabytes(neededBytes)} MB`;
  return flow([mark, text], {width, rest: '  '});
}

/** With a decimal below ten, where it matters. */
const megabytes = (bytes: number): string => {
  const all = bytes / 1024 ** 2;
  return all < 10 ? all.toFixed(1) : String(Math.floor(all));
};

function targetText(
  {name, kind, checksMade: made, findings}: PreflightReport['targets'][number],
  options: TextOptions,
): string[] {
  const well = findings.length === 0;
  const mark = {text: well ? '✓' : '·', paint: well ? options.paint.green : options.paint.dim};
  const result = well ? 'no findings' : counted(findings.length, 'finding');
  return flow([mark, ` ${name} (${kind}): ${counted(made, 'check')}, ${result}`], {
    width: options.width,
    rest: '  ',
  });
}
