import {rangeText} from '../forecast/forecast-text.ts';
import {escaped} from './escaped.ts';
import {durationText, momentUtc, outcomeSigns, type TextOptions} from './labels.ts';
import type {RunReport} from './run-report.ts';
import {flow} from './text.ts';

/** One run beside others of the same runbook. */
export interface ComparedRun {
  readonly run: string;
  readonly startedAtUtc: string;
  readonly rehearsal: boolean;
  readonly inventory: string;
  readonly outcome: RunReport['outcome'];
  readonly machineMs: number;
  readonly outageMs?: number;
  readonly failedRequests?: number;
  readonly slowest?: {readonly entry: string; readonly ms: number};
  readonly forecast?: RunReport['forecast'] & {};
  /** Of the runbook, its parameters, the inventory and the versions, since the run before; in words. */
  readonly changes: readonly string[];
}

export function comparedRun(report: RunReport, changes: readonly string[]): ComparedRun {
  const {run, startedAtUtc, rehearsal, inventory, outcome, machineMs} = report;
  const {outageMs, requests, entries, forecast} = report;
  const [slowest] = entries.toSorted((a, b) => b.durationMs - a.durationMs);
  return {
    ...{run, startedAtUtc, rehearsal, inventory: inventory.name, outcome, machineMs},
    ...(outageMs === undefined ? {} : {outageMs}),
    ...(requests ? {failedRequests: requests.failed} : {}),
    ...(slowest && slowest.durationMs > 0
      ? {slowest: {entry: slowest.id, ms: slowest.durationMs}}
      : {}),
    ...(forecast ? {forecast} : {}),
    changes,
  };
}

/** One run after the other, the oldest first: its figures, and what changed since the previous run. */
export function comparisonText(
  runbook: string,
  runs: readonly ComparedRun[],
  options: TextOptions,
): string {
  const {paint, width} = options;
  return [
    paint.bold(`${runbook}: ${runs.length} runs, the oldest first`),
    ...runs.flatMap((run) => [
      '',
      ...run.changes.flatMap((change) =>
        flow([{text: `changed: ${change}`, paint: paint.yellow}], {width, rest: '  '}),
      ),
      ...flow([{text: run.run, paint: paint.bold}, `  ${headOf(run)}`], {width, rest: '  '}),
      ...factsOf(run).flatMap(([name, figure]) =>
        flow([`${name}: ${figure}`], {width, first: '  ', rest: '    '}),
      ),
    ]),
  ].join('\n');
}

/** The same as a part of a page. */
export const comparisonHtml = (runs: readonly ComparedRun[]): string =>
  `<table class="compared"><thead><tr><th>Run</th><th>Changed since the previous run</th><th>Figures</th></tr></thead>
<tbody>${runs.map(rowHtml).join('\n')}</tbody></table>`;

const rowHtml = (run: ComparedRun): string =>
  `<tr><td>${escaped(run.run)}<br><small>${escaped(headOf(run))}</small></td><td>${run.changes.map(escaped).join('<br>')}</td><td>${factsOf(
    run,
  )
    .map(([name, figure]) => `${escaped(name)}: ${escaped(figure)}`)
    .join('<br>')}</td></tr>`;

const headOf = ({rehearsal, inventory, startedAtUtc, outcome}: ComparedRun): string =>
  `${rehearsal ? 'rehearsal' : `on ${inventory}`}, ${momentUtc(new Date(startedAtUtc))}, ${outcomeSigns[outcome].word}`;

function factsOf(run: ComparedRun): readonly (readonly [string, string])[] {
  const {outageMs, failedRequests, slowest, machineMs, forecast} = run;
  return [
    ['machine time', `${durationText(machineMs)}${forecastText(forecast?.run)}`],
    ...(outageMs === undefined
      ? []
      : [['outage', `${durationText(outageMs)}${forecastText(forecast?.outage)}`] as const]),
    ...(failedRequests === undefined ? [] : [['failed requests', String(failedRequests)] as const]),
    ...(slowest
      ? [['slowest entry', `${slowest.entry}, ${durationText(slowest.ms)}`] as const]
      : []),
  ];
}

const forecastText = (range: {readonly p5: number; readonly p95: number} | undefined): string =>
  range ? ` (forecast ${rangeText(range)})` : '';
