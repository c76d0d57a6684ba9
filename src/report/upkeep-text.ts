import type {UpkeepAnswer} from '../model/upkeep.ts';
import type {TextOptions} from './labels.ts';
import {flow} from './text.ts';

/** What later entries rely on, and is not so any more. */
export function upkeepText(
  answers: readonly UpkeepAnswer[],
  {width, paint}: TextOptions,
): string[] {
  const ended = answers.filter(({is}) => is !== 'in-place');
  return ended.length === 0
    ? []
    : [
        '',
        paint.red(paint.bold('No longer in place, or not known')),
        ...ended.flatMap((answer) =>
          flow([{text: answerText(answer), paint: paint.red}], {
            width,
            first: '  ',
            rest: '    ',
          }),
        ),
      ];
}

/** An answer without an entry is about all of them: no target could be asked. */
const answerText = ({entry, is, because}: UpkeepAnswer): string =>
  [...(entry === '' ? [] : [`${entry}:`]), ...because, ...advice[is]].join(' ');

const advice: Readonly<Record<UpkeepAnswer['is'], readonly string[]>> = {
  'in-place': [],
  lapsed: ['Resume makes it again before it goes on.'],
  lost: ['Resume shows what to do.'],
  unknown: [],
};
