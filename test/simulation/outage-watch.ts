import type {RunOutcome} from '../../src/engine/run-outcome.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {isClosed} from '../../src/model/outage.ts';
import type {Progress} from '../../src/model/progress.ts';
import type {Process} from './process.ts';
import type {Night, Systems} from './systems.ts';
import type {Time} from './time.ts';

interface Around {
  readonly night: Night;
  readonly systems: Systems;
  readonly time: Time;
  newest(): Progress | undefined;
  refute(words: string): void;
}

/** What a process has journaled about the outage since it was started. */
interface Account {
  /** It has stood still in the outage, or the limit has passed, and nobody has decided since. */
  isUndecided: boolean;
  /** Somebody has decided to go on after the limit: then it lasts as long as they want. */
  isAllowed: boolean;
  isLimitPassed: boolean;
  isReversed: boolean;
}

/** Holds the promises about the time in which nobody can write. */
export class OutageWatch {
  readonly #around: Around;
  readonly #accounts = new Map<Process, Account>();
  /** When the first entry of the outage was intended, as anyone who looks at the systems would say. */
  #sinceMs: number | undefined;
  /** When an earlier process was told to go on past the limit: from then, the outage may last its limit again. */
  #allowedMs: number | undefined;
  /** What the newest run says. */
  #limitMs: number | undefined;

  constructor(around: Around) {
    this.#around = around;
  }

  /** The journal never says that writes are possible when they are not. */
  assertTold(where: string, progress: Progress | undefined): void {
    const {outage} = this.#around.night;
    if (outage && this.#around.systems.areClosed) {
      const window = {from: [outage.from], until: [outage.until]};
      if (!progress || !isClosed(progress, window)) {
        this.#around.refute(`${where}: nobody can write, and the journal knows of no outage`);
      }
    }
  }

  journaled(process: Process, entry: JournalEntry): void {
    const {outage} = this.#around.night;
    if (!outage) {
      return;
    }
    const account = this.#accountOf(process);
    // The very first entry is written before anybody follows the run, and one whose writer died is told to nobody.
    if (entry.seq === 1 || entry.kind === 'run-resumed') {
      this.#catchUp(outage, this.#around.newest());
    }
    switch (entry.kind) {
      case 'process-stopped':
        account.isUndecided ||= entry.inOutage;
        break;
      case 'outage-limit-passed':
        this.#limitPassed(process, account);
        break;
      case 'answered':
        if (entry.about === 'failure') {
          account.isAllowed ||= account.isLimitPassed;
          account.isUndecided = false;
        }
        break;
      case 'reverse-started':
        account.isReversed = true;
        break;
      case 'action-intended':
        this.#acts(process, account, entry);
        break;
      case 'entry-reversed':
      case 'entry-done':
        if (entry.entry === (entry.kind === 'entry-done' ? outage.until : outage.from)) {
          this.#sinceMs = undefined;
        }
        break;
      default:
    }
  }

  #catchUp({from, until}: NonNullable<Night['outage']>, progress: Progress | undefined): void {
    const isOpen = !progress || !isClosed(progress, {from: [from], until: [until]});
    const since = progress?.entries.get(from)?.appliedAt;
    this.#sinceMs = isOpen ? undefined : (this.#sinceMs ?? since?.getTime());
    this.#allowedMs = progress?.outageAllowedAt?.getTime();
    this.#limitMs = progress?.longestOutageMs;
  }

  /** An outage whose limit has passed was ended, or the end of the process says that it lasts. */
  ended(process: Process, outcome: RunOutcome): void {
    const {systems} = this.#around;
    const isEnded = outcome.kind === 'done' || this.#isBeforeOutage(outcome);
    if (isEnded && systems.areClosed) {
      this.#around.refute(`${process.name} is ${outcome.kind}, and nobody can write`);
    }
    const account = this.#accounts.get(process);
    if (account?.isLimitPassed && outcome.kind === 'reached') {
      this.#around.refute(`${process.name} passed the limit of the outage without a word`);
    }
  }

  #isBeforeOutage(outcome: RunOutcome): boolean {
    return outcome.kind === 'reversed' && outcome.to !== 'moved';
  }

  #acts(
    process: Process,
    {isUndecided, isAllowed, isReversed}: Account,
    {entry, way}: Extract<JournalEntry, {kind: 'action-intended'}>,
  ): void {
    const {time, night} = this.#around;
    if (way === 'forward' && !isReversed && isUndecided) {
      this.#around.refute(`${process.name} goes on with ${entry}, and nobody has decided`);
    }
    if (entry === night.outage?.from && this.#sinceMs === undefined) {
      this.#sinceMs = time.ms;
    }
    const lastsMs = this.#sinceMs === undefined ? 0 : time.ms - this.#sinceMs;
    const limitedMs = Math.min(lastsMs, time.ms - (this.#allowedMs ?? 0));
    if (
      way === 'forward' &&
      !isReversed &&
      !isAllowed &&
      limitedMs - 1 > (this.#limitMs ?? Number.POSITIVE_INFINITY)
    ) {
      this.#around.refute(`${process.name} goes on with ${entry} after an outage of ${lastsMs} ms`);
    }
  }

  #limitPassed(process: Process, account: Account): void {
    const lastsMs = this.#around.time.ms - (this.#sinceMs ?? this.#around.time.ms);
    // A moment in a journal has no parts of a millisecond.
    if (lastsMs + 1 < (this.#limitMs ?? 0)) {
      this.#around.refute(`${process.name} ends an outage after ${lastsMs} ms, before its limit`);
    }
    account.isLimitPassed = true;
    account.isUndecided = true;
  }

  #accountOf(process: Process): Account {
    const known = this.#accounts.get(process);
    if (known) {
      return known;
    }
    const account: Account = {
      isUndecided: false,
      isAllowed: false,
      isLimitPassed: false,
      isReversed: false,
    };
    this.#accounts.set(process, account);
    return account;
  }
}
