import type {Choice, Failure, SkipRule} from '../engine/operator.ts';
import {counted, placeText} from '../report/labels.ts';
import type {Paint} from '../report/paint.ts';
import {fitChanges, problemText} from '../report/problem.ts';
import {clean, flow, pad, widthOf} from '../report/text.ts';

/** The legal choices. To stop comes first: Enter means it. */
export function choicesFor({
  reversibleTo,
  skip,
  skippedBefore,
  mayGoAlone,
}: Failure): readonly {readonly name: string; readonly value: Choice | 'skip'}[] {
  const retry =
    skippedBefore.length > 0
      ? `retry: run ${clean(skippedBefore.join(', '))} after all, then continue`
      : 'retry: check again, and continue from there';
  return [
    {name: 'stop: pause here, and leave the changes in place', value: {choice: 'stop'}},
    {name: retry, value: {choice: 'retry'}},
    ...(mayGoAlone ? [{name: aloneText, value: {choice: 'retry', alone: true}} as const] : []),
    ...(skip.allowed ? [{name: skipText(skip), value: 'skip'} as const] : []),
    // The nearest checkpoint first: it undoes the least.
    ...[...reversibleTo].reverse().map((to) => ({
      name: `reverse to ${clean(placeText(to))}`,
      value: {choice: 'reverse', to} as const,
    })),
  ];
}

const aloneText =
  'go on alone: act although the store does not answer, if nobody has taken the run over';

/** What is above the menu, in `room` rows if it can: the facts first, then the newest changes in place. */
export function fittedFailureLines(
  failure: Failure,
  facts: readonly string[],
  {room, ...layout}: Layout & {readonly room: number},
): string[] {
  const linesOf = (shown: readonly string[], changes: readonly string[]) =>
    failureLines(failure, shown, changes, layout);
  // One row is for the changes, or for their count.
  const spare = room - linesOf([], ['']).length;
  const shown = fittingFacts(facts, spare, layout);
  const left = room - linesOf(shown, ['']).length + 1;
  return linesOf(shown, fitChanges(failure.changesInPlace, {room: left, width: layout.width}));
}

/** The first one is about an outage, and is always there. */
function fittingFacts(facts: readonly string[], room: number, layout: Layout): readonly string[] {
  let left = room;
  const more = facts.findIndex((fact, index) => {
    left -= factLines([fact], layout).length;
    return index > 0 && left < 0;
  });
  return more < 0 ? facts : facts.slice(0, more);
}

const factLines = (facts: readonly string[], {width}: Layout): string[] =>
  facts.flatMap((text) => flow([text], {width, first: '  ', rest: '    '}));

function failureLines(
  failure: Failure,
  facts: readonly string[],
  changesInPlace: readonly string[],
  layout: Layout,
): string[] {
  const text = problemText({problem: failure.problem, changesInPlace, next: []}, layout);
  return [
    '',
    ...text.split('\n'),
    ...noSkipLines(failure, layout),
    ...factLines(facts, layout),
    '',
  ];
}

export const menuQuestion = ({entry}: Failure): string =>
  `${clean(entry)} has failed. What do you want to do?`;

/** How many rows the menu takes: the line that ticks, the question, the choices, and which keys choose. */
export function menuRows(failure: Failure, width: number): number {
  const rowsOf = (text: string) => Math.max(1, Math.ceil((widthOf(text) + 2) / width));
  const choices = choicesFor(failure).reduce((sum, {name}) => sum + rowsOf(name), 0);
  return 1 + rowsOf(menuQuestion(failure)) + Math.min(mostChoiceRows, choices) + 2;
}

/** Inquirer's own: the others come with the arrow keys. */
const mostChoiceRows = 7;

const skipText = ({impossible}: Extract<SkipRule, {allowed: true}>): string =>
  impossible.length === 0
    ? 'skip: continue without it (asks for a reason)'
    : `skip: continue without it; makes ${counted(impossible.length, 'later entry', 'later entries')} impossible`;

interface Layout {
  readonly width: number;
  readonly paint: Paint;
}

/** Why the menu has no skip, below the problem. */
function noSkipLines({entry, skip}: Failure, {width, paint}: Layout): string[] {
  return skip.allowed
    ? []
    : flow([{text: 'no skip', paint: paint.dim}, pad('', 11), `${entry}: ${skip.because}`], {
        width,
        first: '  ',
        rest: pad('', 20),
      });
}

/** What a skip costs, before it is asked for. */
export function impossibleLines(
  entry: string,
  impossible: readonly string[],
  {width, paint}: Layout,
): string[] {
  return impossible.length === 0
    ? [`Nothing later in this run needs ${entry}.`]
    : [
        ...flow(
          [{text: `If you skip ${entry}, these entries become impossible:`, paint: paint.yellow}],
          {width},
        ),
        ...flow([impossible.join(', ')], {width, first: '  '}),
      ];
}
