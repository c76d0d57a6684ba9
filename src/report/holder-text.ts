import {elapsedMs} from '../model/moment.ts';
import type {Progress} from '../model/progress.ts';
import {clockUtc, durationText, outcomeSigns, type Sign} from './labels.ts';

/** Who works on a run. */
export interface HolderName {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  readonly sinceUtc?: string;
  /** Its process is known to be gone. */
  readonly dead?: boolean;
  /** Its process is on another host, and whether it still works is not known here: when it wrote its last entry. */
  readonly lastHeard?: Date;
  /** The lock's file, when that does not tell who it is. */
  readonly unreadable?: string;
}

type Holder = HolderName | undefined;

/** Whether a process goes on with a run. */
export interface Watch {
  /** One works on it: only that can end an outage that is too long. */
  readonly isWatched: boolean;
  /** One on another host may work on it, and wrote its last entry then. */
  readonly lastHeard?: Date;
}

/** A process that has paused the run gives its lock back a moment later. */
export function watchOf({outcome}: Progress, holder: Holder): Watch {
  if (isGone(holder) || !unfinished.has(outcome)) {
    return {isWatched: false};
  }
  const {lastHeard} = holder ?? {};
  return lastHeard ? {isWatched: false, lastHeard} : {isWatched: true};
}

export const isGone = (holder: Holder): boolean => !holder || holder.dead === true;

const unfinished: ReadonlySet<string> = new Set(['running', 'reversing']);

/** A journal that just ends cannot tell that its process died; the lock can, on the host of that process. */
export function outcomeSign(progress: Progress, holder: Holder): Sign {
  const {outcome, questions} = progress;
  const {isWatched, lastHeard} = watchOf(progress, holder);
  if (lastHeard) {
    const was = questions.length > 0 ? 'waiting for an answer' : outcome;
    return {symbol: '?', word: `last reported ${was}`, colour: 'yellow'};
  }
  if (unfinished.has(outcome) && !isWatched) {
    return {symbol: '✗', word: `interrupted while ${outcome}`, colour: 'red'};
  }
  return questions.length > 0
    ? {symbol: '?', word: 'waiting for an answer', colour: 'yellow'}
    : outcomeSigns[outcome];
}

const resting: ReadonlySet<string> = new Set(['paused', 'done', 'reversed']);

/** `now`: where the text is read at once, and how long ago it was can be told. */
export function holderText(holder: Holder, {outcome}: Progress, now: Date | null = null): string {
  if (!holder) {
    return resting.has(outcome) ? 'none' : 'none: the process died';
  }
  if (holder.unreadable !== undefined) {
    return `unknown: ${holder.unreadable} cannot be read`;
  }
  const {lastHeard} = holder;
  const since = holder.sinceUtc ? ` since ${holder.sinceUtc}` : '';
  const death = holder.dead ? '; that process died' : '';
  const ago = lastHeard && now ? `, ${durationText(elapsedMs(lastHeard, now))} ago` : '';
  const heard = lastHeard
    ? `; last heard from at ${clockUtc(lastHeard)} UTC${ago}; whether it still works is not known here`
    : '';
  return `${holder.user}@${holder.host}, pid ${holder.pid}${since}${death}${heard}`;
}
