import {fileURLToPath} from 'node:url';
import {type OutageFigures, type OutageRow, readFigures} from '../bench/outage/figures.ts';

// The figures of bench/outage/figures.json as tables of Markdown. `npm run bench:outage -- --write` measures them and
// writes that file; `UPDATE_GOLDEN=1 npx vitest run test/docs` then puts the tables into the pages;
// `node --import tsx scripts/outage-figures.ts` prints them.

/** In the README: what each runbook costs. */
export function runbookTable(figures: OutageFigures): string {
  const distances = [...new Set(figures.rows.map(({rttMs}) => rttMs))];
  const head = [
    'runbook',
    'requests failed',
    'slowest request',
    'writes refused for',
    'writes lost',
  ];
  const rows = runbooks.flatMap((name) => {
    const own = distances.flatMap((rtt) => rowOf(figures, name, rtt) ?? []);
    const cell = (text: (row: OutageRow) => string) => own.map(text).join(' / ');
    return own.length < distances.length
      ? []
      : [
          [
            `\`${name}\``,
            cell(failedText),
            cell(({slowestMs}) => seconds(slowestMs)),
            cell(({outageMs}) => seconds(outageMs)),
            String(own.reduce((sum, {lost}) => sum + lost, 0)),
          ],
        ];
  });
  const places = distances.map((rtt) => `${rtt} ms`).join(' / ');
  return [
    table(head, rows),
    '',
    `With switcharoo ${places} away from its targets.`,
    measuredText(figures),
  ].join('\n');
}

/** In docs/expected-outage.md: every contender. */
export function contenderTable(figures: OutageFigures): string {
  const rows = figures.rows.map((row) => [
    row.by,
    `${row.rttMs} ms`,
    failedText(row),
    seconds(row.slowestMs),
    seconds(row.outageMs),
    seconds(row.totalMs),
    `${row.lost}, ${row.duplicated}`,
  ]);
  const head = [
    ...['by', 'to the targets', 'requests failed', 'slowest request', 'outage', 'total'],
    'writes lost, duplicated',
  ];
  return [measuredText(figures), '', table(head, rows)].join('\n');
}

/** The page with the figures between its two marks. */
export function withFigures(page: string, text: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`the page has no ${begin} … ${end}`);
  }
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}

const begin = '<!-- figures of bench/outage/figures.json -->';
const end = '<!-- end of the figures -->';

const runbooks = ['seamless-cutover', 'warm-cutover', 'bare-metal-to-ecs'];

const rowOf = ({rows}: OutageFigures, by: string, rttMs: number): OutageRow | undefined =>
  rows.find((row) => row.by === by && row.rttMs === rttMs);

function measuredText({
  date,
  cores,
  load: [least, most],
  rounds,
  clients,
  slowProcedures,
}: OutageFigures): string {
  const isBusy = most > 2 * cores;
  const load = least === most ? `${least}` : `${least} to ${most}`;
  const medians = rounds === 1 ? 'one round' : `the medians of ${rounds} rounds`;
  return [
    `Measured in the lab on ${date}, ${medians}:`,
    `${clients} clients, ${cores} cores, load ${load}${isBusy ? ' (**a busy machine**)' : ''}.`,
    ...(slowProcedures ? ["Aurora's procedures slept as the real ones do."] : []),
  ].join(' ');
}

const failedText = ({failed, made}: OutageRow): string =>
  failed === 0 ? `**0 of ${count(made)}**` : `${count(failed)} of ${count(made)}`;

const count = (figure: number): string => figure.toLocaleString('en-US');

/** Below ten seconds to the tenth, below one to the hundredth. */
const seconds = (ms: number): string =>
  ms === 0 ? '0 s' : `${(ms / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
    .replace(/^\| --- .*$/m, `|${'---|'.repeat(head.length)}`);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = readFigures();
  process.stdout.write(`${runbookTable(figures)}\n\n${contenderTable(figures)}\n`);
}
