import {comparisonHtml} from '../compare.ts';
import {escaped} from '../escaped.ts';
import {outcomeSign} from '../holder-text.ts';
import {clockUtc, durationText, outcomeSigns} from '../labels.ts';
import {factText} from '../log.ts';
import {untoldTexts} from '../notices-text.ts';
import {besidesSentence} from '../report-text.ts';
import {clean} from '../text.ts';
import {figuresHtml} from './figures.ts';
import {listHtml, signHtml} from './html.ts';
import {nowHtml} from './now.ts';
import type {RunPage} from './run-page.ts';
import {legendHtml, phasesHtml} from './timeline.ts';

/** The parts of a page that change while a run works, by the ids of their elements. */
export type Parts = Readonly<Record<string, string>>;

export function partsOf(page: RunPage): Parts {
  const {report} = page;
  const phases = phasesHtml(page);
  return {
    head: headHtml(page),
    trouble: page.trouble === undefined ? '' : `<p class="problem">${escaped(page.trouble)}</p>`,
    figures: figuresHtml(page),
    now: nowHtml(page),
    ...Object.fromEntries(phases.map(({tally}, index) => [`tally-${index}`, escaped(tally)])),
    ...Object.fromEntries(phases.map(({table}, index) => [`phase-${index}`, table])),
    legend: legendHtml(report),
    answers: answersHtml(page),
    changes: listHtml(report.applied, 'No changes of this run are in place.'),
    ...(page.compared ? {compared: comparisonHtml(page.compared)} : {}),
    log: logHtml(page),
    foot: footHtml(page),
  };
}

/** What a screen reader says when the state changes; no clock is in it. */
export function newsOf(page: RunPage): string {
  const {report, progress, outage, holder, trouble} = page;
  const busy = [...progress.entries.values()]
    .filter(({state}) => busyStates.has(state))
    .map(({id}) => id);
  const texts = [
    `${report.runbook} on ${report.inventory.name}: ${outcomeSign(progress, holder).word}`,
    ...(busy.length > 0 ? [` at ${busy.join(', ')}`] : []),
    '.',
    ...(outage?.since ? [' OUTAGE: nobody can write.'] : []),
    ...progress.questions.map(({question}) => ` ${question}`),
    ...(report.problem ? [` ${report.problem.message}`] : []),
    ...(trouble === undefined ? [] : [` ${trouble}`]),
  ];
  return clean(texts.join(''));
}

const busyStates: ReadonlySet<string> = new Set(['checking', 'applying', 'reversing', 'failed']);

export const titleOf = ({report, progress, holder}: RunPage): string =>
  clean(`${report.runbook} on ${report.inventory.name}: ${outcomeSign(progress, holder).word}`);

function headHtml({report, progress, holder}: RunPage): string {
  const sign = outcomeSign(progress, holder);
  const isOutcome = sign.word === outcomeSigns[report.outcome].word;
  const kind = isOutcome ? report.outcome : sign.colour === 'red' ? 'attention' : 'paused';
  const {inventory, problem} = report;
  return `<p class="outcome ${kind}">${signHtml(sign)}</p>
<h1>${escaped(report.runbook)} <small>${report.rehearsal ? 'rehearsed ' : ''}on ${escaped(inventory.name)}</small>${inventory.protected ? ' <strong class="protected">PROTECTED</strong>' : ''}</h1>
${problem ? `<p class="problem">${escaped(problem.message)} <code>${escaped(problem.code)}</code></p>` : ''}`;
}

function answersHtml({report: {answers}}: RunPage): string {
  const lines = answers.map(
    ({atUtc, by, answer, note, question, tookMs}) =>
      `${clockUtc(new Date(atUtc))} ${by} answered “${answer}”${note === undefined ? '' : ` (${note})`} after ${durationText(tookMs)} to: ${question}`,
  );
  return listHtml(lines, 'Nobody has answered a question.');
}

function logHtml({lastEntries}: RunPage): string {
  const lines = lastEntries.map((entry) => {
    const [text, detail] = factText(entry);
    return `<li><span class="when">#${entry.seq} ${clockUtc(new Date(entry.atUtc))}</span> <span>${escaped(text)}${detail ? ` <small>${escaped(detail)}</small>` : ''}</span></li>`;
  });
  return `<ol class="log">${lines.join('')}</ol>`;
}

function footHtml({report}: RunPage): string {
  const {run, operator, passedPointOfNoReturn, besides, head} = report;
  const passed = passedPointOfNoReturn ? ', past the point of no return' : '';
  const beside = besides ? `, beside ${escaped(besidesSentence(besides))}` : '';
  const untold = untoldTexts(report).map((text) => `\n<p>Notices: ${escaped(text)}.</p>`);
  return `<p>Run ${escaped(run)} by ${escaped(operator)}${passed}${beside}.</p>${untold.join('')}
${head ? `<p>Head of the journal: <code>${escaped(head)}</code></p>` : ''}`;
}
