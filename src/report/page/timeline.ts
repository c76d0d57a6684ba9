import {shifted} from '../model/moment.ts';
import {comparedFigures, lookupsSentence, readsSentence, writesSentence} from './counts-text.ts';
import {escaped} from './escaped.ts';
import {holdTexts, tripsTexts} from './hold-text.ts';
import {clockUtc, durationText, momentUtc, outcomeSigns, type Sign, stateSigns} from './labels.ts';
import {untoldTexts} from './notices-text.ts';
import {outagesOfReport} from './outage-text.ts';
import type {AnswerReport} from './report-fold.ts';
import {style} from './report-style.ts';
import {
  besidesSentence,
  earlierText,
  failureTexts,
  outageSource,
  skipText,
  timesSentence,
} from './report-text.ts';
import {failedRequestTexts, requestTexts} from './request-text.ts';
import type {EntryReport, RunReport} from './run-report.ts';

/** The run as one page that needs nothing else: no network, no script. */
export function reportHtml(report: RunReport): string {
  const sign = outcomeSigns[report.outcome];
  const phases = [...new Set(report.entries.map(({phase}) => phase))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(`${report.runbook} on ${report.inventory.name}: ${sign.word}`)}</title>
<style>${style}</style>
</head>
<body>
<header>
<p class="outcome ${report.outcome}">${signHtml(sign)}</p>
<h1>${escaped(report.runbook)} <small>${report.rehearsal ? 'rehearsed' : ''} on ${escaped(report.inventory.name)}</small>${report.inventory.protected ? ' <strong class="protected">PROTECTED</strong>' : ''}</h1>
${report.problem ? `<p class="problem">${escaped(report.problem.message)} <code>${escaped(report.problem.code)}</code></p>` : ''}
</header>
${figures(report)}
${timelineHtml(phases, report)}
${answersHtml(report.answers)}
<h2>Changes in place</h2>
${listHtml(report.applied, 'No changes of this run are in place.')}
<footer>
<p>Run ${escaped(report.run)} by ${escaped(report.operator)}${report.passedPointOfNoReturn ? ', past the point of no return' : ''}${report.besides ? `, beside ${escaped(besidesSentence(report.besides))}` : ''}.</p>${untoldHtml(report)}
${report.head ? `<p>Head of the journal: <code>${escaped(report.head)}</code></p>` : ''}
</footer>
</body>
</html>
`;
}

const untoldHtml = (report: RunReport): string =>
  untoldTexts(report)
    .map((text) => `\n<p>Notices: ${escaped(text)}.</p>`)
    .join('');

function figures(report: RunReport): string {
  const {outageMs, outages, writes, reads, lookups, requests, hold, roundTrips} = report;
  const outageNote =
    outages.length === 0
      ? outageSource(report)
      : [...(writes ? [outageSource(report)] : []), ...outagesOfReport(report)].join('; ');
  const bad = writes !== undefined && writes.lost + writes.duplicated > 0;
  const cells = [
    ...(outageMs === undefined ? [] : [['Outage', durationText(outageMs), outageNote]]),
    ...(writes
      ? [['Lost writes', `${bad ? '✗' : '✓'} ${writes.lost}`, writesSentence(writes)]]
      : []),
    ...comparedFigures(report),
    ...(requests
      ? [
          [
            'Failed requests',
            String(requests.failed),
            [...requestTexts(report), ...failedRequestTexts(requests)].join('; '),
          ],
        ]
      : []),
    ...(hold ? [['Hold', durationText(hold.ms), holdTexts(report).join('; ')]] : []),
    ...(roundTrips === undefined
      ? []
      : [['Round trips', String(roundTrips), tripsTexts(report).join('; ')]]),
    ...(reads ? [['Failed reads', String(reads.failed), readsSentence(reads)]] : []),
    ...(lookups ? [['Wrong lookups', String(lookups.wrong), lookupsSentence(lookups)]] : []),
    ['Machine time', durationText(report.machineMs), timesSentence(report)],
    [
      'Started',
      clockUtc(new Date(report.startedAtUtc)),
      `${momentUtc(new Date(report.startedAtUtc))} to ${momentUtc(new Date(report.endedAtUtc))}`,
    ],
  ];
  return `<section class="figures">${cells
    .map(
      ([name = '', figure = '', note = '']) =>
        `<div${figure.startsWith('✗') ? ' class="problem"' : ''}><h3>${escaped(name)}</h3><p>${escaped(figure)}</p><small>${escaped(note)}</small></div>`,
    )
    .join('')}</section>`;
}

/** One for the whole page. Time in which nothing ran takes no part of it: a night in which the run was paused. */
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

function timelineHtml(phases: readonly string[], report: RunReport): string {
  const scale = scaleOf(report);
  return `<table class="timeline">
<thead><tr><th>State</th><th>Entry</th><th class="number">Took</th><th class="number">Earlier</th><th>${scale ? axisHtml(scale) : 'Not started'}</th></tr></thead>
${phases.map((phase) => phaseHtml(phase, report, scale)).join('\n')}
</table>
${legendHtml(report)}`;
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

function phaseHtml(phase: string, report: RunReport, scale: Scale | undefined): string {
  const entries = report.entries.filter((entry) => entry.phase === phase);
  const rows = entries.map((entry) =>
    entryRow(
      entry,
      report.answers.filter((answer) => answer.entry === entry.id),
      scale,
    ),
  );
  return `<tbody>
<tr class="phase"><th colspan="4">${escaped(phase)}</th><td class="lane">${scale ? outageHtml(scale) : ''}</td></tr>
${rows.join('\n')}
</tbody>`;
}

/** What the colours and patterns mean, as far as this run has them. */
function legendHtml({outages, entries, answers}: RunReport): string {
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

/** What is cut of answers that took long, and not in an outage: the minutes that matter would be too small to see. */
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

function entryRow(
  entry: EntryReport,
  answers: readonly AnswerReport[],
  scale: Scale | undefined,
): string {
  const started = entry.stretches.length > 0;
  return `<tr>
<td class="state ${entry.state}">${signHtml(stateSigns[entry.state])}</td>
<td><b>${escaped(entry.id)}</b> <small>${escaped(entry.unit)}</small>${notesHtml(entry)}</td>
<td class="number">${started ? durationText(entry.durationMs) : ''}</td>
<td class="number">${entry.earlierMs === undefined ? '' : durationText(entry.earlierMs)}</td>
<td class="lane">${scale ? laneHtml(entry, answers, scale) : ''}</td>
</tr>`;
}

const notesHtml = (entry: EntryReport): string =>
  [
    ...failureTexts(entry).map((text) => `<p class="problem">${escaped(text)}</p>`),
    ...(entry.skipped ? [`<p class="skip">${escaped(skipText(entry.skipped))}</p>`] : []),
  ].join('');

function laneHtml(entry: EntryReport, answers: readonly AnswerReport[], scale: Scale): string {
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

function answersHtml(answers: readonly AnswerReport[]): string {
  const lines = answers.map(
    ({atUtc, by, answer, note, question, tookMs}) =>
      `${clockUtc(new Date(atUtc))} ${by} answered “${answer}”${note === undefined ? '' : ` (${note})`} after ${durationText(tookMs)} to: ${question}`,
  );
  return answers.length === 0 ? '' : `<h2>Answers</h2>\n${listHtml(lines, '')}`;
}

const listHtml = (items: readonly string[], none: string): string =>
  items.length === 0
    ? `<p>${escaped(none)}</p>`
    : `<ul>${items.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`;

const spanOf = ({atUtc, tookMs}: AnswerReport): readonly [number, number] => [
  +shifted(new Date(atUtc), -tookMs),
  Date.parse(atUtc),
];

const signHtml = ({symbol, word}: Sign): string => `${symbol} ${word}`;
