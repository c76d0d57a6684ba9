import type {FactOf, JournalEntry} from './journal.ts';
import {LastingMap} from './lasting-map.ts';
import {type OpenQuestion, questionsAfter} from './open-question.ts';
import type {Problem} from './problem.ts';

/**
 * How far one entry is.
 * `not-started` · `checking` started, nothing changed yet · `applying` an action was intended ·
 * `done` · `skipped` · `failed` · `reversing` · `reversed` · `reverse-failed`
 */
export type EntryState =
  | 'not-started'
  | 'checking'
  | 'applying'
  | 'done'
  | 'skipped'
  | 'failed'
  | 'reversing'
  | 'reversed'
  | 'reverse-failed';

export interface EntryProgress {
  readonly id: string;
  readonly phase: string;
  readonly unit: string;
  readonly state: EntryState;
  /** This run has intended an action here that is not reversed: a change is in place, or may be. */
  readonly applied: boolean;
  /** When the first action that is not reversed was intended. */
  readonly appliedAt?: Date;
  /** Set once the before-image is in the journal. */
  readonly before?: unknown;
  readonly output?: unknown;
  /** How far an unfinished check has come. */
  readonly bookmark?: unknown;
  /** False where the change was already in place on arrival. */
  readonly changedByRun: boolean;
  readonly startedAt?: Date;
  readonly doneAt?: Date;
  readonly problem?: Problem;
  /** The actions that were performed going forward, in the operator's words. */
  readonly performed: readonly string[];
  /** Intended, and neither performed nor failed when the journal ends: its outcome is unknown until the next check. */
  readonly inFlight?: string;
}

export type RunOutcome =
  | 'running'
  | 'paused'
  | 'done'
  | 'reversing'
  | 'reversed'
  | 'reverse-failed';

/** State is never stored: this is what the entries of a journal say, and nothing else. */
export interface Progress {
  readonly run: FactOf<'run-started'>;
  readonly startedAt: Date;
  readonly lastAt: Date;
  readonly seq: number;
  readonly outcome: RunOutcome;
  readonly entries: LastingMap<EntryProgress>;
  readonly checkpoints: readonly string[];
  readonly passedPointOfNoReturn: boolean;
  /** The checkpoint of a reversal under way (`null`: the start), and every entry after it. */
  readonly reversingTo?: {readonly to: string | null; readonly entries: readonly string[]};
  /** The checkpoint or entry at which it was told to end, and is paused. */
  readonly until?: string;
  /** Why it is paused or failed. */
  readonly problem?: Problem;
  /** Until then the cutover must be accepted. */
  readonly decideBy?: Date;
  /** Entries that run together may ask at the same time; the oldest question first. */
  readonly questions: readonly OpenQuestion[];
  /** Time that people took to answer, in ms. */
  readonly answeringMs: number;
}

/** Folds a journal into the progress of its run. `undefined` while there is no first entry. */
export function progressOf(entries: readonly JournalEntry[]): Progress | undefined {
  return entries.reduce<Progress | undefined>(progressAfter, undefined);
}

/** The same fold, one entry at a time: for a screen that follows a run. */
export function progressAfter(
  progress: Progress | undefined,
  fact: JournalEntry,
): Progress | undefined {
  if (fact.kind === 'run-started') {
    return started(fact);
  }
  if (!progress) {
    return undefined;
  }
  const questions = questionsAfter(progress.questions, fact);
  return {...withFact(progress, fact), questions, seq: fact.seq, lastAt: new Date(fact.atUtc)};
}

/** Changes that are made, or may be made, and not reversed; in the order in which they were started. */
export function appliedEntries(progress: Progress): readonly EntryProgress[] {
  return [...progress.entries.values()].filter(({applied}) => applied);
}

function started(fact: JournalEntry & FactOf<'run-started'>): Progress {
  const at = new Date(fact.atUtc);
  return {
    run: fact,
    startedAt: at,
    lastAt: at,
    seq: fact.seq,
    outcome: 'running',
    entries: LastingMap.of(
      fact.runbook.entries.map(({id, phase, unit}) => [id, notStarted({id, phase, unit})]),
    ),
    checkpoints: [],
    passedPointOfNoReturn: false,
    ...(fact.decideByUtc === undefined ? {} : {decideBy: new Date(fact.decideByUtc)}),
    questions: [],
    answeringMs: 0,
  };
}

const notStarted = ({
  id,
  phase,
  unit,
}: Pick<EntryProgress, 'id' | 'phase' | 'unit'>): EntryProgress => ({
  id,
  phase,
  unit,
  state: 'not-started',
  applied: false,
  changedByRun: false,
  performed: [],
});

function withFact(progress: Progress, fact: JournalEntry): Progress {
  const at = new Date(fact.atUtc);
  switch (fact.kind) {
    case 'run-resumed':
      return {
        ...unpaused(progress),
        ...(fact.decideByUtc === undefined ? {} : {decideBy: new Date(fact.decideByUtc)}),
        outcome: progress.reversingTo ? 'reversing' : 'running',
      };
    case 'answered':
      return withAnswer(progress, fact, at);
    case 'checkpoint-reached':
      return {
        ...progress,
        checkpoints: [...progress.checkpoints.filter((name) => name !== fact.name), fact.name],
      };
    case 'point-of-no-return-passed':
      return {...progress, passedPointOfNoReturn: true};
    case 'reverse-started':
      return {
        ...unpaused(progress),
        outcome: 'reversing',
        reversingTo: {to: fact.to, entries: fact.entries},
      };
    case 'reverse-failed':
      return {
        ...withEntry(progress, fact.entry, (entry) => entryAfter(entry, fact, at)),
        outcome: 'reverse-failed',
        problem: fact.problem,
      };
    case 'run-reversed':
      return reversedTo(progress, fact.to);
    case 'run-paused':
      return {
        ...progress,
        outcome: progress.outcome === 'reverse-failed' ? 'reverse-failed' : 'paused',
        ...(fact.problem ? {problem: fact.problem} : {}),
        ...(fact.until === undefined ? {} : {until: fact.until}),
      };
    case 'run-done':
      return {...unpaused(progress), outcome: 'done'};
    case 'run-started':
    case 'asked':
    case 'tail-cut':
    case 'lock-taken-over':
    // A failed call may have had its effect all the same: only a check can tell.
    case 'action-failed':
      return progress;
    default:
      return withEntry(progress, fact.entry, (entry) => entryAfter(entry, fact, at));
  }
}

type EntryFact = Exclude<
  Extract<JournalEntry, {readonly entry: string}>,
  {kind: 'asked' | 'answered' | 'action-failed'}
>;

function entryAfter(entry: EntryProgress, fact: EntryFact, at: Date): EntryProgress {
  switch (fact.kind) {
    case 'entry-started':
      return entry.applied
        ? {...without(entry, 'problem'), state: 'applying'}
        : {...notStarted(entry), ...bookmarkOf(entry), state: 'checking', startedAt: at};
    case 'before':
      return {...entry, before: fact.before};
    case 'entry-bookmarked':
      return {...entry, bookmark: fact.bookmark};
    case 'action-intended':
      return {...entry, ...intended(entry, fact, at), inFlight: fact.does};
    case 'action-performed':
      return {
        ...without(entry, 'inFlight'),
        performed: fact.way === 'forward' ? [...entry.performed, fact.does] : entry.performed,
      };
    case 'entry-done':
      return {
        ...without(entry, 'inFlight', 'problem', 'bookmark'),
        state: 'done',
        output: fact.output,
        changedByRun: fact.changedByRun,
        doneAt: at,
      };
    case 'entry-failed':
      // A retry after a failure checks everything again.
      return {...without(entry, 'bookmark'), state: 'failed', problem: fact.problem};
    case 'entry-skipped':
      return {...without(entry, 'problem'), state: 'skipped', doneAt: at};
    case 'entry-reversing':
      return {...without(entry, 'problem'), state: 'reversing'};
    case 'entry-reversed':
      return {
        ...without(entry, 'inFlight', 'problem'),
        state: 'reversed',
        applied: false,
        doneAt: at,
      };
    case 'reverse-failed':
      return {...entry, state: 'reverse-failed', problem: fact.problem};
  }
}

const intended = (
  {applied, appliedAt}: EntryProgress,
  {way}: FactOf<'action-intended'>,
  at: Date,
): Partial<EntryProgress> =>
  way === 'forward'
    ? {state: 'applying', applied: true, appliedAt: applied ? (appliedAt ?? at) : at}
    : {};

const bookmarkOf = ({bookmark}: EntryProgress): Pick<EntryProgress, 'bookmark'> =>
  bookmark === undefined ? {} : {bookmark};

function withAnswer(progress: Progress, {about, answer}: FactOf<'answered'>, at: Date): Progress {
  const {lastAt, decideBy} = progress;
  const answeringMs = progress.answeringMs + Math.max(0, at.getTime() - lastAt.getTime());
  // A retry after the deadline is a decision to go on.
  const lateRetry = about === 'failure' && answer === 'retry' && decideBy && at > decideBy;
  return lateRetry ? {...without(progress, 'decideBy'), answeringMs} : {...progress, answeringMs};
}

/** After a reversal everything behind the checkpoint is to be done again, gates and adopted entries too. */
function reversedTo(progress: Progress, to: string | null): Progress {
  const reversing = new Set(progress.reversingTo?.entries);
  const {checkpoints} = progress;
  const entries = LastingMap.of<EntryProgress>(
    [...progress.entries].map(([id, entry]) =>
      reversing.has(id) && entry.state !== 'reversed' && entry.state !== 'not-started'
        ? [id, notStarted(entry)]
        : [id, entry],
    ),
  );
  return {
    ...without(unpaused(progress), 'reversingTo'),
    entries,
    checkpoints: to === null ? [] : checkpoints.slice(0, checkpoints.indexOf(to) + 1),
    outcome: 'reversed',
  };
}

function withEntry(
  progress: Progress,
  id: string,
  next: (entry: EntryProgress) => EntryProgress,
): Progress {
  const entry = progress.entries.get(id) ?? notStarted({id, phase: '', unit: ''});
  return {...progress, entries: progress.entries.with(id, next(entry))};
}

const unpaused = (progress: Progress): Progress => without(progress, 'problem', 'until');

function without<Whole extends object, Key extends keyof Whole>(
  whole: Whole,
  ...keys: readonly Key[]
): Omit<Whole, Key> & Partial<Pick<Whole, Key>> {
  const rest = {...whole};
  for (const key of keys) {
    delete rest[key];
  }
  return rest;
}
