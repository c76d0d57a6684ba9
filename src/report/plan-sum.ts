import {type AlsoWritten, losslessScope} from '../model/also-written.ts';
import type {OutageRule} from '../model/outage-limit.ts';
import type {Plan, PlanLine} from '../model/plan.ts';
import {
  clockUtc,
  counted,
  durationText,
  momentUtc,
  painted,
  placeText,
  type Sign,
  type TextOptions,
} from './labels.ts';
import {inPaint, type PlanTextOptions} from './plan-parts.ts';
import {cutSentences, flow, type Piece} from './text.ts';

/** "29 entries: ~ 12 change, ! 1 one-way, … 12 wait, ? 2 ask, ✓ 2 open": it explains the signs too. */
export function sumText(signs: readonly Sign[], options: PlanTextOptions): string[] {
  const counts = [...new Map(signs.map((sign) => [sign.word, sign])).values()].map((sign) => {
    const count = signs.filter(({word}) => word === sign.word).length;
    const text = `${sign.symbol} ${count} ${sign.word}`;
    return inPaint((it) => painted(options.paint, sign.colour, it), text);
  });
  return flow(
    [
      `${counted(signs.length, 'entry', 'entries')}: `,
      ...counts.flatMap((piece, index): Piece[] => (index === 0 ? [piece] : [', ', piece])),
      '.',
    ],
    options,
  );
}

/** What is to be expected, as far as an earlier run tells. */
export function durationsText({earlier, ...options}: PlanTextOptions): string[] {
  if (earlier === undefined) {
    return [];
  }
  if (earlier === null) {
    return flow(['Duration: unknown, no earlier run here. A rehearsal measures it.'], options);
  }
  const {run, inventory, rehearsal, machineMs, outageMs} = earlier;
  const outage = outageMs === undefined ? '' : `, outage ${durationText(outageMs)}`;
  const where = rehearsal ? `rehearsal ${run}` : `${run} on ${inventory}`;
  return flow([`Earlier run: ${durationText(machineMs)}${outage} (${where}).`], options);
}

/** How long the outage may last, and what happens then. */
export function longestOutageText(
  {outage}: Pick<Plan, 'outage'>,
  {longestOutage, ...options}: PlanTextOptions,
): string[] {
  if (!outage || longestOutage === undefined) {
    return [];
  }
  if (longestOutage === null) {
    return flow(['Longest outage: no limit. Set one with --max-outage.'], options);
  }
  const {rule, lasting} = longestOutage;
  if (!lasting) {
    return flow([ruleText(rule)], options);
  }
  const {since, limit, now} = lasting;
  const beginning = `OUTAGE since ${momentUtc(since)}.`;
  const limitWords = `its limit of ${durationText(limit.limitMs)}`;
  const {reversesTo} = limit;
  const acts =
    reversesTo === undefined
      ? 'the run asks what to do'
      : `the run reverses to ${placeText(reversesTo)}`;
  if (limit.at <= now) {
    const text = `${beginning} It has exceeded ${limitWords}: with this plan, ${acts} at once. Allow more time with --max-outage.`;
    return flow([inPaint(options.paint.red, text)], options);
  }
  const text = `${beginning} It exceeds ${limitWords} at ${clockUtc(limit.at)} UTC. Then ${acts}; until this plan is approved, no process watches that.`;
  return flow([inPaint(options.paint.yellow, text)], options);
}

/** How long it may be is said where it begins. */
function ruleText({reversesTo, asksFrom}: OutageRule): string {
  if (reversesTo === undefined) {
    return 'At the limit, the run asks what to do.';
  }
  const but = asksFrom === undefined ? '' : `; once ${asksFrom} has started, it asks`;
  return `At the limit, the run reverses to ${placeText(reversesTo)}${but}.`;
}

/** Of which writes it speaks when a reversal is called lossless. */
export const losslessText = (
  {alsoWritten}: {readonly alsoWritten?: readonly AlsoWritten[]},
  options: TextOptions,
): string[] => (alsoWritten ? flow([losslessScope(alsoWritten)], options) : []);

/** What the operator should know although nothing is in the way; long ones are whole with `details`. */
export function remarksText(lines: readonly PlanLine[], options: PlanTextOptions): string[] {
  const {paint, width, details = false} = options;
  return lines.flatMap(({entry, remarks = []}) =>
    remarks.flatMap((remark) => {
      const text = `${entry}: ${remark}`;
      const shown = details ? text : cutSentences(text, 2 * width - remarkMargin);
      return flow([inPaint(paint.yellow, '! '), shown], {width, rest: '  '});
    }),
  );
}

/** What is known of the claims on the systems, and of the way to them. */
export const worldText = ({remarks = [], paint, width}: PlanTextOptions): string[] =>
  remarks.map((remark) => remarkText(remark, {paint, width}));

/** A warning, wrapped. */
export const remarkText = (
  remark: string,
  {paint, width}: Pick<PlanTextOptions, 'paint' | 'width'>,
) => flow([inPaint(paint.yellow, '! '), remark], {width, rest: '  '}).join('\n');

/** The signs of two lines, and the words that do not fit at the end of the first. */
const remarkMargin = 16;
