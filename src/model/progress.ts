import {type ApprovalState, noApprovals, withApproval} from './approval-fold.ts';
import {withEnds, withEntry, withoutAnswers, withoutChecks} from './entries-fold.ts';
import {type EntryProgress, entryAfter, notStarted} from './entry-progress.ts';
import type {EntryOf, FactOf, JournalEntry} from './journal.ts';
import {LastingMap} from './lasting-map.ts';
import {momentOf} from './moment.ts';
import {type OpenQuestion, questionsAfter} from './open-question.ts';
import {type OpeningState, withOpened} from './opening.ts';
import {withoutPassedDecideBy} from './passed-decide-by.ts';
import type {Problem} from './problem.ts';
import {type RunHolder, withHolder} from './run-holder.ts';
import {without} from './without.ts';

export type {EntryProgress, EntryState} from './entry-progress.ts';

export interface ProcessStop {
  readonly ms: number;
  /** The process was not stopped, but its machine may have been: its clock jumped. */
  readonly byClock: boolean;
}

export type RunOutcome =
  | 'running'
  | 'paused'
  | 'done'
  | 'reversing'
  | 'reversed'
  | 'reverse-failed';

/** State is never stored: this is what the entries of a journal say, and nothing else. */
export interface Progress extends RunHolder, ApprovalState, OpeningState {
  readonly startedAt: Date;
  readonly lastAt: Date;
  /** When the last entry was written, for a clock that goes on from there. */
  readonly last: Pick<JournalEntry, 'atUtc' | 'monotonic'>;
  readonly seq: number;
  readonly outcome: RunOutcome;
  readonly checkpoints: readonly string[];
  readonly passedPointOfNoReturn: boolean;
  /** The checkpoint of a reversal under way (`null`: the start), and every entry after it. */
  readonly reversingTo?: {readonly to: string | null; readonly entries: readonly string[]};
  /** The checkpoint or entry at which it was told to end, and is paused. */
  readonly until?: string;
  /** Runs beside which a person let it work. */
  readonly besides: readonly string[];
  /** Why it is paused or failed. */
  readonly problem?: Problem;
  /** Until then the cutover must be accepted. */
  readonly decideBy?: Date;
  /** It is the end of the window, which no person has set. */
  readonly isDecideByOfWindow?: boolean;
  /** Entries that run together may ask at the same time; the oldest question first. */
  readonly questions: readonly OpenQuestion[];
  /** How long an outage may last, in ms. */
  readonly longestOutageMs?: number;
  /** The outage has exceeded its limit, and nobody has decided since. */
  readonly isOutageTooLong?: true;
  /** When somebody decided to go on although the outage had exceeded its limit. */
  readonly outageAllowedAt?: Date;
  /** The process stood still during an outage, and nobody has decided since. */
  readonly processStop?: ProcessStop;
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
  if (fact.kind === 'people-told') {
    // It may come long after what it is about: the run neither began nor ended with it.
    return {...progress, seq: fact.seq};
  }
  const questions = questionsAfter(progress.questions, fact);
  const at = new Date(fact.atUtc);
  return {
    ...withOpened(withFact(progress, fact, at), fact),
    questions,
    seq: fact.seq,
    lastAt: at,
    last: momentOf(fact),
  };
}

/** Changes that are made, or may be made, and not reversed; in the order in which they were started. */
export function appliedEntries(progress: Progress): readonly EntryProgress[] {
  return [...progress.entries.values()].filter(({applied}) => applied);
}

function started(fact: EntryOf<'run-started'>): Progress {
  const at = new Date(fact.atUtc);
  return {
    run: fact,
    operator: fact.operator,
    startedAt: at,
    lastAt: at,
    last: momentOf(fact),
    seq: fact.seq,
    outcome: 'running',
    entries: LastingMap.of(
      fact.runbook.entries.map(({id, phase, unit}) => [id, notStarted({id, phase, unit})]),
    ),
    checkpoints: [],
    passedPointOfNoReturn: false,
    ...decideByIn(fact),
    questions: [],
    enders: [],
    besides: fact.besides ?? [],
    lastingClaims: [],
    ...noApprovals,
    ...longestOutageIn(fact),
  };
}

function withProcessStop(
  progress: Progress,
  fact: FactOf<'process-stopped' | 'clock-set'>,
): Progress {
  if (fact.kind === 'process-stopped') {
    return {...progress, processStop: {ms: fact.ms, byClock: false}};
  }
  return fact.byMs > jumpMs ? {...progress, processStop: {ms: fact.byMs, byClock: true}} : progress;
}

const resumedBy = (progress: Progress, fact: FactOf<'run-resumed'>): Progress => ({
  ...without(unpaused(progress), 'isOutageTooLong', 'isNotShared'),
  operator: fact.operator,
  ...decideByIn(fact),
  ...longestOutageIn(fact),
  besides: [...new Set([...progress.besides, ...(fact.besides ?? [])])],
  outcome: progress.reversingTo ? 'reversing' : 'running',
});

const decideByIn = ({
  decideByUtc,
  isDecideByOfWindow = false,
}: FactOf<'run-started' | 'run-resumed'>) =>
  decideByUtc === undefined ? {} : {decideBy: new Date(decideByUtc), isDecideByOfWindow};

/** A machine that was paused as a whole knows it only by its clock. */
const jumpMs = 5_000;

const longestOutageIn = ({longestOutageMs}: FactOf<'run-started' | 'run-resumed'>) =>
  longestOutageMs === undefined ? {} : {longestOutageMs};

type Acting = Exclude<JournalEntry, {readonly kind: 'people-told'}>;

function withFact(progress: Progress, fact: Acting, at: Date): Progress {
  switch (fact.kind) {
    case 'systems-claimed':
      return {...progress, lastingClaims: fact.lasting};
    case 'run-resumed':
      return withoutAnswers(resumedBy(withoutPassedDecideBy(progress, fact), fact), at);
    case 'answered':
      return withAnswer(withWord(progress, fact, at), fact, at);
    case 'checkpoint-reached':
      return {...progress, checkpoints: withName(progress.checkpoints, fact.name)};
    case 'lock-taken-over':
    case 'not-shared':
      return withHolder(progress, fact);
    case 'run-handed-over':
    case 'earlier-holder-stopped':
      return withoutAnswers(withHolder(progress, fact), undefined);
    case 'approved':
    case 'approval-void':
    case 'operator-identified':
      return withApproval(progress, fact);
    case 'point-of-no-return-passed':
      return {...progress, passedPointOfNoReturn: true};
    case 'reverse-started':
      return {
        ...without(unpaused(progress), 'isOutageTooLong'),
        entries: withoutChecks(progress.entries),
        outcome: 'reversing',
        reversals: progress.reversals + 1,
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
      return pausedBy(progress, fact);
    case 'run-done':
      return {...without(unpaused(progress), 'isNotShared'), outcome: 'done'};
    case 'process-stopped':
    case 'clock-set':
      return fact.inOutage ? withProcessStop(progress, fact) : progress;
    case 'outage-limit-passed':
      return {...progress, isOutageTooLong: true};
    case 'run-started':
    case 'asked':
    case 'unshared-added':
    case 'tail-cut':
    case 'reserve-given-back':
    case 'reserve-filled':
      return progress;
    default:
      return withEnds(progress, fact, at);
  }
}

const withName = (names: readonly string[], name: string): readonly string[] => [
  ...names.filter((other) => other !== name),
  name,
];

const pausedBy = (progress: Progress, {problem, until}: FactOf<'run-paused'>): Progress => ({
  ...without(progress, 'isNotShared'),
  outcome: progress.outcome === 'reverse-failed' ? 'reverse-failed' : 'paused',
  ...(problem ? {problem} : {}),
  ...(until === undefined ? {} : {until}),
});

function withAnswer(progress: Progress, {about, answer}: FactOf<'answered'>, at: Date): Progress {
  return about === 'failure' ? withDecision(progress, answer, at) : progress;
}

/** A yes to what is done by hand is all that is known of it where no check can tell. */
function withWord(progress: Progress, fact: FactOf<'answered'>, at: Date): Progress {
  const {about, entry, answer, way, by, note = ''} = fact;
  return about === 'by-hand' && entry !== null && answer === 'yes' && way && way !== 'upkeep'
    ? withEntry(progress, entry, (before) => ({...before, word: {way, by, note, at}}))
    : progress;
}

/** A retry after the deadline, or after the limit of the outage, is a decision to go on. */
function withDecision(progress: Progress, answer: string, at: Date): Progress {
  const {decideBy, isOutageTooLong} = progress;
  const decided = without(progress, 'processStop', 'isOutageTooLong');
  if (answer !== 'retry') {
    return decided;
  }
  const allowed = isOutageTooLong ? {...decided, outageAllowedAt: at} : decided;
  return decideBy && at > decideBy ? without(allowed, 'decideBy') : allowed;
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

const unpaused = (progress: Progress): Progress =>
  without(progress, 'problem', 'until', 'processStop');
