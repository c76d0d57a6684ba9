import type {FactOf, JournalEntry} from './journal.ts';
import type {PersonsWord} from './person.ts';
import type {Problem} from './problem.ts';
import {without} from './without.ts';

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
  /** What a person said last of what is done by hand. */
  readonly word?: PersonsWord;
  /** False where the change was already in place on arrival. */
  readonly changedByRun: boolean;
  readonly startedAt?: Date;
  readonly doneAt?: Date;
  readonly problem?: Problem;
  /** The actions that were performed going forward, in the operator's words. */
  readonly performed: readonly string[];
  /** Intended, and neither performed nor failed when the journal ends: its outcome is unknown until the next check. */
  readonly inFlight?: string;
  /** An action of it was sent, and the journal says nothing of its end. */
  readonly isUnanswered?: true;
  /** When an action of it was last ended without an answer of its target: with its process at the latest. */
  readonly cutOffAt?: Date;
  /** What it was before that action was intended, in case it is not sent. */
  readonly beforeIntent?: Pick<EntryProgress, 'state' | 'applied' | 'inFlight'>;
  /** The entry with which the last of its changes ended: nothing of it is in place, although it can be reversed. */
  readonly endedBy?: string;
  /** What it has changed ended from outside, and is not made again yet. */
  readonly lapsed?: Pick<FactOf<'entry-lapsed'>, 'differences' | 'since'>;
}

export const notStarted = ({
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

export type EntryFact = Exclude<
  Extract<JournalEntry, {readonly entry: string}>,
  {kind: 'asked' | 'answered' | 'approved' | 'approval-void'}
>;

export function entryAfter(before: EntryProgress, fact: EntryFact, at: Date): EntryProgress {
  if (fact.kind === 'action-unsent') {
    return asBeforeIntent(before);
  }
  // Only the next fact can say that the action was not sent.
  const entry = without(before, 'beforeIntent');
  switch (fact.kind) {
    case 'entry-started':
      return entry.applied
        ? {...without(entry, 'problem'), state: 'applying'}
        : {...notStarted(entry), ...bookmarkOf(entry), state: 'checking', startedAt: at};
    case 'before':
      return {...entry, before: fact.before};
    case 'entry-lapsed':
      return {...entry, lapsed: {differences: fact.differences, since: fact.since}};
    case 'entry-upheld':
      return without(entry, 'inFlight', 'lapsed');
    case 'entry-bookmarked':
      return {...entry, bookmark: fact.bookmark};
    case 'action-intended':
      return {...entry, ...intended(entry, fact, at), inFlight: fact.does};
    // A failed call may have had its effect all the same: only a check can tell.
    case 'action-failed':
      return {...without(entry, 'isUnanswered'), ...(fact.isCutOff ? {cutOffAt: at} : {})};
    case 'action-performed':
      return {
        ...without(entry, 'inFlight', 'isUnanswered'),
        performed: fact.way === 'forward' ? [...entry.performed, fact.does] : entry.performed,
      };
    case 'entry-done':
      return {
        ...without(entry, 'inFlight', 'isUnanswered', 'problem', 'bookmark', 'lapsed'),
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
    case 'skip-withdrawn':
      return {...without(entry, 'doneAt'), state: entry.applied ? 'applying' : 'not-started'};
    case 'entry-reversing':
      return {...without(entry, 'problem'), state: 'reversing'};
    case 'entry-reversed':
      return {
        ...without(entry, 'inFlight', 'isUnanswered', 'problem', 'lapsed', 'cutOffAt'),
        state: 'reversed',
        applied: false,
        doneAt: at,
      };
    case 'reverse-failed':
      return {...entry, state: 'reverse-failed', problem: fact.problem};
  }
}

const intended = (
  {state, applied, appliedAt, inFlight}: EntryProgress,
  {way, limitMs}: FactOf<'action-intended'>,
  at: Date,
): Partial<EntryProgress> => ({
  // A person who does it by hand has no limit.
  ...(limitMs === undefined ? {} : {isUnanswered: true}),
  beforeIntent: {state, applied, ...(inFlight === undefined ? {} : {inFlight})},
  ...(way === 'forward'
    ? {state: 'applying', applied: true, appliedAt: applied ? (appliedAt ?? at) : at}
    : {}),
});

/** An earlier action of the entry may be in place, and the outcome of another one unknown. */
function asBeforeIntent(entry: EntryProgress): EntryProgress {
  const {beforeIntent = {}} = entry;
  const restored = {
    ...without(entry, 'inFlight', 'isUnanswered', 'beforeIntent'),
    ...beforeIntent,
  };
  return restored.applied ? restored : without(restored, 'appliedAt');
}

const bookmarkOf = ({bookmark}: EntryProgress): Pick<EntryProgress, 'bookmark'> =>
  bookmark === undefined ? {} : {bookmark};

/** Entries, by their ids or by their units. */
export const isNamedIn =
  (names: readonly string[]) =>
  ({id, unit}: Pick<EntryProgress, 'id' | 'unit'>): boolean =>
    names.includes(id) || names.includes(unit);
