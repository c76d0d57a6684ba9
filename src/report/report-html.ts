import {clockUtc, durationText, momentUtc, outcomeSigns, type Sign, stateSigns} from './labels.ts';
import type {AnswerReport, Span} from './report-fold.ts';
import {
  earlierText,
  lookupsSentence,
  outageSource,
  readsSentence,
  timesSentence,
  writesSentence,
} from './report-text.ts';
import type {EntryReport, RunReport} from './run-report.ts';
import {clean} from './text.ts';

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
${phases.map((phase) => phaseHtml(phase, report)).join('\n')}
${answersHtml(report.answers)}
<h2>Changes in place</h2>
${listHtml(report.applied, 'No changes of this run are in place.')}
<footer>
<p>Run ${escaped(report.run)} by ${escaped(report.operator)}${report.passedPointOfNoReturn ? ', past the point of no return' : ''}.</p>
${report.head ? `<p>Head of the journal: <code>${escaped(report.head)}</code></p>` : ''}
</footer>
</body>
</html>
`;
}

function figures(report: RunReport): string {
  const {outageMs, writes, reads, lookups} = report;
  const bad = writes !== undefined && writes.lost + writes.duplicated > 0;
  const cells = [
    ...(outageMs === undefined ? [] : [['Outage', durationText(outageMs), outageSource(report)]]),
    ...(writes
      ? [['Lost writes', `${bad ? '✗' : '✓'} ${writes.lost}`, writesSentence(writes)]]
      : []),
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

/**
 * Each phase has a scale of its own, and time in which nothing ran takes no room on it: days of preparation, or a night
 * on hold, would leave nothing to see of the minutes that matter.
 */
interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly away: readonly (readonly [fromMs: number, toMs: number])[];
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

function phaseHtml(phase: string, report: RunReport): string {
  const entries = report.entries.filter((entry) => entry.phase === phase);
  const answers = report.answers.filter(({entry}) => entries.some(({id}) => id === entry));
  const scale = scaleOf(entries, answers, report.idle);
  const axis = scale
    ? `<p class="axis"><span>${clockUtc(new Date(scale.fromMs))}</span><span>${durationText(lengthOf(scale))}</span><span>${clockUtc(new Date(scale.toMs))}</span></p>`
    : '';
  return `<section class="phase">
<h2>${escaped(phase)}</h2>
<table>
<thead><tr><th>State</th><th>Entry</th><th class="number">Took</th><th class="number">Earlier</th><th>${axis || 'Not started'}</th></tr></thead>
<tbody>
${entries
  .map((entry) =>
    entryRow(
      entry,
      answers.filter((answer) => answer.entry === entry.id),
      scale,
    ),
  )
  .join('\n')}
</tbody>
</table>
</section>`;
}

function scaleOf(
  entries: readonly EntryReport[],
  answers: readonly AnswerReport[],
  away: readonly Span[],
): Scale | undefined {
  const spans = [
    ...entries.flatMap(({stretches}) =>
      stretches.map(({fromUtc, toUtc}) => [Date.parse(fromUtc), Date.parse(toUtc)] as const),
    ),
    ...answers.map(spanOf),
  ];
  return spans.length === 0
    ? undefined
    : {
        fromMs: Math.min(...spans.map(([from]) => from)),
        toMs: Math.max(...spans.map(([, to]) => to)),
        away: away.map(({fromUtc, toUtc}) => [Date.parse(fromUtc), Date.parse(toUtc)]),
      };
}

function entryRow(
  entry: EntryReport,
  answers: readonly AnswerReport[],
  scale: Scale | undefined,
): string {
  const started = entry.stretches.length > 0;
  return `<tr>
<td class="state ${entry.state}">${signHtml(stateSigns[entry.state])}</td>
<td><b>${escaped(entry.id)}</b> <small>${escaped(entry.unit)}</small>${entry.problem ? `<p class="problem">${escaped(entry.problem.message)}</p>` : ''}</td>
<td class="number">${started ? durationText(entry.durationMs) : ''}</td>
<td class="number">${entry.earlierMs === undefined ? '' : durationText(entry.earlierMs)}</td>
<td class="lane">${scale ? laneHtml(entry, answers, scale) : ''}</td>
</tr>`;
}

function laneHtml(entry: EntryReport, answers: readonly AnswerReport[], scale: Scale): string {
  const first = entry.stretches[0];
  const last = entry.stretches.length - 1;
  return [
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
    ...entry.stretches.map(({way, fromUtc, toUtc}, index) => {
      const failed =
        index === last && (entry.state === 'failed' || entry.state === 'reverse-failed');
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
    ({atUtc, by, answer, question, tookMs}) =>
      `${clockUtc(new Date(atUtc))} ${by} answered “${answer}” after ${durationText(tookMs)} to: ${question}`,
  );
  return answers.length === 0 ? '' : `<h2>Answers</h2>\n${listHtml(lines, '')}`;
}

const listHtml = (items: readonly string[], none: string): string =>
  items.length === 0
    ? `<p>${escaped(none)}</p>`
    : `<ul>${items.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`;

const spanOf = ({atUtc, tookMs}: AnswerReport): readonly [number, number] => [
  Date.parse(atUtc) - tookMs,
  Date.parse(atUtc),
];

const signHtml = ({symbol, word}: Sign): string => `${symbol} ${word}`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string =>
  clean(text).replaceAll(/[&<>"']/g, (it) => entities[it] ?? it);

const style = `
:root{color-scheme:light dark;--ground:#fbfbfa;--text:#1d2021;--faint:#6b7075;--line:#dcdfe2;--lane:#eef0f1;--go:#2f7d4f;--back:#a8650f;--bad:#b3261e;--answer:#7b8794}
@media (prefers-color-scheme:dark){:root{--ground:#16181a;--text:#e6e8ea;--faint:#9aa1a8;--line:#33383d;--lane:#22262a;--go:#5fbf86;--back:#e0a045;--bad:#ff7a70;--answer:#8d99a6}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:2rem 1.25rem 4rem;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif}
h1{margin:.1rem 0 0;font-size:1.7rem;line-height:1.2}h1 small{font-weight:400;color:var(--faint)}
h2{margin:2.2rem 0 .5rem;font-size:1.05rem}h3{margin:0;font-size:.78rem;font-weight:600;color:var(--faint)}
small,.axis{color:var(--faint);font-size:.8rem}code{font-size:.85em;overflow-wrap:anywhere}
.outcome{margin:0;font-weight:600}.outcome.done{color:var(--go)}.outcome.paused,.outcome.reversed{color:var(--back)}.outcome.reverse-failed,.problem,.protected{color:var(--bad)}
.protected{font-size:.8rem;vertical-align:middle;border:1px solid;border-radius:3px;padding:.1rem .35rem}p.problem{margin:.3rem 0 0}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1.25rem;margin-top:1.5rem;padding:1rem 0;border-block:1px solid var(--line)}
.figures p{margin:.1rem 0;font-size:1.5rem;font-variant-numeric:tabular-nums;line-height:1.2}
.phase{overflow-x:auto}table{width:100%;min-width:46rem;table-layout:fixed;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{padding:.25rem .75rem .25rem 0;text-align:left;font-size:.78rem;font-weight:600;color:var(--faint);border-bottom:1px solid var(--line)}
td{padding:.35rem .75rem .35rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
.number{text-align:right;white-space:nowrap}.state{white-space:nowrap}
.state.done{color:var(--go)}.state.failed,.state.reverse-failed{color:var(--bad)}.state.reversed,.state.skipped{color:var(--back)}.state.not-started,.state.passed{color:var(--faint)}
th:nth-child(1){width:9.5rem}th:nth-child(3),th:nth-child(4){width:5.5rem}th:last-child{width:45%;padding-right:0}.axis{display:flex;justify-content:space-between;margin:0;font-weight:400}
.lane{position:relative;min-width:14rem;padding:0}.lane::before{content:"";position:absolute;inset:.45rem 0;background:var(--lane);border-radius:2px}
.bar{position:absolute;top:.6rem;height:.85rem;min-width:2px;border-radius:2px}
.bar.forward{background:var(--go)}.bar.reverse{background:var(--back)}.bar.bad{background:var(--bad)}
.bar.answer{background:repeating-linear-gradient(45deg,var(--answer) 0 3px,var(--lane) 3px 6px)}
.bar.earlier{top:1.5rem;height:3px;background:var(--faint)}
footer{margin-top:2.5rem;color:var(--faint);font-size:.85rem}footer p{margin:.2rem 0}
`;
