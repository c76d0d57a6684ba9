import type {Question} from '../engine/operator.ts';
import type {Paint} from '../report/paint.ts';
import {flow} from '../report/text.ts';

/** What is above a question: what a person should know, and what each key means. */
export function questionLines(
  {about, details, head, mustType}: Question,
  facts: readonly string[],
  {width, paint}: {width: number; paint: Paint},
): string[] {
  const yes = mustType ?? 'y';
  return [
    '',
    ...[...details, ...facts].flatMap((text) => flow([text], {width, first: '  ', rest: '    '})),
    ...(head
      ? flow([{text: `head of the journal ${head}`, paint: paint.dim}], {width, first: '  '})
      : []),
    ...flow(
      [{text: `To answer yes, type ${yes} and press Enter. ${noMeans[about]}`, paint: paint.dim}],
      {
        width,
        first: '  ',
      },
    ),
  ];
}

const elsewise = 'Enter alone, Ctrl-C or a closed terminal';

const pauses = `${elsewise} pauses the run and leaves its changes in place.`;

/** What happens without a yes. */
const noMeans: Readonly<Record<Question['about'], string>> = {
  plan: `${elsewise} starts nothing.`,
  changes: `${elsewise} starts nothing.`,
  reversal: `${elsewise} reverses nothing.`,
  confirmation: pauses,
  'by-hand': pauses,
  'point-of-no-return': pauses,
};
