import {isNamedIn} from './entry-progress.ts';
import type {JournalEntry} from './journal.ts';
import {elapsedMs} from './moment.ts';
import {type Progress, progressAfter} from './progress.ts';

/** Which entries (by id, or by unit) close the application for writes, and which open it again. */
export interface OutageWindow {
  readonly from: readonly string[];
  readonly until: readonly string[];
}

/** How long nobody could write, as the journal tells it. What clients measure is better: reports prefer it. */
export interface Outage {
  readonly totalMs: number;
  /** Set while it lasts. */
  readonly since?: Date;
}

export const noOutage: Outage = {totalMs: 0};

/** Closed while a `from` entry is applied and not all `until` entries are done, in a reversal too. */
export function outageAfter(outage: Outage, progress: Progress, window: OutageWindow): Outage {
  const closed = isClosed(progress, window);
  if (closed === (outage.since !== undefined)) {
    return outage;
  }
  return closed
    ? {...outage, since: progress.lastAt}
    : {totalMs: outageMs(outage, progress.lastAt)};
}

export const outageMs = ({totalMs, since}: Outage, now: Date): number =>
  totalMs + (since ? elapsedMs(since, now) : 0);

/** The outage of a run whose journal begins with its start. */
export const outageOf = (entries: readonly JournalEntry[], window: OutageWindow): Outage =>
  foldWithOutage(entries, window).outage ?? noOutage;

/** How far a run is, and its outage where its runbook declares one, in one fold. */
export const foldWithOutage = (
  entries: readonly JournalEntry[],
  window = windowIn(entries),
): {readonly progress?: Progress; readonly outage?: Outage} => {
  const fold = window && new OutageFold(window);
  let progress: Progress | undefined;
  for (const entry of entries) {
    progress = progressAfter(progress, entry);
    fold?.add(entry, progress);
  }
  return {...(progress ? {progress} : {}), ...(fold ? {outage: fold.outage} : {})};
};

/** The outage of a run, one entry at a time. */
export class OutageFold {
  readonly #window: OutageWindow;
  #named = new Set<string>();
  outage = noOutage;

  constructor(window: OutageWindow) {
    this.#window = window;
  }

  /** `progress`: with this entry. */
  add(entry: JournalEntry, progress: Progress | undefined): void {
    if (progress && entry.kind === 'run-started') {
      this.#named = namedEntries(progress, this.#window);
    }
    // What happens to any other entry neither closes the application nor opens it.
    const isAbout = !('entry' in entry) || entry.entry === null || this.#named.has(entry.entry);
    if (progress && isAbout) {
      this.outage = outageAfter(this.outage, progress, this.#window);
    }
  }
}

const windowIn = ([first]: readonly JournalEntry[]): OutageWindow | undefined =>
  first?.kind === 'run-started' ? first.runbook.outage : undefined;

function namedEntries({entries}: Progress, {from, until}: OutageWindow): Set<string> {
  const named = [...entries.values()].filter(isNamedIn([...from, ...until]));
  return new Set(named.map(({id}) => id));
}

/** Whether this run closes the application for writes now. */
export function isClosed(progress: Progress, {from, until}: OutageWindow): boolean {
  const all = [...progress.entries.values()];
  const opening = all.filter(isNamedIn(until));
  const reopened = opening.length > 0 && opening.every(({state}) => state === 'done');
  return !reopened && all.filter(isNamedIn(from)).some(({applied: stands}) => stands);
}

/** Whether visitors wait or are refused now: in the outage, and in a hold around it. */
export const doVisitorsWait = (progress: Progress): boolean =>
  [progress.run.runbook.outage, progress.run.runbook.hold].some(
    (window) => window !== undefined && isClosed(progress, window),
  );
