import type {Forecast} from '../forecast/forecast.ts';
import {losslessScope} from '../model/also-written.ts';
import {elapsedMs} from '../model/moment.ts';
import type {Outage} from '../model/outage.ts';
import type {EntryProgress, Progress} from '../model/progress.ts';
import {appliedEntries} from '../model/progress.ts';
import {losslessOf, type ReversalLossAnswer} from '../model/reversal-loss.ts';
import type {UpkeepAnswer} from '../model/upkeep.ts';
import {appliedTexts} from './applied-text.ts';
import {approvalLines} from './approval-text.ts';
import {changingHands} from './changing-hands.ts';
import {statusForecastTexts} from './forecast-lines.ts';
import {type HolderName, holderText, isGone, outcomeSign, watchOf} from './holder-text.ts';
import {
  counted,
  durationText,
  inventoryText,
  momentUtc,
  outcomeSigns,
  painted,
  placeText,
  type Sign,
  stateSigns,
  type TextOptions,
} from './labels.ts';
import {type NextCommand, nextText} from './problem.ts';
import {clockSetBack, outageLines, questionText, toldTexts} from './status-head.ts';
import {flow, type Piece, pad, widthOf} from './text.ts';
import {upkeepText} from './upkeep-text.ts';

interface StatusOptions extends TextOptions {
  /** `null`: the clock of this machine is before the last entry. */
  readonly now: Date | null;
  readonly holder?: HolderName;
  readonly next: readonly NextCommand[];
  readonly outage?: Outage;
  /** How long it will still take. */
  readonly forecast?: Forecast;
  /** Other runs that are not at their end, and have changed something. */
  readonly otherRuns?: readonly Progress[];
  /** Whether a reversal would lose data now, as each applied entry answered. */
  readonly reversal?: readonly ReversalLossAnswer[];
  /** Whether what later entries rely on is still in place now. */
  readonly upkeep?: readonly UpkeepAnswer[];
}

const labelColumns = 12;
const besideLabels = {first: ' '.repeat(labelColumns), rest: ' '.repeat(labelColumns)};

/** The state of a run, its changes in place, whether it can be reversed, and what to type next. */
export function statusText(progress: Progress, options: StatusOptions): string {
  const {run} = progress;
  const {paint, now} = options;
  const line = (label: string, pieces: readonly Piece[]) => labelled(label, pieces, options);
  const watch = watchOf(progress, options.holder);
  return [
    ...outageLines(progress, {outage: options.outage, now, ...watch}, options),
    ...flow(
      [
        run.rehearsal ? 'rehearsal of ' : '',
        {text: run.runbook.name, paint: paint.bold},
        ' on ',
        inventoryText(paint, run.inventory),
        ` (run ${run.run})`,
      ],
      options,
    ),
    '',
    ...line('state', [
      sign(outcomeSign(progress, options.holder), options),
      positionText(progress),
    ]),
    ...progress.questions.flatMap((open) => [
      ...line('asked', [
        {text: questionText(open, now, isGone(options.holder)), paint: paint.yellow},
      ]),
      ...toldTexts(open, options.holder).flatMap((text) =>
        flow([text], {width: options.width, ...besideLabels}),
      ),
    ]),
    ...approvalLines(progress).flatMap((text) => line('approvals', [text])),
    ...line('started', [`${momentUtc(progress.startedAt)}${agoText(progress.startedAt, now)}`]),
    ...line('last entry', [
      `#${progress.seq} at ${momentUtc(progress.lastAt)}${agoText(progress.lastAt, now)}`,
    ]),
    ...(now ? [] : line('clock', [{text: clockSetBack, paint: paint.yellow}])),
    ...line('process', [holderText(options.holder, progress, now)]),
    ...changingHands(progress, now).flatMap(({label, text}) =>
      line(label, [{text, paint: paint.yellow}]),
    ),
    ...(run.rehearsal ? line('rehearsal', [rehearsalText]) : []),
    ...line('reversal', [reversalText(progress)]),
    ...statusForecastTexts(progress, {forecast: options.forecast, now, ...watch}).flatMap((text) =>
      line('forecast', [text]),
    ),
    ...losslessText(progress, options),
    ...(progress.problem
      ? line('problem', [{text: progress.problem.message, paint: paint.red}])
      : []),
    '',
    ...phasesText(progress, options),
    '',
    ...changesInPlaceText(progress, options),
    ...upkeepText(options.upkeep ?? [], options),
    ...otherRunsText(options),
    ...(options.next.length > 0
      ? ['', paint.bold('Next'), ...nextText(options.next, options, '  ')]
      : []),
  ].join('\n');
}

const rehearsalText = 'its changes are in a lab that ends with the rehearsal';

/** The checkpoints to which the run can be reversed, nearest first. */
export function reversalText(progress: Progress): string {
  const {passedPointOfNoReturn, checkpoints, reversingTo} = progress;
  if (passedPointOfNoReturn) {
    return 'not possible: the point of no return is passed';
  }
  if (appliedEntries(progress).length === 0) {
    return 'not needed: no changes in place';
  }
  if (reversingTo) {
    return `in progress, to ${placeText(reversingTo.to)}`;
  }
  return `possible to ${[...checkpoints].reverse().concat('the start').join(', ')}`;
}

/** The answer, and of which writes it speaks. */
function losslessText({run}: Progress, options: StatusOptions): string[] {
  const answers = reversalLossText(options.reversal ?? [], options);
  const scope = losslessScope(run.runbook.alsoWritten ?? []);
  return answers.length === 0
    ? []
    : [...answers, ...flow([scope], {width: options.width, first: '  ', rest: '    '})];
}

/** Whether a reversal would lose anything now, and a line for each reason. */
export function reversalLossText(
  answers: readonly ReversalLossAnswer[],
  options: TextOptions,
): string[] {
  const {width, paint} = options;
  if (answers.length === 0) {
    return [];
  }
  const {text, colour} = losslessWords[losslessOf(answers)];
  return [
    ...flow(['Reversal is lossless: ', {text, paint: paint[colour]}], options),
    ...answers
      .flatMap(({because}) => because)
      .flatMap((reason) => flow([reason], {width, first: '  ', rest: '    '})),
  ];
}

const losslessWords = {
  yes: {text: 'yes', colour: 'green'},
  no: {text: 'NO', colour: 'red'},
  unknown: {text: 'unknown', colour: 'yellow'},
} as const;

/** Which entry is the one that matters now. */
function positionText({entries, reversingTo, outcome}: Progress): string {
  const states = reversingTo ? reversingStates : busyStates;
  const busy = [...entries.values()].filter(({state}) => states.has(state)).map(({id}) => id);
  const at = busy.length > 0 ? ` at ${busy.join(', ')}` : '';
  return outcome === 'reversing' && reversingTo ? `${at}, to ${placeText(reversingTo.to)}` : at;
}

const busyStates = new Set(['checking', 'applying', 'failed', 'reversing', 'reverse-failed']);

const reversingStates = new Set(['reversing', 'reverse-failed']);

function phasesText(progress: Progress, options: TextOptions): string[] {
  const entries = [...progress.entries.values()];
  const phases = [...new Set(entries.map(({phase}) => phase))];
  const columns = Math.max(0, ...phases.map(widthOf));
  return phases.flatMap((phase) => {
    const inside = entries.filter((entry) => entry.phase === phase);
    return flow(
      [
        {text: phase, paint: options.paint.bold},
        pad('', columns - widthOf(phase)),
        '  ',
        ...tally(inside, options),
      ],
      {
        width: options.width,
        rest: pad('', columns + 2),
      },
    );
  });
}

function tally(entries: readonly EntryProgress[], options: TextOptions): Piece[] {
  const states = [...new Set(entries.map(({state}) => state))];
  const parts = states.map((state): Piece[] => [
    `${entries.filter((entry) => entry.state === state).length} `,
    sign(stateSigns[state], options),
  ]);
  return [`${counted(entries.length, 'entry', 'entries')}: `, ...joined(parts)];
}

function changesInPlaceText(progress: Progress, options: TextOptions): string[] {
  const changes = appliedTexts(progress);
  return changes.length === 0
    ? ['No changes of this run are in place.']
    : [
        options.paint.bold('Changes in place'),
        ...changes.flatMap((text) =>
          flow([text], {width: options.width, first: '  ', rest: '    '}),
        ),
      ];
}

const otherRunsMost = 3;

function otherRunsText({otherRuns: beside = [], width, paint}: StatusOptions): string[] {
  return beside.length === 0
    ? []
    : [
        '',
        paint.bold('Other unfinished runs'),
        ...beside.slice(0, otherRunsMost).flatMap(({run, outcome}) => {
          const name = `${run.runbook.name} on ${run.inventory.name}`;
          const text = `${run.run}: ${name}, ${outcomeSigns[outcome].word}`;
          return flow([text], {width, first: '  ', rest: '    '});
        }),
        ...(beside.length > otherRunsMost ? [`  and ${beside.length - otherRunsMost} more`] : []),
      ];
}

const joined = (parts: readonly Piece[][]): Piece[] =>
  parts.flatMap((part, index) => (index === 0 ? part : [', ', ...part]));

const sign = (it: Sign, {paint}: TextOptions): Piece => ({
  text: `${it.symbol} ${it.word}`,
  paint: (text) => painted(paint, it.colour, text),
});

const agoText = (then: Date, now: Date | null): string =>
  now ? `, ${durationText(elapsedMs(then, now))} ago` : '';

function labelled(label: string, pieces: readonly Piece[], {width, paint}: TextOptions): string[] {
  return flow(
    [{text: label, paint: paint.dim}, pad('', labelColumns - widthOf(label)), ...pieces],
    {
      width,
      rest: pad('', labelColumns),
    },
  );
}
