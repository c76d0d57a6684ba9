import type {FactOf, JournalEntry} from '../model/journal.ts';
import {msBetween} from '../model/moment.ts';
import {type OpenQuestion, questionsAfter} from '../model/open-question.ts';

/** How long one entry was at work, without the time that people took to answer; offsets count from its start. */
export interface Timing {
  readonly ms: number;
  /** When it began to change something. */
  readonly firstIntentMs?: number;
  readonly lastIntentMs?: number;
  readonly firstPerformedMs?: number;
}

/** How long things took in one run, as its journal tells it. */
export interface Timings {
  readonly run: FactOf<'run-started'>;
  /** Whether it came to its end, forward. */
  readonly isDone: boolean;
  /** What was done, and is not reversed or started again. */
  readonly done: ReadonlyMap<string, Timing>;
  /** Done once, also where it was reversed later: the last time. */
  readonly forward: ReadonlyMap<string, Timing>;
  readonly reverse: ReadonlyMap<string, Timing>;
  /** At work when the journal ends. */
  readonly open: ReadonlyMap<string, Timing>;
  readonly isReversing: boolean;
  /** What this run has changed, and the reversal under way has not reversed yet. */
  readonly reversing: ReadonlySet<string>;
  /** No process works on it. */
  readonly isAtRest: boolean;
  /** Machine time, forward: without answers, pauses and reversals. */
  readonly machineMs: number;
  /** What people took to answer, by the entry that asked; those of a plan have none. */
  readonly answers: readonly {readonly entry: string; readonly ms: number}[];
  readonly questions: readonly OpenQuestion[];
  /** When the last entry was written. */
  readonly lastAt: Date;
}

interface Work {
  readonly way: 'forward' | 'reverse';
  ms: number;
  firstIntentMs?: number;
  lastIntentMs?: number;
  firstPerformedMs?: number;
}

/** Folds a journal; the first entry of one starts the run. */
export function timingsOf(entries: readonly JournalEntry[]): Timings | undefined {
  const [first] = entries;
  return first?.kind === 'run-started' ? new TimingFold(first).fold(entries) : undefined;
}

/** Of a run whose process has died: its journal does not say so. */
export const atRest = (timings: Timings): Timings => ({
  ...{...timings, open: new Map(), questions: [], isAtRest: true},
});

/** Mutable, because a journal of a thousand entries is folded again and again while its run goes on. */
class TimingFold {
  readonly #run: FactOf<'run-started'>;
  readonly #open = new Map<string, Work>();
  readonly #done = new Map<string, Timing>();
  readonly #forward = new Map<string, Timing>();
  readonly #reverse = new Map<string, Timing>();
  readonly #answers: {readonly entry: string; readonly ms: number}[] = [];
  readonly #askedMs = new Map<string, number>();
  #questions: readonly OpenQuestion[] = [];
  #isAtRest = false;
  #isReversing = false;
  #reversing = new Set<string>();
  /** With an action, if only an intended one. */
  readonly #changed = new Set<string>();
  #isDone = false;
  #machineMs = 0;

  constructor(run: FactOf<'run-started'>) {
    this.#run = run;
  }

  fold(entries: readonly JournalEntry[]): Timings {
    let last = entries[0];
    for (const entry of entries) {
      if (entry.kind !== 'people-told') {
        this.#pass(entry, last ? msBetween(last, entry) : 0);
        this.#follow(entry);
        last = entry;
      }
    }
    return {
      ...{run: this.#run, isDone: this.#isDone, done: this.#done, forward: this.#forward},
      ...{reverse: this.#reverse, open: this.#isAtRest ? new Map() : this.#open},
      ...{isReversing: this.#isReversing, reversing: this.#reversing, isAtRest: this.#isAtRest},
      ...{machineMs: this.#machineMs, answers: this.#answers, questions: this.#questions},
      lastAt: new Date(last?.atUtc ?? 0),
    };
  }

  /** Whose time it was before this entry. */
  #pass(entry: JournalEntry, ms: number): void {
    if (this.#isAtRest || betweenProcesses.has(entry.kind)) {
      this.#open.clear();
      return;
    }
    const asked = new Set(this.#questions.flatMap(({entry: id}) => id ?? []));
    for (const id of asked) {
      this.#askedMs.set(id, (this.#askedMs.get(id) ?? 0) + ms);
    }
    let isAtWork = this.#questions.length === 0;
    for (const [id, work] of this.#open) {
      if (!asked.has(id)) {
        work.ms += ms;
        isAtWork = true;
      }
    }
    if (isAtWork && !this.#isReversing) {
      this.#machineMs += ms;
    }
  }

  #follow(entry: JournalEntry): void {
    this.#questions = questionsAfter(this.#questions, entry);
    switch (entry.kind) {
      case 'run-resumed':
        this.#isAtRest = false;
        break;
      case 'run-paused':
        this.#isAtRest = true;
        break;
      case 'reverse-started':
        this.#isReversing = true;
        this.#isAtRest = false;
        this.#reversing = new Set(entry.entries.filter((id) => this.#changed.has(id)));
        this.#open.clear();
        break;
      case 'run-done':
      case 'run-reversed':
        this.#isDone ||= entry.kind === 'run-done';
        this.#isReversing = false;
        this.#reversing.clear();
        this.#isAtRest = true;
        break;
      case 'answered':
        this.#answered(entry);
        break;
      default:
        if ('entry' in entry && entry.entry !== null) {
          this.#followEntry(entry.entry, entry);
        }
    }
  }

  #answered({entry: id}: FactOf<'answered'>): void {
    const ms = id === null ? undefined : this.#askedMs.get(id);
    if (id !== null && ms !== undefined) {
      this.#answers.push({entry: id, ms});
      this.#askedMs.delete(id);
    }
  }

  #followEntry(id: string, {kind}: JournalEntry): void {
    const work = this.#open.get(id);
    switch (kind) {
      case 'entry-started':
        this.#done.delete(id);
        this.#open.set(id, {way: 'forward', ms: 0});
        break;
      case 'entry-reversing':
        this.#open.set(id, {way: 'reverse', ms: 0});
        break;
      case 'action-intended':
        this.#changed.add(id);
        if (work) {
          work.firstIntentMs ??= work.ms;
          work.lastIntentMs = work.ms;
        }
        break;
      case 'action-performed':
        if (work) {
          work.firstPerformedMs ??= work.ms;
        }
        break;
      case 'entry-done':
      case 'entry-reversed':
        this.#ended(id, work, kind === 'entry-done');
        break;
      case 'entry-skipped':
        this.#open.delete(id);
        this.#done.set(id, {ms: 0});
        break;
      case 'skip-withdrawn':
        this.#done.delete(id);
        break;
      case 'entry-failed':
      case 'reverse-failed':
        this.#open.delete(id);
        break;
    }
  }

  #ended(id: string, work: Work | undefined, isDone: boolean): void {
    this.#open.delete(id);
    if (isDone) {
      this.#done.set(id, timingOf(work ?? {way: 'forward', ms: 0}));
    } else {
      this.#done.delete(id);
      this.#changed.delete(id);
      this.#reversing.delete(id);
    }
    if (work) {
      const ways = work.way === 'forward' ? this.#forward : this.#reverse;
      ways.set(id, timingOf(work));
    }
  }
}

const timingOf = ({way: _, ...timing}: Work): Timing => timing;

const betweenProcesses: ReadonlySet<JournalEntry['kind']> = new Set([
  'run-resumed',
  'tail-cut',
  'lock-taken-over',
  'earlier-holder-stopped',
  'unshared-added',
  'run-handed-over',
]);
