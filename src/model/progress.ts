import type {FactOf, JournalEntry} from './journal.ts';
import {LastingMap} from './lasting-map.ts';
import type {Problem} from './problem.ts';

/**
 * Where one entry stands.
 * `waiting` not begun · `looking` begun, nothing changed yet · `acting` an action was intended ·
 * `done` · `skipped` · `failed` · `reversing` · `reversed` · `reverse-failed`
 */
export type EntryState =
  | 'waiting'
  | 'looking'
  | 'acting'
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
  /** This run has intended an action here that is not reversed: a change stands, or may stand. */
  readonly applied: boolean;
  /** When the first action that stands was intended. */
  readonly actedAt?: Date;
  /** Set once the before-image is in the journal. */
  readonly before?: unknown;
  readonly output?: unknown;
  /** How far a look has come that is not at its end. */
  readonly bookmark?: unknown;
  /** False where the world was as wanted on arrival. */
  readonly changedByRun: boolean;
  readonly startedAt?: Date;
  readonly doneAt?: Date;
  readonly problem?: Problem;
  /** The actions that were performed going forward, in the operator's words. */
  readonly performed: readonly string[];
  /** Intended, and neither performed nor failed when the journal ends: its outcome is unknown until a look. */
  readonly inFlight?: string;
}

export type RunOutcome = 'running' | 'held' | 'done' | 'reversing' | 'reversed' | 'reverse-failed';

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
  /** Where a reversal under way goes back to. */
  readonly reversingTo?: {readonly to: string | null; readonly entries: readonly string[]};
  /** Why it is held or failed. */
  readonly problem?: Problem;
  /** Until then the cutover must be accepted. */
  readonly decideBy?: Date;
  /** Time that people took to answer, in ms. */
  readonly answeringMs: number;
}

/** Folds a journal into where its run stands. `undefined` while there is no first entry. */
export function progressOf(entries: readonly JournalEntry[]): Progress | undefined {
  return entries.reduce<Progress | undefined>(progressAfter, undefined);
}

/** The same fold, one entry at a time: for a screen that follows a run. */
export function progressAfter(so: Progress | undefined, entry: JournalEntry): Progress | undefined {
  if (entry.kind === 'run-started') {
    return started(entry);
  }
  return so && {...withFact(so, entry), seq: entry.seq, lastAt: new Date(entry.atUtc)};
}

/** Changes that are made, or may be made, and not reversed; in the order in which they were begun. */
export function appliedEntries(progress: Progress): readonly EntryProgress[] {
  return [...progress.entries.values()].filter(({applied: stands}) => stands);
}

function started(entry: JournalEntry & FactOf<'run-started'>): Progress {
  const at = new Date(entry.atUtc);
  return {
    run: entry,
    startedAt: at,
    lastAt: at,
    seq: entry.seq,
    outcome: 'running',
    entries: LastingMap.of(
      entry.runbook.entries.map(({id, phase, unit}) => [id, fresh({id, phase, unit})]),
    ),
    checkpoints: [],
    passedPointOfNoReturn: false,
    ...(entry.decideByUtc === undefined ? {} : {decideBy: new Date(entry.decideByUtc)}),
    answeringMs: 0,
  };
}

const fresh = ({id, phase, unit}: Pick<EntryProgress, 'id' | 'phase' | 'unit'>): EntryProgress => ({
  id,
  phase,
  unit,
  state: 'waiting',
  applied: false,
  changedByRun: false,
  performed: [],
});

const markOf = ({bookmark}: EntryProgress): Pick<EntryProgress, 'bookmark'> =>
  bookmark === undefined ? {} : {bookmark: bookmark};

function withFact(so: Progress, entry: JournalEntry): Progress {
  const at = new Date(entry.atUtc);
  switch (entry.kind) {
    case 'run-resumed':
      return {
        ...withoutProblem(so),
        ...(entry.decideByUtc === undefined ? {} : {decideBy: new Date(entry.decideByUtc)}),
        outcome: so.reversingTo ? 'reversing' : 'running',
      };
    case 'entry-started':
      return change(so, entry.entry, (was) =>
        was.applied
          ? {...without(was, 'problem'), state: 'acting'}
          : {...fresh(was), ...markOf(was), state: 'looking', startedAt: at},
      );
    case 'before':
      return change(so, entry.entry, (was) => ({...was, before: entry.before}));
    case 'entry-bookmarked':
      return change(so, entry.entry, (was) => ({...was, bookmark: entry.bookmark}));
    case 'action-intended':
      return change(so, entry.entry, (was) => ({
        ...was,
        ...(entry.way === 'forward'
          ? {state: 'acting', applied: true, actedAt: was.applied ? (was.actedAt ?? at) : at}
          : {}),
        inFlight: entry.does,
      }));
    case 'action-performed':
      return change(so, entry.entry, (was) => ({
        ...without(was, 'inFlight'),
        performed: entry.way === 'forward' ? [...was.performed, entry.does] : was.performed,
      }));
    case 'action-failed':
      // A failed call may have had its effect all the same: only a look can tell.
      return so;
    case 'entry-done':
      return change(so, entry.entry, (was) => ({
        ...without(was, 'inFlight', 'problem', 'bookmark'),
        state: 'done',
        output: entry.output,
        changedByRun: entry.changedByRun,
        doneAt: at,
      }));
    case 'entry-failed':
      return change(so, entry.entry, (was) => ({
        // Whoever tries again after a failure wants to know how all of it is then.
        ...without(was, 'bookmark'),
        state: 'failed',
        problem: entry.problem,
      }));
    case 'entry-skipped':
      return change(so, entry.entry, (was) => ({
        ...without(was, 'problem'),
        state: 'skipped',
        doneAt: at,
      }));
    case 'answered':
      return withAnswer(so, entry, at);
    case 'checkpoint-reached':
      return {
        ...so,
        checkpoints: [...so.checkpoints.filter((name) => name !== entry.name), entry.name],
      };
    case 'point-of-no-return-passed':
      return {...so, passedPointOfNoReturn: true};
    case 'reverse-started':
      return {
        ...withoutProblem(so),
        outcome: 'reversing',
        reversingTo: {to: entry.to, entries: entry.entries},
      };
    case 'entry-reversing':
      return change(so, entry.entry, (was) => ({...without(was, 'problem'), state: 'reversing'}));
    case 'entry-reversed':
      return change(so, entry.entry, (was) => ({
        ...without(was, 'inFlight', 'problem'),
        state: 'reversed',
        applied: false,
        doneAt: at,
      }));
    case 'reverse-failed':
      return {
        ...change(so, entry.entry, (was) => ({
          ...was,
          state: 'reverse-failed',
          problem: entry.problem,
        })),
        outcome: 'reverse-failed',
        problem: entry.problem,
      };
    case 'run-reversed':
      return reversedTo(so, entry.to);
    case 'run-paused':
      return {
        ...so,
        outcome: so.outcome === 'reverse-failed' ? 'reverse-failed' : 'held',
        problem: entry.problem,
      };
    case 'run-done':
      return {...withoutProblem(so), outcome: 'done'};
    case 'run-started':
    case 'tail-cut':
    case 'lock-taken-over':
      return so;
  }
}

function withAnswer(so: Progress, {about, answer}: FactOf<'answered'>, at: Date): Progress {
  const answeringMs = so.answeringMs + Math.max(0, at.getTime() - so.lastAt.getTime());
  // Whoever goes on after the time that was set has decided to.
  const goesOnLate = about === 'failure' && answer === 'retry' && so.decideBy && at > so.decideBy;
  return goesOnLate ? {...without(so, 'decideBy'), answeringMs} : {...so, answeringMs};
}

/** After a reversal everything behind the checkpoint is to be done again, gates and adopted entries too. */
function reversedTo(so: Progress, to: string | null): Progress {
  const undone = new Set(so.reversingTo?.entries);
  const kept = to === null ? [] : so.checkpoints.slice(0, so.checkpoints.indexOf(to) + 1);
  const entries = LastingMap.of<EntryProgress>(
    [...so.entries].map(([id, was]) =>
      undone.has(id) && was.state !== 'reversed' && was.state !== 'waiting'
        ? [id, fresh(was)]
        : [id, was],
    ),
  );
  return {
    ...without(withoutProblem(so), 'reversingTo'),
    entries,
    checkpoints: kept,
    outcome: 'reversed',
  };
}

function change(so: Progress, id: string, to: (was: EntryProgress) => EntryProgress): Progress {
  const was = so.entries.get(id) ?? fresh({id, phase: '', unit: ''});
  return {...so, entries: so.entries.with(id, to(was))};
}

const withoutProblem = (so: Progress): Progress => without(so, 'problem');

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
