import type {Forecast} from '../../forecast/forecast.ts';
import type {JournalEntry} from '../../model/journal.ts';
import {type Outage, outageOf} from '../../model/outage.ts';
import {outageLimit} from '../../model/outage-limit.ts';
import {type Progress, progressOf} from '../../model/progress.ts';
import type {ComparedRun} from '../compare.ts';
import type {RunReport} from '../run-report.ts';
import {type HolderName, isWatched} from '../status.ts';

/** All that the page of a run shows. The report and the live page are both made from it. */
export interface RunPage {
  readonly report: RunReport;
  readonly progress: Progress;
  /** The time of the page; `null` where the clock of this machine is before the last entry. */
  readonly now: Date | null;
  readonly holder?: HolderName;
  /** A process works on the run now. */
  readonly isWatched: boolean;
  readonly outage?: Outage;
  /** When the outage that lasts exceeds its limit. */
  readonly limitAt?: Date;
  /** New connections wait, by the journal. */
  readonly hold?: Outage;
  /** Of what is left. */
  readonly forecast?: Forecast;
  /** Other runs of its runbook, where they were asked for. */
  readonly compared?: readonly ComparedRun[];
  /** The newest last. */
  readonly lastEntries: readonly JournalEntry[];
  /** Why the journal can no longer be read. */
  readonly trouble?: string;
}

interface Seen {
  readonly now: Date | null;
  readonly holder?: HolderName;
  readonly forecast?: Forecast | undefined;
  readonly compared?: readonly ComparedRun[];
  readonly trouble?: string;
}

const mostLines = 12;

export function runPage(
  entries: readonly JournalEntry[],
  report: RunReport,
  {now, holder, forecast, compared, trouble}: Seen,
): RunPage {
  const progress = progressOf(entries);
  if (!progress) {
    throw new TypeError('A journal without a first entry has no page.');
  }
  const {outage: window, hold: held} = progress.run.runbook;
  const outage = window && outageOf(entries, window);
  const hold = held && outageOf(entries, held);
  const limit = outage && outageLimit(progress, outage);
  return {
    ...{report, progress, now, isWatched: isWatched(progress, holder)},
    ...(holder ? {holder} : {}),
    ...(outage ? {outage} : {}),
    ...(limit ? {limitAt: limit.at} : {}),
    ...(hold ? {hold} : {}),
    ...(forecast ? {forecast} : {}),
    ...(compared ? {compared} : {}),
    lastEntries: entries.slice(-mostLines),
    ...(trouble === undefined ? {} : {trouble}),
  };
}
