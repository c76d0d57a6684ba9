import type {JournalEntry} from '../model/journal.ts';
import type {Problem} from '../model/problem.ts';
import {counted, placeText, type TextOptions} from './labels.ts';
import {outageTexts} from './outage-text.ts';
import {labelled, type NextCommand, nextText} from './problem.ts';
import {reportOf} from './run-report.ts';
import {flow} from './text.ts';

interface Reversed {
  readonly entries: readonly JournalEntry[];
  readonly to: string | null;
  /** Why the run was reversed, if it failed. */
  readonly problem?: Problem | undefined;
  /** Changes in place, in words. */
  readonly inPlace: readonly string[];
  readonly next: readonly NextCommand[];
}

/** The last words of every reversal. A check has seen each entry as it was before. */
export function reversedText(reversed: Reversed, options: TextOptions): string {
  const {entries, to, problem, inPlace, next} = reversed;
  const {paint, width} = options;
  const back = reversedEntries(entries);
  const {outages} = reportOf(entries);
  return [
    ...flow(
      [
        {text: '↩', paint: paint.yellow},
        ' ',
        {text: `Reversed to ${placeText(to)}, and verified.`, paint: paint.bold},
        ` ${counted(back.length, 'change')} undone.`,
      ],
      {width, rest: '  '},
    ),
    ...labelled('reversed', [back.length > 0 ? back.join(', ') : 'nothing'], options),
    ...labelled('outage', outageTexts(outages), options),
    ...labelled('changes in place', inPlace.length > 0 ? inPlace : ['none'], options),
    ...(problem ? labelled('reason', [`${problem.message} (${problem.code})`], options) : []),
    ...(next.length > 0 ? [`  ${paint.dim('next')}`, ...nextText(next, options, '    ')] : []),
  ].join('\n');
}

/** Those of the last reversal, newest first. */
function reversedEntries(entries: readonly JournalEntry[]): readonly string[] {
  const start = entries.findLastIndex(({kind}) => kind === 'reverse-started');
  return entries
    .slice(Math.max(0, start))
    .flatMap((fact) => (fact.kind === 'entry-reversed' ? [fact.entry] : []));
}
