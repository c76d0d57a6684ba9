import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {EntryProgress} from '../model/progress.ts';
import type {Entry} from '../model/runbook.ts';
import type {Action, AnyGate, AnyUnit, Poll} from '../model/step.ts';
import type {Verdict} from '../model/verdict.ts';
import type {RunContext} from './context.ts';
import {decideByProblem} from './decide-by.ts';
import {givenBy, inputOf} from './known-values.ts';
import {lookAt, looking, problemOfLook, type Seen} from './look.ts';
import {performAll} from './perform.ts';
import {
  dependsOnSkipped,
  entryBlocked,
  entryTimedOut,
  inputNotKnown,
  stepDidNotTake,
  stopped,
  stoppedInAction,
} from './problems.ts';
import {askAtGate} from './question.ts';

export type EntryOutcome =
  | {readonly kind: 'done'}
  | {readonly kind: 'failed'; readonly problem: Problem}
  /** It is between two actions and goes on when somebody says so. */
  | {readonly kind: 'held'; readonly problem: Problem};

export const defaultPoll: Poll = {firstMs: 50, mostMs: 2_000};
/** How often a look that could not be taken is tried again before the entry fails. */
const looksThatMayFail = 5;

/** Takes one entry from wherever it stands to done: look, change what remains, look again. */
export async function runEntry(context: RunContext, entry: Entry): Promise<EntryOutcome> {
  const input = inputOf(
    entry,
    context.params,
    givenBy(context.record.progress, context.runbook.entries),
  );
  if (input.kind !== 'known') {
    const problem = input.kind === 'invalid' ? input.problem : inputNotKnown(entry.id, input.after);
    return fail(context, entry, problem);
  }
  const undone = entry.after.filter(
    (id) => context.record.progress.entries.get(id)?.state !== 'done',
  );
  if (undone.length > 0) {
    return fail(context, entry, dependsOnSkipped(entry.id, undone));
  }
  context.record.add({kind: 'entry-started', entry: entry.id});
  const attempt: Attempt = {
    entry,
    input: input.input,
    since: context.clock.now().getTime(),
    acted: false,
    justActed: false,
  };
  for (
    let waitMs = pollOf(entry).firstMs;
    ;
    waitMs = Math.min(waitMs * 1.5, pollOf(entry).mostMs)
  ) {
    // What was just done may be there already: it is looked at once before anything is waited for.
    const first = await tryOnce(context, attempt);
    const outcome = first === 'acted' ? await tryOnce(context, attempt) : first;
    if (outcome !== 'again' && outcome !== 'acted') {
      return outcome.kind === 'failed' ? fail(context, entry, outcome.problem) : outcome;
    }
    attempt.justActed = false;
    await context.clock.sleep(waitMs, context.stopping);
  }
}

/** `acted`: all actions were performed, and it is to be looked at. */
type Tried = EntryOutcome | 'again' | 'acted';

/** What this process has done at an entry since it began to work on it. */
interface Attempt {
  readonly entry: Entry;
  readonly input: unknown;
  /** When its time began to run: its first look, then its first action. */
  since: number;
  acted: boolean;
  /** Nothing was waited for since: a world that is still as before may need a moment. */
  justActed: boolean;
  /** An action that failed; a look decides whether it took all the same. */
  failure?: Problem;
  failedLooks?: number;
}

async function tryOnce(context: RunContext, attempt: Attempt): Promise<Tried> {
  if (context.stopping.aborted) {
    return {kind: 'held', problem: whereItStopped(context, attempt)};
  }
  const late = decideByProblem(context, attempt.entry);
  if (late) {
    return {kind: 'failed', problem: late};
  }
  const seen = await look(context, attempt);
  if ('problem' in seen) {
    return seen.again ? 'again' : {kind: 'failed', problem: seen.problem};
  }
  return afterVerdict(context, attempt, seen).catch(refusedByJournal);
}

/** A before-image or an output that the journal does not take as it is: the entry fails, and the journal goes on. */
function refusedByJournal(error: unknown): EntryOutcome {
  if (error instanceof SwitcharooError && refusals.has(error.problem.code)) {
    return {kind: 'failed', problem: error.problem};
  }
  throw error;
}

const refusals = new Set(['secret-in-journal', 'journal-entry-malformed']);

function whereItStopped(context: RunContext, {entry}: Attempt): Problem {
  const by = String(context.stopping.reason);
  const inFlight = progressAt(context, entry)?.inFlight;
  return inFlight === undefined ? stopped(by) : stoppedInAction(by, entry.id, inFlight);
}

async function afterVerdict(context: RunContext, attempt: Attempt, seen: Seen): Promise<Tried> {
  const {entry} = attempt;
  const {verdict} = seen;
  switch (verdict.kind) {
    case 'done':
      return done(context, entry, verdict);
    case 'blocked':
      return {
        kind: 'failed',
        problem: attempt.failure ?? entryBlocked(verdict.reason, verdict.hint),
      };
    case 'waiting':
      return settle(context, attempt, verdict);
    case 'needs-answer': {
      const answer = await askAtGate(context, entry, verdict);
      return answer === 'yes'
        ? done(context, entry, {output: verdict.output})
        : {kind: 'held', problem: answer};
    }
    case 'pending':
      return act(context, attempt, seen, verdict);
  }
}

/** The actions that remain, from the first before-image that this run has journaled. */
async function act(
  context: RunContext,
  attempt: Attempt,
  {look}: Seen,
  verdict: Extract<Verdict<unknown, unknown>, {kind: 'pending'}>,
): Promise<Tried> {
  const {entry} = attempt;
  if (attempt.failure) {
    return {kind: 'failed', problem: attempt.failure};
  }
  if (attempt.justActed) {
    return 'again';
  }
  if (attempt.acted || entry.unit.kind === 'gate') {
    return {kind: 'failed', problem: stepDidNotTake(entry.id, verdict.differences)};
  }
  const before = firstBefore(context, entry, verdict);
  const planned = await planOf(context, entry.unit, look, before).catch(lookLost(context, attempt));
  if ('problem' in planned) {
    return planned.again ? 'again' : {kind: 'failed', problem: planned.problem};
  }
  attempt.acted = true;
  attempt.justActed = true;
  attempt.since = context.clock.now().getTime();
  const performed = await performAll(context, planned, {
    entry,
    way: 'forward',
    deadline: attempt.since + entry.timeoutMs,
  });
  switch (performed.kind) {
    case 'performed':
      return 'acted';
    case 'failed':
      attempt.failure = performed.problem;
      return 'again';
    case 'stopping':
      return {kind: 'held', problem: stopped(String(context.stopping.reason))};
  }
}

/** A plan looks too. */
const planOf = (
  context: RunContext,
  unit: Exclude<AnyUnit, AnyGate>,
  look: Seen['look'],
  before: unknown,
): Promise<readonly Action<any>[]> =>
  looking(context, context.stopping, (signal) => unit.plan({...look, signal}, before as never)); // its own schema has read it

/** From the journal if it is there: a second look after a first action would show half of our own change. */
function firstBefore(
  context: RunContext,
  entry: Entry,
  verdict: Extract<Verdict<unknown, unknown>, {kind: 'pending'}>,
): unknown {
  const so = progressAt(context, entry);
  if (so?.before !== undefined && so.applied) {
    return beforeOf(entry, so.before);
  }
  context.record.add({
    kind: 'before',
    entry: entry.id,
    // It went through JSON when it was seen.
    before: verdict.before as never,
    differences: [...verdict.differences],
  });
  return beforeOf(entry, verdict.before);
}

/** A before-image as the step's own schema reads it back. */
export function beforeOf(entry: Entry, before: unknown): unknown {
  return entry.unit.kind === 'step' ? entry.unit.before.parse(before) : undefined;
}

function settle(
  context: RunContext,
  attempt: Attempt,
  {progress: says, bookmark}: Extract<Verdict<unknown, unknown>, {kind: 'waiting'}>,
): EntryOutcome | 'again' {
  const {entry} = attempt;
  if (bookmark !== undefined) {
    context.record.add({kind: 'entry-bookmarked', entry: entry.id, bookmark});
  }
  context.observe({kind: 'progress', entry: entry.id, says});
  const isOver = context.clock.now().getTime() - attempt.since >= entry.timeoutMs;
  const timedOut = () => entryTimedOut(entry.id, entry.unit.kind === 'gate', entry.timeoutMs, says);
  return isOver ? {kind: 'failed', problem: attempt.failure ?? timedOut()} : 'again';
}

async function look(context: RunContext, attempt: Attempt): Promise<Seen | LostLook> {
  const {entry, input} = attempt;
  const so = progressAt(context, entry);
  try {
    const request = {
      entry,
      input,
      started: so?.applied ?? false,
      startedAt: so?.applied ? so.actedAt : undefined,
      before: so?.applied ? so.before : undefined,
      bookmark: so?.bookmark,
      report: (says: string) => context.observe({kind: 'told', entry: entry.id, says}),
    };
    const seen = await lookAt(context, request, context.stopping);
    attempt.failedLooks = 0;
    return seen;
  } catch (error) {
    return lookLost(context, attempt)(error);
  }
}

interface LostLook {
  readonly problem: Problem;
  readonly again: boolean;
}

const lookLost =
  (context: RunContext, attempt: Attempt) =>
  (error: unknown): LostLook => {
    // A stop in the middle of a look is no failure: the next turn holds.
    if (context.stopping.aborted) {
      return {problem: stopped(String(context.stopping.reason)), again: true};
    }
    const {entry} = attempt;
    const problem = problemOfLook(entry.id, error);
    attempt.failedLooks = (attempt.failedLooks ?? 0) + 1;
    context.observe({kind: 'progress', entry: entry.id, says: problem.message});
    const isOver = context.clock.now().getTime() - attempt.since >= entry.timeoutMs;
    return {problem, again: attempt.failedLooks < looksThatMayFail && !isOver};
  };

function done(
  context: RunContext,
  entry: Entry,
  {output, remarks = []}: {output: unknown; remarks?: readonly string[]},
): EntryOutcome {
  const changedByRun = progressAt(context, entry)?.applied ?? false;
  context.record.add({
    kind: 'entry-done',
    entry: entry.id,
    output: JSON.parse(JSON.stringify(output ?? null)),
    changedByRun,
    ...(remarks.length > 0 ? {remarks: [...remarks]} : {}),
  });
  return {kind: 'done'};
}

function fail(context: RunContext, entry: Entry, problem: Problem): EntryOutcome {
  context.record.add({kind: 'entry-failed', entry: entry.id, problem});
  return {kind: 'failed', problem};
}

const progressAt = (context: RunContext, entry: Entry): EntryProgress | undefined =>
  context.record.progress.entries.get(entry.id);

export const pollOf = (entry: Entry): Poll => entry.unit.poll ?? defaultPoll;
