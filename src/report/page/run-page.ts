import type {Forecast} from '../../forecast/forecast.ts';
import type {JournalEntry} from '../../model/journal.ts';
import {type Outage, OutageFold} from '../../model/outage.ts';
import {outageLimit} from '../../model/outage-limit.ts';
import type {Progress} from '../../model/progress.ts';
import type {ComparedRun} from '../compare.ts';
import {type HolderName, type Watch, watchOf} from '../holder-text.ts';
import {foldAfter, type ReportFold} from '../report-fold.ts';
import {type ReportOptions, type RunReport, reportFrom} from '../run-report.ts';

/** All that the page of a run shows. The report and the live page are both made from it. */
export interface RunPage extends Watch {
  readonly report: RunReport;
  readonly progress: Progress;
  /** The time of the page; `null` where the clock of this machine is before the last entry. */
  readonly now: Date | null;
  readonly holder?: HolderName;
  readonly outage?: Outage;
  /** When the outage that lasts exceeds its limit. */
  readonly limitAt?: Date;
  /** New connections wait, by the journal. */
  readonly hold?: Outage;
  /** Of what is left. */
  readonly forecast?: Forecast;
  /** Why there is none. */
  readonly noForecast?: string;
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
  readonly noForecast?: string | undefined;
  readonly compared?: readonly ComparedRun[];
  readonly trouble?: string;
}

const mostLines = 12;

export const runPage = (entries: readonly JournalEntry[], report: RunReport, seen: Seen): RunPage =>
  new FollowedJournal().read(entries).page(report, seen);

/** A journal that grows: however often it is looked at, each of its entries is folded once. */
export class FollowedJournal {
  #entries: readonly JournalEntry[] = [];
  #fold: ReportFold | undefined;
  #outage: OutageFold | undefined;
  #hold: OutageFold | undefined;

  /** Goes on behind what it has read, or begins again where these entries do not begin with that. */
  read(entries: readonly JournalEntry[]): this {
    const read = this.#entries.length;
    if (read > 0 && entries[read - 1] !== this.#entries[read - 1]) {
      this.#entries = [];
      this.#fold = undefined;
    }
    for (const entry of entries.slice(this.#entries.length)) {
      this.#add(entry);
    }
    this.#entries = entries;
    return this;
  }

  get progress(): Progress | undefined {
    return this.#fold?.progress;
  }

  report(options: ReportOptions = {}): RunReport {
    return reportFrom(this.#read, options);
  }

  page(report: RunReport, {now, holder, forecast, noForecast, compared, trouble}: Seen): RunPage {
    const {progress} = this.#read;
    const outage = this.#outage?.outage;
    const hold = this.#hold?.outage;
    const limit = outage && outageLimit(progress, outage);
    return {
      ...{report, progress, now, ...watchOf(progress, holder)},
      ...(holder ? {holder} : {}),
      ...(outage ? {outage} : {}),
      ...(limit ? {limitAt: limit.at} : {}),
      ...(hold ? {hold} : {}),
      ...(forecast ? {forecast} : {}),
      ...(noForecast === undefined ? {} : {noForecast}),
      ...(compared ? {compared} : {}),
      lastEntries: this.#entries.slice(-mostLines),
      ...(trouble === undefined ? {} : {trouble}),
    };
  }

  get #read(): ReportFold {
    if (!this.#fold) {
      throw new TypeError('A journal without a first entry has no page.');
    }
    return this.#fold;
  }

  #add(entry: JournalEntry): void {
    this.#fold = foldAfter(this.#fold, entry);
    if (entry.kind === 'run-started') {
      const {outage, hold} = entry.runbook;
      this.#outage = outage && new OutageFold(outage);
      this.#hold = hold && new OutageFold(hold);
    }
    this.#outage?.add(entry, this.progress);
    this.#hold?.add(entry, this.progress);
  }
}
