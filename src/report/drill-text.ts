import type {DrillFacts, DrillScore, DrillScores} from './drill-facts.ts';
import {clockUtc, type TextOptions} from './labels.ts';
import {labelled, type NextCommand, nextText} from './problem.ts';
import {flow} from './text.ts';

interface Drill {
  readonly facts: DrillFacts;
  readonly scores: DrillScores;
  readonly next: readonly NextCommand[];
}

const colours = {good: 'green', fair: 'yellow', poor: 'red', none: 'dim'} as const;

/** What went wrong in a drill, how long people needed, and how their choices are judged. */
export function drillText({facts, scores, next}: Drill, options: TextOptions): string {
  const {paint, width} = options;
  const {fault, seed, lostWrites} = facts;
  const scoreTexts = ({mark, because, better}: DrillScore): readonly string[] => [
    `${mark === 'none' ? '' : `${paint[colours[mark]](mark)}: `}${because}`,
    ...(better === undefined ? [] : [`Better: ${better}`]),
  ];
  return [
    ...flow([{text: `Drill ${seed}: fault ${fault.name} at ${fault.entry}`, paint: paint.bold}], {
      width,
    }),
    ...labelled('what went wrong', [whatWentWrong(facts)], options),
    ...labelled('decisions', facts.decisions.map(decisionText), options),
    ...labelled('time to notice', scoreTexts(scores.notice), options),
    ...labelled('time to decide', scoreTexts(scores.decide), options),
    ...labelled('outage', scoreTexts(scores.outage), options),
    ...labelled('choice', scoreTexts(scores.choice), options),
    ...labelled('writes', [`${lostWrites} lost or duplicated`], options),
    `  ${paint.dim('next')}`,
    ...nextText(next, options, '    '),
  ].join('\n');
}

function whatWentWrong({fault}: DrillFacts): string {
  const {what, entry, causedAtUtc, repairedAtUtc} = fault;
  if (causedAtUtc === null) {
    return `Nothing: the fault at ${entry} did not happen. It would have been: ${what}.`;
  }
  const repaired = repairedAtUtc === null ? '' : ` to ${clockUtc(new Date(repairedAtUtc))}`;
  return `From ${clockUtc(new Date(causedAtUtc))}${repaired} UTC: ${what}.`;
}

const decisionText = ({askedAtUtc, entry, choice, by}: DrillFacts['decisions'][number]): string =>
  `${clockUtc(new Date(askedAtUtc))} UTC: ${entry} failed; ${by} chose ${choice}`;
