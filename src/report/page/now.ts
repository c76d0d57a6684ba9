import {criticalSentence} from '../../forecast/forecast-text.ts';
import {losslessScope} from '../../model/also-written.ts';
import {isNamedIn} from '../../model/entry-progress.ts';
import {shifted} from '../../model/moment.ts';
import {openedEntries, openingNames} from '../../model/opening.ts';
import {appliedEntries, type Progress} from '../../model/progress.ts';
import {approvalLines} from '../approval-text.ts';
import {changingHands} from '../changing-hands.ts';
import {escaped} from '../escaped.ts';
import {decideByTexts, statusForecastTexts} from '../forecast-lines.ts';
import {holderText, isGone} from '../holder-text.ts';
import {clockUtc} from '../labels.ts';
import {reversalText} from '../status.ts';
import {clockSetBack, limitText, questionText, toldTexts} from '../status-head.ts';
import {countingHtml, untilHtml} from './clock.ts';
import {listHtml} from './html.ts';
import type {RunPage} from './run-page.ts';

/** What everybody but the operator wants to know: what the run waits for, how to reverse it, and when it ends. */
export function nowHtml(page: RunPage): string {
  const {progress, holder, now} = page;
  const rows = [
    ...questionRows(page),
    ...approvalLines(progress).map((text) => ['Approvals', escaped(text)]),
    ...outageRows(page),
    ...holdRows(page),
    ...forecastRows(page),
    ['Reversal', escaped(sentence(reversalText(progress)))],
    ...losslessRows(progress),
    ['Process', escaped(`${holderText(holder, progress)}.`)],
    ...lastHeardRows(page),
    ...changingHands(progress, now).map(({label, text}) => [
      sentence(label).slice(0, -1),
      escaped(sentence(text)),
    ]),
    ...(now ? [] : [['Clock', escaped(sentence(clockSetBack))]]),
  ];
  return `<dl class="now">${rows
    .map(([name = '', html = '']) => `<div><dt>${name}</dt><dd>${html}</dd></div>`)
    .join('')}</dl>`;
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

type Rows = readonly (readonly [name: string, html: string])[];

function questionRows(page: RunPage): Rows {
  const {progress, holder} = page;
  const isAsked = !isGone(holder);
  return progress.questions.map((open) => {
    const text = escaped(questionText(open, null, !isAsked));
    const clock = isAsked ? `<strong>${countingHtml(page, {since: open.since})}</strong> ` : '';
    const texts = toldTexts(open, holder);
    const details = texts.length > 0 ? listHtml(texts, '') : '';
    return [isAsked ? 'Waiting for an answer' : 'Was asked', `${clock}${text}${details}`] as const;
  });
}

/** Of a process on another host: whether it still works is not known here. */
const lastHeardRows = (page: RunPage): Rows =>
  page.lastHeard
    ? [['Last heard from', `<strong>${countingHtml(page, {since: page.lastHeard})}</strong> ago`]]
    : [];

function outageRows(page: RunPage): Rows {
  const {progress, outage, isWatched, lastHeard, limitAt, now} = page;
  if (!outage?.since) {
    return [];
  }
  const isPassed = limitAt !== undefined && now !== null && limitAt <= now;
  // The time that is left is a clock of its own.
  const text = limitText(progress, {
    outage,
    now: isPassed ? now : null,
    isWatched,
    ...(lastHeard ? {lastHeard} : {}),
  });
  const left =
    limitAt && !isPassed && !progress.reversingTo
      ? `<strong>${untilHtml(page, limitAt)}</strong> `
      : '';
  return [['Outage limit', `${left}${escaped(text)}`]];
}

function holdRows(page: RunPage): Rows {
  const {hold} = page;
  return hold?.since
    ? [
        [
          'Hold',
          `<strong>${countingHtml(page, {since: hold.since})}</strong> New connections have been waiting since ${clockUtc(hold.since)} UTC.`,
        ],
      ]
    : [];
}

/** As the screen of the run and `status` tell it. */
function forecastRows(page: RunPage): Rows {
  const {forecast, noForecast, progress, isWatched, now} = page;
  if (!forecast || !now) {
    return [
      ...(noForecast === undefined ? [] : [['Expected end', escaped(noForecast)] as const]),
      ...decideByRows(page),
    ];
  }
  const [left = '', ...more] = statusForecastTexts(progress, {forecast, now, isWatched});
  const isKnown = isWatched && progress.questions.length === 0 && forecast.notMeasured.length === 0;
  const clock = isKnown
    ? `<strong>${untilHtml(page, shifted(now, forecast.left.p95))}</strong> `
    : '';
  return [
    ['Expected end', `${clock}${escaped(sentence(left))}`],
    ...(more.length > 0 ? [['Forecast', escaped(more.join(' '))] as const] : []),
    ...criticalSentence(forecast).map((text) => ['Critical path', escaped(text)] as const),
  ];
}

const decideByRows = ({progress, now}: RunPage): Rows =>
  now
    ? decideByTexts(progress, undefined, now).map((text) => ['Decide by', escaped(text)] as const)
    : [];

/** From the journal alone: the targets are not asked. */
function losslessRows(progress: Progress): Rows {
  const {run, passedPointOfNoReturn, entries, reversals, reversingTo} = progress;
  if (passedPointOfNoReturn || appliedEntries(progress).length === 0) {
    return [];
  }
  const {alsoWritten = []} = run.runbook;
  const opening = [...entries.values()].filter(isNamedIn(openingNames(run)));
  const opened = openedEntries(progress);
  const ids = opening.map(({id}) => id).join(', ');
  if (opening.length > 0 && opened.length === 0) {
    const since = reversals > 0 && !reversingTo ? 'Since the last reversal, the' : 'The';
    const because = `${since} new side has accepted no writes: no change of ${ids} is in place.`;
    return [['Lossless', escaped(`Yes. ${because} ${losslessScope(alsoWritten)}`)]];
  }
  const because =
    opened.length > 0
      ? `Since ${opened.join(', ')}, the new side may have writes of its own.`
      : 'The runbook does not declare which entry lets the new side accept writes.';
  return [
    [
      'Lossless',
      `${escaped(`Unknown from the journal. ${because} To ask the targets:`)} <code>switcharoo status ${escaped(run.run)}</code>`,
    ],
  ];
}
