import {statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {Forecast} from '../forecast/forecast.ts';
import {readDamagedJournal} from '../journal/read-journal.ts';
import type {JournalEntry} from '../model/journal.ts';
import {SwitcharooError} from '../model/problem.ts';
import type {Progress} from '../model/progress.ts';
import {
  comparedRun,
  FollowedJournal,
  type HolderName,
  type RequestCount,
  type RunPage,
  type RunReport,
} from '../report/index.ts';
import {runToShow} from './choose-run.ts';
import {type EarlierRuns, earlierRuns} from './compare-runs.ts';
import type {Host} from './host.ts';
import {timeAfter} from './machine-clock.ts';
import {measuredIn} from './measurements.ts';
import {earlierReport, readableProgress} from './past-runs.ts';
import type {RestForecasts} from './rest-forecast.ts';
import {shownHolder} from './shown-holder.ts';

/** What can be shown of a run now. */
interface Look {
  /** `undefined` while there is no run. */
  readonly page: RunPage | undefined;
  /** Why there is none, or why its journal cannot be read any more. */
  readonly trouble?: string;
}

interface Sources {
  readonly holderOf?: (progress: Progress) => HolderName | undefined;
  readonly forecastOf?: RestForecasts['of'];
  /** Why nothing can be forecast here. */
  readonly noForecastOf?: (progress: Progress) => string;
  /** What the clients of a rehearsal under way have asked for so far. */
  readonly requestsOf?: (progress: Progress) => RequestCount | undefined;
}

interface Forecasted {
  /** Of the journal's file. */
  readonly file: string;
  /** What the run is about: what changes it changes its forecast at once. */
  readonly about: string;
  readonly atMs: number;
  readonly forecast: Forecast | undefined;
}

/** A run that takes longer than it should writes nothing to its journal. */
const forecastEveryMs = 5_000;
/** Of a run that writes much: each forecast takes as long as several looks. */
const soonestForecastMs = 1_000;

/** How many earlier runs are shown beside it. */
const mostOthers = 3;

interface FollowedRun {
  readonly run: string;
  /** Of the journal's file, when it was read. */
  readonly file: string;
  readonly entries: readonly JournalEntry[];
  readonly progress: Progress;
  readonly earlier: RunReport | undefined;
  readonly others: EarlierRuns | undefined;
  readonly damage?: string;
}

/**
 * Follows a run from outside: it reads the journal when its file has changed, and contacts nothing. Without a name, it
 * follows the newest run, and the next one as soon as that starts.
 */
export class LiveRun {
  readonly #host: Pick<Host, 'state'>;
  readonly #name: string | undefined;
  readonly #sources: Sources;
  #forecasted: Forecasted | undefined;
  #followed: FollowedRun | undefined;
  readonly #journal = new FollowedJournal();
  #last: {readonly key: string; readonly page: RunPage} | undefined;
  /** How often the journal was read. */
  reads = 0;

  constructor(host: Pick<Host, 'state'>, name: string | undefined, sources: Sources = {}) {
    this.#host = host;
    this.#name = name;
    this.#sources = sources;
  }

  /** The same page as long as nothing has changed. `away`: why the journal read here is not up to date. */
  look(away?: string): Look {
    let trouble = away;
    try {
      this.#read();
      trouble ??= this.#followed?.damage;
    } catch (error) {
      trouble = troubleIn(error);
    }
    let page: RunPage | undefined;
    try {
      page = this.#followed && this.#pageOf(this.#followed, trouble);
    } catch (error) {
      trouble = troubleIn(error);
      page = this.#lastWith(trouble);
    }
    return {page, ...(trouble === undefined ? {} : {trouble})};
  }

  /** What could be read last, until it can be read again. */
  #lastWith(trouble: string): RunPage | undefined {
    const before = this.#last?.page;
    const page = before && (before.trouble === trouble ? before : {...before, trouble});
    this.#last = page && {key: '', page};
    return page;
  }

  #read(): void {
    const run = this.#newest();
    const path = this.#host.state.journalOf(run);
    const file = fileOf(path);
    if (this.#followed?.run === run && this.#followed.file === file) {
      return;
    }
    this.reads += 1;
    const {entries, damage} = readDamagedJournal(path);
    const {progress} = this.#journal.read(entries);
    if (!progress) {
      throw damage ?? new TypeError(`${path} has no entry`);
    }
    const {runbook} = progress.run;
    const {earlier, others} =
      this.#followed?.run === run
        ? this.#followed
        : {
            earlier: earlierReport(this.#host, runbook.name, run),
            others: this.#othersThan(run),
          };
    const damaged = damage ? {damage: damage.problem.message} : {};
    if (this.#followed?.run !== run) {
      // The runbook of another run may take long to load, and the forecast of the last one is not its own.
      this.#forecasted = undefined;
    }
    this.#followed = {run, file, entries, progress, earlier, others, ...damaged};
  }

  #othersThan(run: string): EarlierRuns | undefined {
    try {
      return earlierRuns(this.#host, run, mostOthers);
    } catch {
      // One of them was damaged or removed just now: this run can be shown without it.
      return undefined;
    }
  }

  /** A run that has vanished is not replaced by an older one, nor one that is damaged. */
  #newest(): string {
    const {run} = this.#followed ?? {};
    if (run !== undefined && this.#name !== undefined) {
      return run;
    }
    // Asked several times a second: of a thousand runs, one journal is opened.
    const newest = this.#host.state.newestRun();
    if (run !== undefined && (newest === undefined || newest <= run)) {
      return run;
    }
    const isDamaged = newest !== undefined && readableProgress(this.#host, newest) === undefined;
    return this.#name === undefined && isDamaged
      ? newest
      : runToShow(this.#host, this.#name).run.run;
  }

  #pageOf(followed: FollowedRun, trouble: string | undefined): RunPage {
    const {run, file, progress, earlier, others} = followed;
    const {holderOf = (of: Progress) => shownHolder(this.#host, of)} = this.#sources;
    const holder = holderOf(progress);
    const now = timeAfter(progress.last);
    const {limitAt} = this.#last?.page ?? {};
    const isLimitPassed = limitAt !== undefined && now !== null && limitAt <= now;
    const measuredFile = join(dirname(this.#host.state.journalOf(run)), 'measured.json');
    const seen = [file, fileOf(measuredFile), holder?.pid, holder?.dead, trouble, isLimitPassed];
    const forecasted = this.#forecastOf(followed, !holder || holder.dead === true);
    const requests = this.#sources.requestsOf?.(progress);
    const changing = [forecasted?.atMs, requests?.made, requests?.failed];
    const noForecast = forecasted || !now ? undefined : this.#noForecastOf(progress);
    const key = [run, now === null, noForecast, ...seen, ...changing].join();
    if (this.#last?.key !== key) {
      const before = earlier ? {earlier} : {};
      const measured = {...(requests ? {requests} : {}), ...measuredIn(this.#host.state, run)};
      const report = this.#journal.report({...measured, ...before});
      const page = this.#journal.page(report, {
        ...{now, forecast: forecasted?.forecast, noForecast},
        ...(others ? {compared: [...others.runs, comparedRun(report, others.changes)]} : {}),
        ...(holder ? {holder} : {}),
        ...(trouble === undefined ? {} : {trouble}),
      });
      this.#last = {key, page};
    }
    return this.#last.page;
  }

  #forecastOf(followed: FollowedRun, isAtRest: boolean): Forecasted | undefined {
    const {file, progress, entries} = followed;
    const forecastOf = this.#sources.forecastOf?.(progress.run);
    const last = this.#forecasted;
    const nowMs = performance.now();
    const about = [isAtRest, progress.outcome, progress.reversingTo].join();
    const lastsMs = last?.file === file ? forecastEveryMs : soonestForecastMs;
    const isFresh = last?.about === about && nowMs - last.atMs < lastsMs;
    if (forecastOf && !isFresh) {
      const forecast = forecastOf({progress, entries, isAtRest});
      this.#forecasted = {file, about, atMs: nowMs, forecast};
    }
    return this.#forecasted?.forecast && this.#forecasted;
  }

  /** Nothing is said while the runbook loads, nor of a run that is over. */
  #noForecastOf(progress: Progress): string | undefined {
    const {forecastOf, noForecastOf} = this.#sources;
    if (progress.outcome === 'done' || progress.outcome === 'reversed') {
      return undefined;
    }
    return noForecastOf?.(progress) ?? (forecastOf?.(progress.run) && noEarlierRun);
  }
}

const noEarlierRun =
  'Not known, because no earlier run of this runbook was measured here, or the runbook was changed since.';

/** Such as a system that has no file descriptor left for a moment. */
function troubleIn(error: unknown): string {
  if (error instanceof SwitcharooError) {
    return error.problem.message;
  }
  if (error instanceof Error && 'syscall' in error) {
    return `The state folder cannot be read: ${error.message}.`;
  }
  throw error;
}

function fileOf(path: string): string {
  const stat = statSync(path, {bigint: true, throwIfNoEntry: false});
  return stat ? `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : 'none';
}
