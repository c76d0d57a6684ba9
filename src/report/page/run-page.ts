import type {JournalEntry} from '../../model/journal.ts';
import {type Outage, outageOf} from '../../model/outage.ts';
import {outageLimit} from '../../model/outage-limit.ts';
import {type Progress, progressOf} from '../../model/progress.ts';
import type {ComparedRun} from '../compare.ts';
import type {RunReport} from '../run-report.ts';
import {type HolderName, isWatched} from '../status.ts';
import {type ExpectedEnd, expectedEnd} from './expected-end.ts';

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
  readonly expectedEnd?: ExpectedEnd;
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
  /** The last comparable run. */
  readonly earlier?: RunReport;
  readonly compared?: readonly ComparedRun[];
  readonly trouble?: string;
}

const mostLines = 12;

export function runPage(
  entries: readonly JournalEntry[],
  report: RunReport,
  {now, holder, earlier, compared, trouble}: Seen,
): RunPage {
  const progress = progressOf(entries);
  if (!progress) {
    throw new TypeError('A journal without a first entry has no page.');
  }
  const {outage: window, hold: held} = progress.run.runbook;
  const outage = window && outageOf(entries, window);
  const hold = held && outageOf(entries, held);
  const limit = outage && outageLimit(progress, outage);
  const watched = isWatched(progress, holder);
  const end = watched && now ? expectedEnd(progress, report, earlier) : undefined;
  return {
    ...{report, progress, now, isWatched: watched},
    ...(holder ? {holder} : {}),
    ...(outage ? {outage} : {}),
    ...(limit ? {limitAt: limit.at} : {}),
    ...(hold ? {hold} : {}),
    ...(end ? {expectedEnd: end} : {}),
    ...(compared ? {compared} : {}),
    lastEntries: entries.slice(-mostLines),
    ...(trouble === undefined ? {} : {trouble}),
  };
}
