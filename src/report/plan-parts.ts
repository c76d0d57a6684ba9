import {hintText} from '../model/hint.ts';
import type {PlanLine, PlannedAction} from '../model/plan.ts';
import {painted, type Sign, type TextOptions} from './labels.ts';
import {flow, flowCommand, type Piece, pad, widthOf} from './text.ts';

export interface PlanTextOptions extends TextOptions {
  /** The command that runs exactly this plan. Without it only the digest is printed. */
  readonly command?: string;
}

/** The widest of an outlook's words, with its symbol. */
const signColumns = 10;
const idColumnsMost = 22;
export const detailIndent = '      ';
export const actionsText = (actions: readonly PlannedAction[], options: TextOptions): string[] =>
  actions.flatMap(({target, does}) => flow([`on ${target}: ${does}`], detail(options)));

export function detailText(
  {
    outlook,
    detail: why,
    hint,
    remarks = [],
  }: Pick<PlanLine, 'detail' | 'hint' | 'remarks'> & {outlook: string},
  options: TextOptions,
): string[] {
  const {red, yellow} = options.paint;
  const stuck = outlook === 'blocked' || outlook === 'drift';
  return [
    ...(why ? flow([stuck ? inPaint(red, why) : why], detail(options)) : []),
    ...(hint ? flow([`-> ${hintText(hint, options.paste)}`], detail(options, '-> '.length)) : []),
    ...remarks.flatMap((remark) =>
      flow([inPaint(yellow, '! '), remark], detail(options, '! '.length)),
    ),
  ];
}

export function digestText(
  digest: string,
  {verb, stuck, marks}: {verb: string; stuck: number; marks: string},
  options: PlanTextOptions,
): string[] {
  const {paint, width, command} = options;
  const named = flow(['Plan ', boldIn(options, digest)], options);
  if (stuck > 0) {
    const entries = stuck === 1 ? '1 entry prevents' : `${stuck} entries prevent`;
    return [
      ...named,
      ...flow([inPaint(paint.red, `${entries} this plan from starting (${marks}).`)], options),
    ];
  }
  return command ? [...named, verb, ...flowCommand(command, {width, first: '  '})] : named;
}

export function signed(
  sign: Sign,
  id: string,
  idColumns: number,
  {paint}: TextOptions,
  columns = signColumns,
): Piece[] {
  const text = `${sign.symbol} ${sign.word}`;
  return [
    {text, paint: (it) => painted(paint, sign.colour, it)},
    ' '.repeat(Math.max(1, columns + 1 - widthOf(text))),
    {text: id, paint: paint.bold},
    ' '.repeat(Math.max(0, idColumns - widthOf(id))),
  ];
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
