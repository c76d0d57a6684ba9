import type {Forecast} from '../forecast/forecast.ts';
import type {Expectation} from '../model/expected-time.ts';
import type {OutageLimit, OutageRule} from '../model/outage-limit.ts';
import type {PlannedAction} from '../model/plan.ts';
import {painted, type Sign, type TextOptions} from './labels.ts';
import {
  cutMiddle,
  cutSentences,
  flow,
  flowCommand,
  oneLine,
  type Piece,
  pad,
  widthOf,
} from './text.ts';

/** How long an earlier run took, and the outage in it. */
export interface EarlierRun {
  readonly run: string;
  readonly inventory: string;
  readonly rehearsal: boolean;
  /** Without the time that people took to answer. */
  readonly machineMs: number;
  readonly outageMs?: number;
  /** Of a rehearsal: how long each lasted, and how much of that is the network's share there. */
  readonly expected?: Readonly<
    Partial<Record<'outage' | 'hold', {readonly ms: number; readonly networkMs: number}>>
  >;
}

export interface LongestOutage {
  readonly rule: OutageRule;
  /** Of a resumed run in an outage: since when it lasts, and what its limit is. */
  readonly lasting?: {readonly since: Date; readonly limit: OutageLimit; readonly now: Date};
}

export interface PlanTextOptions extends TextOptions {
  /** The command that runs exactly this plan. Without it only the digest is printed. */
  readonly command?: string;
  /** Every difference and action, and how each line is known. */
  readonly details?: boolean;
  /** The run began before: what is in place is folded. */
  readonly resumed?: boolean;
  /** What an earlier run took; `null` when there is none. */
  readonly earlier?: EarlierRun | null;
  /** What is expected of this plan, from distances that were measured for it. */
  readonly expectation?: Expectation;
  /** How long it will take, from earlier runs: it replaces both. */
  readonly forecast?: Forecast | undefined;
  /** How long the outage of the plan may last; `null`: as long as it takes. */
  readonly longestOutage?: LongestOutage | null;
  /** What is known of the claims on the systems, and of the way to them: shown with those of the entries. */
  readonly remarks?: readonly string[];
  /** Who is told what happens, in a sentence. */
  readonly people?: string | undefined;
  /** Targets that another run owns: this plan cannot be run now. */
  readonly ownedByOthers?: readonly string[];
}

/** A plan that fits into so many lines is shown with its details. */
export const mostPlanLines = 45;

const idColumnsMost = 22;
const detailIndent = '      ';
export const actionsText = (actions: readonly PlannedAction[], options: TextOptions): string[] =>
  actions.flatMap(({target, does}) => flow([`on ${target}: ${does}`], detail(options)));

export function digestText(
  digest: string,
  {verb, stuck, marks}: {verb: string; stuck: number; marks: string},
  options: PlanTextOptions,
): string[] {
  const {paint, width, command} = options;
  if (stuck > 0) {
    const entries = stuck === 1 ? '1 entry prevents' : `${stuck} entries prevent`;
    const sentence = inPaint(paint.red, `${entries} this plan from starting (${marks}).`);
    return flow([sentence, ' Plan ', boldIn(options, digest)], options);
  }
  return command
    ? [verb, ...flowCommand(command, {width, first: '  '})]
    : flow(['Plan ', boldIn(options, digest)], options);
}

/** One entry: in one line, or with `details` in as many as it takes. */
export function entryHead(
  {sign, id, text, action}: {sign: Sign; id: string; text: string; action: boolean},
  idColumns: number,
  options: PlanTextOptions,
): string[] {
  const {paint, width} = options;
  const head: Piece[] = [
    inPaint((it) => painted(paint, sign.colour, it), sign.symbol),
    ' ',
    boldIn(options, id),
    ' '.repeat(Math.max(0, idColumns - widthOf(id)) + 1),
  ];
  const used = widthOf(sign.symbol) + Math.max(idColumns, widthOf(id)) + 4;
  const brief = action ? cutMiddle(text, width - used) : cutSentences(text, width - used);
  return options.details
    ? flow([...head, text], {width, first: '  ', rest: pad('', used)})
    : [oneLine(['  ', ...head, brief], width)];
}

export const idColumnsFor = (ids: readonly string[]): number =>
  Math.min(idColumnsMost, Math.max(0, ...ids.map(widthOf)));

export const detail = ({width}: TextOptions, hang = 2) => ({
  width,
  first: `${detailIndent}  `,
  rest: pad('', detailIndent.length + 2 + hang),
});

export const inPaint = (paint: (text: string) => string, text: string): Piece => ({text, paint});
export const boldIn = ({paint}: TextOptions, text: string): Piece => ({text, paint: paint.bold});
export const dimIn = ({paint}: TextOptions, text: string): Piece => ({text, paint: paint.dim});
