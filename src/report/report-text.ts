import {
  keptLabels,
  keptParts,
  keptSentence,
  lookupsSentence,
  readsSentence,
  rowsAreEqual,
  rowsSentence,
  writesSentence,
} from './counts-text.ts';
import {earlierText, forecastAgainst} from './forecast-lines.ts';
import {holdTexts, tripsTexts} from './hold-text.ts';
import {
  clockUtc,
  counted,
  durationText,
  inventoryText,
  momentUtc,
  outcomeSigns,
  painted,
  stateSigns,
  type TextOptions,
} from './labels.ts';
import {untoldTexts} from './notices-text.ts';
import {outagesOfReport} from './outage-text.ts';
import {failedRequestTexts, requestTexts} from './request-text.ts';
import type {EntryReport, RunReport} from './run-report.ts';
import {flow, type Piece, pad, widthOf} from './text.ts';

/** The run in one text: outcome, times, what clients measured, the timeline, and the changes in place. */
export function reportText(report: RunReport, options: TextOptions): string {
  const {paint} = options;
  const phases = [...new Set(report.entries.map(({phase}) => phase))];
  return [
    ...headline(report, options),
    ...timesText(report, options),
    ...measuredText(report, options),
    ...phases.flatMap((phase) => phaseText(phase, report, options)),
    ...answersText(report, options),
    '',
    ...(report.applied.length > 0
      ? [
          paint.bold('Changes in place'),
          ...report.applied.flatMap((text) => flow([text], item(options))),
        ]
      : ['No changes of this run are in place.']),
    ...(report.head ? ['', ...flow(['Head of the journal: ', report.head], options)] : []),
    ...closing(report, options),
  ].join('\n');
}

/** What a terminal still shows of a long report is its end. */
const closing = (report: RunReport, options: TextOptions): string[] =>
  report.writes === undefined && report.entries.length < longFrom
    ? []
    : ['', ...headline(report, options), ...measuredText(report, options)];

const longFrom = 8;

/**
 * "12 m 44 s in all: machine time 10 m 02 s, waiting for answers 2 m 40 s (3 answers)". Parts that took no time are
 * left out.
 */
export function timesSentence({
  totalMs,
  machineMs,
  answeringMs,
  idleMs,
  answers,
}: RunReport): string {
  const parts = [
    `machine time ${durationText(machineMs)}`,
    ...(answers.length > 0
      ? [`waiting for answers ${durationText(answeringMs)} (${counted(answers.length, 'answer')})`]
      : []),
    ...(idleMs > 0 ? [`paused ${durationText(idleMs)}`] : []),
  ];
  return `${durationText(totalMs)} in all: ${parts.join(', ')}`;
}

/** The clients that counted the writes measured the outage too. */
export const outageSource = ({writes, outageMs, outages}: RunReport): string => {
  if (!writes) {
    return 'by the journal';
  }
  if (outageMs === 0) {
    return 'as the clients saw it: their writes waited, and none was refused';
  }
  return outages.length === 0
    ? 'as the clients saw it'
    : 'as the clients saw it, from the first refused write to the next acknowledged one; the journal counts from the entry that closes the site to the one that opens it';
};

function headline(report: RunReport, options: TextOptions): string[] {
  const {paint} = options;
  const sign = outcomeSigns[report.outcome];
  return [
    ...flow(
      [
        {text: `${sign.symbol} ${sign.word}`, paint: (text) => painted(paint, sign.colour, text)},
        ': ',
        report.rehearsal ? 'rehearsal of ' : '',
        {text: report.runbook, paint: paint.bold},
        ' on ',
        inventoryText(paint, report.inventory),
      ],
      options,
    ),
    ...(report.problem
      ? flow(
          [{text: `${report.problem.message} (${report.problem.code})`, paint: paint.red}],
          item(options),
        )
      : []),
  ];
}

/** What a person allowed with --besides. */
export const besidesSentence = (besides: readonly string[]): string =>
  `${besides.join(', ')}, allowed with --besides`;

function timesText(report: RunReport, options: TextOptions): string[] {
  const [from, to] = [new Date(report.startedAtUtc), new Date(report.endedAtUtc)];
  return [
    ...labelled('run', `${report.run}, by ${report.operator}`, options),
    ...labelled('when', `${momentUtc(from)} to ${momentUtc(to)}`, options),
    ...labelled('took', timesSentence(report), options),
    ...forecastAgainst(report).flatMap((text) => labelled('forecast', text, options)),
    ...(report.besides ? labelled('beside', besidesSentence(report.besides), options) : []),
    ...untoldTexts(report).flatMap((text) => labelled('notices', text, options)),
  ];
}

function measuredText(report: RunReport, options: TextOptions): string[] {
  const {outageMs, outages, writes, rows, kept, reads, lookups, requests} = report;
  const isMeasured = writes !== undefined || outages.length === 0;
  const bad = writes !== undefined && writes.lost + writes.duplicated > 0;
  return [
    ...(outageMs === undefined || !isMeasured
      ? []
      : labelled(
          'outage',
          `${durationText(outageMs)}${outageMs < 1000 ? '' : ` (${Math.round(outageMs)} ms)`}, ${outageSource(report)}`,
          options,
        )),
    ...outagesOfReport(report).flatMap((text) => labelled('outage', text, options)),
    ...holdTexts(report).flatMap((text) => labelled('hold', text, options)),
    ...tripsTexts(report).flatMap((text) => labelled('network', text, options)),
    ...(requests
      ? requestTexts(report).flatMap((text) => labelled('requests', text, options))
      : []),
    ...(requests
      ? failedRequestTexts(requests).flatMap((text) =>
          labelled('failed', text, options, options.paint.red),
        )
      : []),
    ...(writes
      ? labelled(
          'writes',
          `${bad ? '✗' : '✓'} ${writesSentence(writes)}`,
          options,
          bad ? options.paint.red : undefined,
        )
      : []),
    ...(rows
      ? labelled(
          'rows',
          `${rowsAreEqual(rows) ? '✓' : '✗'} ${rowsSentence(rows)}`,
          options,
          rowsAreEqual(rows) ? undefined : options.paint.red,
        )
      : []),
    ...keptParts(kept).flatMap(([name, count]) =>
      labelled(
        keptLabels[name],
        `${count.lost > 0 ? '✗' : '✓'} ${keptSentence(count)}`,
        options,
        count.lost > 0 ? options.paint.red : undefined,
      ),
    ),
    ...(reads ? labelled('reads', readsSentence(reads), options) : []),
    ...(lookups ? labelled('lookups', lookupsSentence(lookups), options) : []),
  ];
}

function phaseText(phase: string, report: RunReport, options: TextOptions): string[] {
  const entries = report.entries.filter((entry) => entry.phase === phase);
  const columns = {
    id: Math.min(24, Math.max(...entries.map(({id}) => widthOf(id)))),
    sign: Math.max(...report.entries.map(({state}) => widthOf(stateSigns[state].word) + 2)),
  };
  return [
    '',
    options.paint.bold(phase),
    ...entries.flatMap((entry) => entryText(entry, columns, options)),
  ];
}

function entryText(
  entry: EntryReport,
  columns: {id: number; sign: number},
  {width, paint}: TextOptions,
): string[] {
  const sign = stateSigns[entry.state];
  const signed = `${sign.symbol} ${sign.word}`;
  const started = entry.stretches[0];
  const took = started ? durationText(entry.durationMs) : '';
  const notes = [
    earlierText(entry),
    attemptsText(entry),
    entry.answeringMs > 0 ? `+ ${durationText(entry.answeringMs)} waiting for answers` : '',
  ].filter((note) => note !== '');
  const pieces: Piece[] = [
    started ? clockUtc(new Date(started.fromUtc)) : '--:--:--',
    '  ',
    {text: signed, paint: (text) => painted(paint, sign.colour, text)},
    pad('', columns.sign - widthOf(signed) + 2),
    entry.id,
    pad('', columns.id - widthOf(entry.id) + 2),
    pad('', 9 - widthOf(took)),
    took,
    {text: notes.length > 0 ? `  ${notes.join(', ')}` : '', paint: paint.dim},
  ];
  return [
    ...flow(pieces, {width, first: '  ', rest: pad('', 12)}),
    ...failureTexts(entry).flatMap((text) =>
      flow([{text, paint: paint.red}], {width, first: pad('', 12), rest: pad('', 14)}),
    ),
    ...(entry.skipped
      ? flow([{text: skipText(entry.skipped), paint: paint.yellow}], {
          width,
          first: pad('', 12),
          rest: pad('', 14),
        })
      : []),
  ];
}

/** The duration is that of all attempts, and of those of the reversal. */
function attemptsText({stretches}: EntryReport): string {
  const reversals = stretches.filter(({way}) => way === 'reverse').length;
  const attempts = stretches.length - reversals;
  const inAttempts = (count: number) => (count > 1 ? ` in ${count} attempts` : '');
  const done = inAttempts(attempts).trim();
  const reversed = reversals > 0 ? `with its reversal${inAttempts(reversals)}` : '';
  return [done, reversed].filter((text) => text !== '').join(', ');
}

/** A line for each attempt that failed. The same problem again is told with its time alone. */
export function failureTexts({failures}: EntryReport): readonly string[] {
  return failures.map(({atUtc, way, code, message}, index) => {
    const isSame = index > 0 && failures[index - 1]?.message === message;
    const failed = way === 'reverse' ? 'reversal failed' : 'failed';
    const at = clockUtc(new Date(atUtc));
    return isSame ? `${failed} again at ${at}` : `${failed} at ${at}: ${message} (${code})`;
  });
}

export const skipText = ({atUtc, by, reason}: NonNullable<EntryReport['skipped']>): string =>
  `skipped by ${by} at ${clockUtc(new Date(atUtc))}: ${reason}`;

function answersText({answers}: RunReport, options: TextOptions): string[] {
  if (answers.length === 0) {
    return [];
  }
  return [
    '',
    options.paint.bold('Answers'),
    ...answers.flatMap(({atUtc, by, answer, note, question, tookMs}) =>
      flow(
        [
          `${clockUtc(new Date(atUtc))}  ${by}: "${answer}"${note === undefined ? '' : ` (${note})`} after ${durationText(tookMs)} to: ${question}`,
        ],
        {
          width: options.width,
          first: '  ',
          rest: pad('', 12),
        },
      ),
    ),
  ];
}

const item = ({width}: TextOptions) => ({width, first: '  ', rest: '    '});

function labelled(
  label: string,
  text: string,
  {width, paint}: TextOptions,
  colour: (text: string) => string = (it) => it,
): string[] {
  return flow([{text: label, paint: paint.dim}, pad('', 9 - label.length), {text, paint: colour}], {
    width,
    first: '  ',
    rest: pad('', 11),
  });
}
