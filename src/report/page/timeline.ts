import {shifted} from '../../model/moment.ts';
import {escaped} from '../escaped.ts';
import {earlierText} from '../forecast-lines.ts';
import {clockUtc, counted, durationText, stateSigns} from '../labels.ts';
import type {AnswerReport} from '../report-fold.ts';
import {failureTexts, skipText} from '../report-text.ts';
import type {EntryReport, RunReport} from '../run-report.ts';
import {countingHtml} from './clock.ts';
import {signHtml} from './html.ts';
import type {RunPage} from './run-page.ts';

/** One for the whole page. It leaves out time in which nothing ran, such as a night in which the run was paused. */
interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly away: readonly (readonly [fromMs: number, toMs: number])[];
  readonly outages: readonly (readonly [fromMs: number, toMs: number])[];
}

/** How many ms of the scale lie before a moment. */
function placeOn({fromMs, away}: Scale, atMs: number): number {
  const left = away.reduce(
    (ms, [from, to]) => ms + Math.max(0, Math.min(to, atMs) - Math.max(from, fromMs)),
    0,
  );
  return atMs - fromMs - left;
}

const lengthOf = (scale: Scale): number => placeOn(scale, scale.toMs);

/** A phase in two parts: what became of its entries, and their table. */
interface PhaseHtml {
  readonly name: string;
  readonly tally: string;
  readonly table: string;
}

export function phasesHtml(page: RunPage): readonly PhaseHtml[] {
  const {report} = page;
  const scale = scaleOf(report);
  return [...new Set(report.entries.map(({phase}) => phase))].map((phase) => {
    const entries = report.entries.filter((entry) => entry.phase === phase);
    return {name: phase, tally: tallyOf(entries), table: tableHtml(page, {phase, entries, scale})};
  });
}

/** "3 entries: 2 done, 1 applying". */
function tallyOf(entries: readonly EntryReport[]): string {
  const states = [...new Set(entries.map(({state}) => state))];
  const parts = states.map((state) => {
    const count = entries.filter((entry) => entry.state === state).length;
    return `${count} ${stateSigns[state].word}`;
  });
  return `${counted(entries.length, 'entry', 'entries')}: ${parts.join(', ')}`;
}

interface Phase {
  readonly phase: string;
  readonly entries: readonly EntryReport[];
  readonly scale: Scale | undefined;
}

/** Its roles are explicit: a narrow screen does not lay it out as a table, but it stays one for screen readers. */
function tableHtml(page: RunPage, {phase, entries, scale}: Phase): string {
  const heads = ['State', 'Entry', 'Took', 'Earlier'].map(
    (name, index) =>
      `<th role="columnheader" scope="col"${index > 1 ? ' class="number"' : ''}>${name}</th>`,
  );
  const rows = entries.map((entry) =>
    entryRow(
      page,
      entry,
      scale && {
        scale,
        answers: page.report.answers.filter((answer) => answer.entry === entry.id),
      },
    ),
  );
  return `<table role="table" aria-label="${escaped(phase)}">
<thead role="rowgroup"><tr role="row">${heads.join('')}<th role="columnheader" scope="col">${scale ? axisHtml(scale) : 'Not started'}</th></tr></thead>
<tbody role="rowgroup">
${rows.join('\n')}
</tbody>
</table>`;
}

const axisHtml = (scale: Scale): string =>
  `<p class="axis"><span>${clockUtc(new Date(scale.fromMs))}</span><span>${lengthText(scale)}</span><span>${clockUtc(new Date(scale.toMs))}</span></p>`;

function lengthText(scale: Scale): string {
  const shown = lengthOf(scale);
  const cutMs = scale.toMs - scale.fromMs - shown;
  return cutMs > 0
    ? `${durationText(shown)}, ${durationText(cutMs)} of waiting left out`
    : durationText(shown);
}

/** What the colours and patterns mean, as far as this run has them. */
export function legendHtml({outages, entries, answers}: RunReport): string {
  const ways = new Set(entries.flatMap(({stretches}) => stretches.map(({way}) => way)));
  const marks = [
    ...(outages.length > 0 ? [['outage', 'outage']] : []),
    ...(ways.has('forward') ? [['forward', 'running']] : []),
    ...(ways.has('reverse') ? [['reverse', 'reversing']] : []),
    ...(entries.some(({failures}) => failures.length > 0) ? [['bad', 'failed']] : []),
    ...(answers.length > 0 ? [['answer', 'waiting for an answer']] : []),
    ...(entries.some(({earlierMs}) => earlierMs !== undefined) ? [['earlier', 'earlier run']] : []),
  ];
  return `<p class="legend">${marks.map(([name, text]) => `<span><i class="mark ${name}"></i>${text}</span>`).join('')}</p>`;
}

function scaleOf(report: RunReport): Scale | undefined {
  const {entries, answers, outages, idle} = report;
  const spans = [
    ...[...entries.flatMap(({stretches}) => stretches), ...outages].map(
      ({fromUtc, toUtc}) => [Date.parse(fromUtc), Date.parse(toUtc)] as const,
    ),
    ...answers.map(spanOf),
  ];
  if (spans.length === 0) {
    return undefined;
  }
  const paused = idle.map(({fromUtc, toUtc}) => [Date.parse(fromUtc), Date.parse(toUtc)] as const);
  return {
    fromMs: Math.min(...spans.map(([from]) => from)),
    toMs: Math.max(...spans.map(([, to]) => to)),
    away: [...paused, ...longWaits(report)],
    outages: outages.map(({fromUtc, toUtc}) => [Date.parse(fromUtc), Date.parse(toUtc)]),
  };
}

/** The parts of long answers outside an outage to leave out: the minutes that matter would be too small to see. */
function longWaits({answers, outages, machineMs}: RunReport): Scale['away'] {
  const shownMs = Math.max(1000, machineMs / 8);
  return answers.flatMap((answer) => {
    const [from, to] = spanOf(answer);
    const inOutage = outages.some(
      ({fromUtc, toUtc}) => Date.parse(fromUtc) < to && Date.parse(toUtc) > from,
    );
    return answer.tookMs > shownMs && !inOutage ? [[from + shownMs, to] as const] : [];
  });
}

/** A part of the band that goes through all rows. */
const outageHtml = (scale: Scale): string =>
  scale.outages
    .map((span) => barHtml('outage', span, scale, `outage, ${durationText(span[1] - span[0])}`))
    .join('');

interface Lane {
  readonly scale: Scale;
  readonly answers: readonly AnswerReport[];
}

function entryRow(page: RunPage, entry: EntryReport, lane: Lane | undefined): string {
  const earlier = entry.earlierMs === undefined ? '' : durationText(entry.earlierMs);
  return `<tr role="row">
<td role="cell" class="state ${entry.state}">${signHtml(stateSigns[entry.state])}</td>
<th role="rowheader" scope="row"><b>${escaped(entry.id)}</b> <small>${escaped(entry.unit)}</small>${notesHtml(entry)}</th>
<td role="cell" class="number">${tookHtml(page, entry)}</td>
<td role="cell" class="number">${earlier}</td>
<td role="cell" class="lane">${lane ? laneHtml(entry, lane) : ''}</td>
</tr>`;
}

/** The time of an entry at work keeps counting. */
function tookHtml(page: RunPage, {id, stretches, durationMs}: EntryReport): string {
  if (stretches.length === 0) {
    return '';
  }
  const {progress, isWatched} = page;
  const state = progress.entries.get(id)?.state;
  const isAtWork = isWatched && state !== undefined && atWork.has(state);
  const isAsked = progress.questions.some(({entry}) => entry === id);
  return isAtWork && !isAsked
    ? countingHtml(page, {since: progress.lastAt, plusMs: durationMs})
    : durationText(durationMs);
}

const atWork: ReadonlySet<string> = new Set(['checking', 'applying', 'reversing']);

const notesHtml = (entry: EntryReport): string =>
  [
    ...failureTexts(entry).map((text) => `<p class="problem">${escaped(text)}</p>`),
    ...(entry.skipped ? [`<p class="skip">${escaped(skipText(entry.skipped))}</p>`] : []),
  ].join('');

function laneHtml(entry: EntryReport, {scale, answers}: Lane): string {
  const first = entry.stretches[0];
  const failedAt = new Set(entry.failures.map(({atUtc}) => atUtc));
  return [
    outageHtml(scale),
    ...(first && entry.earlierMs !== undefined
      ? [
          barHtml(
            'earlier',
            [Date.parse(first.fromUtc), Date.parse(first.fromUtc) + entry.earlierMs],
            scale,
            `earlier run ${earlierText(entry)}`,
          ),
        ]
      : []),
    ...entry.stretches.map(({way, fromUtc, toUtc}) => {
      const failed = failedAt.has(toUtc);
      const title = `${entry.id} ${way}, ${clockUtc(new Date(fromUtc))} to ${clockUtc(new Date(toUtc))}`;
      return barHtml(failed ? 'bad' : way, [Date.parse(fromUtc), Date.parse(toUtc)], scale, title);
    }),
    ...answers.map((answer) =>
      barHtml(
        'answer',
        spanOf(answer),
        scale,
        `${answer.by} answered "${answer.answer}" after ${durationText(answer.tookMs)}`,
      ),
    ),
  ].join('');
}

function barHtml(
  name: string,
  [from, to]: readonly [number, number],
  scale: Scale,
  title: string,
): string {
  const whole = Math.max(1, lengthOf(scale));
  const percent = (ms: number) => `${Math.min(100, Math.max(0, (ms / whole) * 100)).toFixed(2)}%`;
  const left = placeOn(scale, from);
  const width = placeOn(scale, Math.min(to, scale.toMs)) - left;
  // Even what took no time at all is seen: a bar is two pixels wide at least, and stays inside its lane.
  return `<i class="bar ${name}" title="${escaped(title)}" style="left:min(${percent(left)},100% - 2px);width:${percent(width)}"></i>`;
}

const spanOf = ({atUtc, tookMs}: AnswerReport): readonly [number, number] => [
  +shifted(new Date(atUtc), -tookMs),
  Date.parse(atUtc),
];
