import type {EntryProgress, Progress} from '../model/progress.ts';
import {appliedEntries} from '../model/progress.ts';
import {losslessOf, type ReversalLossAnswer} from '../model/reversal-loss.ts';
import {
  clockUtc,
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
import {flow, type Piece, pad, widthOf} from './text.ts';

/** Who holds the lock of a run. */
export interface HolderName {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  readonly sinceUtc?: string;
  /** Its process is known to be gone. */
  readonly dead?: boolean;
  /** The lock's file, when that does not tell who it is. */
  readonly unreadable?: string;
}

export interface StatusOptions extends TextOptions {
  readonly now: Date;
  readonly holder?: HolderName;
  readonly next: readonly NextCommand[];
  /** Other runs that are not at their end, and have changed something. */
  readonly otherRuns?: readonly Progress[];
  /** What the entries that stand said just now of their way back. */
  readonly reversal?: readonly ReversalLossAnswer[];
}

const labelColumns = 12;

/** Where a run stands, what stands in the world, whether it can still go back, and what to type next. */
export function statusText(progress: Progress, options: StatusOptions): string {
  const {run} = progress;
  const {paint, now} = options;
  const line = (label: string, pieces: readonly Piece[]) => labelled(label, pieces, options);
  return [
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
    ...line('started', [`${momentUtc(progress.startedAt)}, ${agoText(progress.startedAt, now)}`]),
    ...line('last entry', [
      `#${progress.seq} at ${momentUtc(progress.lastAt)}, ${agoText(progress.lastAt, now)}`,
    ]),
    ...line('held by', [holderText(options.holder, progress)]),
    ...(run.rehearsal ? line('rehearsal', [rehearsalText]) : []),
    ...line('way back', [reversalText(progress)]),
    ...losslessText(options),
    ...(progress.problem
      ? line('because', [{text: progress.problem.message, paint: paint.red}])
      : []),
    '',
    ...phasesText(progress, options),
    '',
    ...changesInPlaceText(progress, options),
    ...otherRunsText(options),
    ...(options.next.length > 0
      ? ['', paint.bold('Next'), ...nextText(options.next, options, '  ')]
      : []),
  ].join('\n');
}

const rehearsalText =
  'what stands of it stands in its lab, which is gone once the rehearsal has ended';

/** Changes that stand, a sentence each: for every text that must say what is changed now. */
export function appliedTexts(progress: Progress): readonly string[] {
  return appliedEntries(progress).map((entry) => `${entry.id}: ${appliedText(entry)}`);
}

/** The place to which a reversal could still go, nearest first, in words. */
export function reversalText(progress: Progress): string {
  const {passedPointOfNoReturn, checkpoints, reversingTo} = progress;
  if (passedPointOfNoReturn) {
    return 'closed: the point of no return is passed';
  }
  if (appliedEntries(progress).length === 0) {
    return 'not needed: nothing stands';
  }
  if (reversingTo) {
    return `under way, to ${placeText(reversingTo.to)}`;
  }
  return `open to ${[...checkpoints].reverse().concat('the very start').join(', ')}`;
}

/** A line with the answer, and one for each thing that it rests on. */
function losslessText(options: StatusOptions): string[] {
  const {reversal: wayBack = [], width, paint} = options;
  if (wayBack.length === 0) {
    return [];
  }
  const {text, colour} = losslessWords[losslessOf(wayBack)];
  return [
    ...labelled('lossless', [{text, paint: paint[colour]}], options),
    ...wayBack
      .flatMap(({because}) => because)
      .flatMap((reason) =>
        flow([reason], {width, first: pad('', labelColumns), rest: pad('', labelColumns + 2)}),
      ),
  ];
}

const losslessWords = {
  yes: {text: 'yes: going back now loses nothing', colour: 'green'},
  no: {text: 'NO: going back now would lose what was done since', colour: 'red'},
  unknown: {text: 'not known at this moment', colour: 'yellow'},
} as const;

function appliedText({performed, inFlight, state, appliedAt: actedAt}: EntryProgress): string {
  const made = performed.length > 0 ? performed.join('; ') : 'nothing is known to be made yet';
  const since = actedAt && state === 'done' ? ` (since ${clockUtc(actedAt)} UTC)` : '';
  return inFlight
    ? `${made}; not known whether it took: ${inFlight}`
    : `${made}${since}${state === 'done' ? '' : ` (${stateSigns[state].word})`}`;
}

/** A journal that just ends does not know that its process is gone; whoever looks at the lock does. */
export function outcomeSign({outcome}: Progress, holder: HolderName | undefined): Sign {
  const unfinished = outcome === 'running' || outcome === 'reversing';
  return unfinished && (!holder || holder.dead)
    ? {symbol: '✗', word: `broken off while ${outcome}`, colour: 'red'}
    : outcomeSigns[outcome];
}

/** Which entry is the one that matters now. */
function positionText({entries, reversingTo, outcome}: Progress): string {
  const states = reversingTo ? reversingStates : busyStates;
  const busy = [...entries.values()].filter(({state}) => states.has(state)).map(({id}) => id);
  const at = busy.length > 0 ? ` at ${busy.join(', ')}` : '';
  return outcome === 'reversing' && reversingTo
    ? `${at}, back to ${placeText(reversingTo.to)}`
    : at;
}

const busyStates = new Set(['checking', 'applying', 'failed', 'reversing', 'reverse-failed']);

const reversingStates = new Set(['reversing', 'reverse-failed']);

const restingOutcomes = new Set(['paused', 'done', 'reversed']);

function holderText(holder: HolderName | undefined, {outcome}: Progress): string {
  if (!holder) {
    return restingOutcomes.has(outcome) ? 'nobody' : 'nobody: its process ended without a word';
  }
  if (holder.unreadable !== undefined) {
    return `somebody whose name ${holder.unreadable} does not tell`;
  }
  const since = holder.sinceUtc ? ` since ${holder.sinceUtc}` : '';
  const gone = holder.dead ? '; that process is gone' : '';
  return `${holder.user}@${holder.host}, pid ${holder.pid}${since}${gone}`;
}

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
  const stands = appliedTexts(progress);
  return stands.length === 0
    ? ['Nothing that this run changed stands.']
    : [
        options.paint.bold('Stands'),
        ...stands.flatMap((text) =>
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
        paint.bold('Not at their end either'),
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

const agoText = (then: Date, now: Date): string =>
  `${durationText(Math.max(0, now.getTime() - then.getTime()))} ago`;

function labelled(label: string, pieces: readonly Piece[], {width, paint}: TextOptions): string[] {
  return flow(
    [{text: label, paint: paint.dim}, pad('', labelColumns - widthOf(label)), ...pieces],
    {
      width,
      rest: pad('', labelColumns),
    },
  );
}
