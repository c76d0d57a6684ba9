import type {Entry} from '../model/entry.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Verdict} from '../model/verdict.ts';
import {type Attempt, check, checkLost, entryProgress, planOf} from './attempt.ts';
import {awakeMs} from './clock.ts';
import type {RunContext} from './context.ts';
import {decideByProblem} from './decide-by.ts';
import {endedWith} from './ended-changes.ts';
import {inputOf, knownOutputs} from './known-values.ts';
import {beforeOf, type CheckResult} from './look.ts';
import {performAll} from './perform.ts';
import {waitsOf} from './poll.ts';
import {
  dependencySkipped,
  entryBlocked,
  entryTimedOut,
  inputUnavailable,
  runStopped,
  runStoppedInAction,
  stepIneffective,
} from './problems.ts';
import {processStopProblem} from './process-stop.ts';
import {askAtGate} from './question.ts';
import {shareDecision} from './share-decision.ts';

export type EntryOutcome =
  | {readonly kind: 'done'}
  | {readonly kind: 'failed'; readonly problem: Problem}
  /** It is between two actions and goes on when somebody says so. */
  | {readonly kind: 'paused'; readonly problem: Problem};

/** Takes one entry from its present state to done: look, change what remains, look again. */
export async function runEntry(context: RunContext, entry: Entry): Promise<EntryOutcome> {
  const input = inputOf(
    entry,
    context.params,
    knownOutputs(context.record.progress, context.runbook.entries),
  );
  if (input.kind !== 'known') {
    const problem =
      input.kind === 'invalid' ? input.problem : inputUnavailable(entry.id, input.after);
    return fail(context, entry, problem);
  }
  const undone = [...new Set([...entry.after, ...entry.requires])].filter(
    (id) => context.record.progress.entries.get(id)?.state !== 'done',
  );
  if (undone.length > 0) {
    return fail(context, entry, dependencySkipped(entry.id, undone));
  }
  context.record.add({kind: 'entry-started', entry: entry.id});
  const attempt: Attempt = {
    entry,
    input: input.input,
    since: awakeMs(context.clock),
    acted: false,
    justActed: false,
    stoppedMs: context.clock.stoppedMs(),
  };
  const waits = waitsOf(entry);
  for (;;) {
    // What was just done may be there already: it is looked at once before anything is waited for.
    const first = await tryOnce(context, attempt);
    const outcome = first === 'acted' ? await tryOnce(context, attempt) : first;
    if (outcome !== 'again' && outcome !== 'acted') {
      return outcome.kind === 'failed' ? fail(context, entry, outcome.problem) : outcome;
    }
    attempt.justActed = false;
    await context.clock.sleep(waits.next().value, context.stopping);
  }
}

/** `acted`: all actions were performed, and it is to be looked at. */
type AttemptOutcome = EntryOutcome | 'again' | 'acted';

async function tryOnce(context: RunContext, attempt: Attempt): Promise<AttemptOutcome> {
  if (context.stopping.aborted) {
    return {kind: 'paused', problem: stopProblem(context, attempt)};
  }
  // Asked of the clock first: it notices a stop, and journals it.
  const stoppedMs = context.clock.stoppedMs();
  if (stoppedMs !== attempt.stoppedMs) {
    attempt.seen = undefined;
  }
  attempt.stoppedMs = stoppedMs;
  const problem =
    processStopProblem(context, attempt.entry) ?? decideByProblem(context, attempt.entry);
  if (problem) {
    return {kind: 'failed', problem};
  }
  const result = await check(context, attempt);
  if ('problem' in result) {
    return result.again ? 'again' : {kind: 'failed', problem: result.problem};
  }
  return afterVerdict(context, attempt, result).catch(refusedByJournal);
}

/** A before-image or an output that the journal does not take as it is: the entry fails, and the journal goes on. */
function refusedByJournal(error: unknown): EntryOutcome {
  if (error instanceof SwitcharooError && refusals.has(error.problem.code)) {
    return {kind: 'failed', problem: error.problem};
  }
  throw error;
}

const refusals = new Set(['secret-in-journal', 'journal-entry-malformed']);

function stopProblem(context: RunContext, {entry}: Attempt): Problem {
  const by = String(context.stopping.reason);
  const inFlight = entryProgress(context, entry)?.inFlight;
  return inFlight === undefined ? runStopped(by) : runStoppedInAction(by, entry.id, inFlight);
}

async function afterVerdict(
  context: RunContext,
  attempt: Attempt,
  result: CheckResult,
): Promise<AttemptOutcome> {
  const {entry} = attempt;
  const {verdict} = result;
  switch (verdict.kind) {
    case 'done':
      return done(context, entry, verdict);
    case 'blocked':
      return {
        kind: 'failed',
        problem: attempt.failure ?? entryBlocked(verdict.reason, verdict.hint),
      };
    case 'waiting':
      return waitLonger(context, attempt, verdict);
    case 'needs-answer': {
      const answer = await askAtGate(context, entry, verdict);
      if (answer === 'again') {
        return answer;
      }
      return answer === 'yes'
        ? decided(context, entry, verdict.output)
        : {kind: 'paused', problem: answer};
    }
    case 'pending':
      return apply(context, attempt, result, verdict);
  }
}

/** Such as the acceptance of a cutover. */
async function decided(context: RunContext, entry: Entry, output: unknown): Promise<EntryOutcome> {
  const outcome = done(context, entry, {output});
  const problem = await shareDecision(context, true);
  return problem ? {kind: 'paused', problem} : outcome;
}

/** The actions that remain, from the first before-image that this run has journaled. */
async function apply(
  context: RunContext,
  attempt: Attempt,
  {look}: CheckResult,
  verdict: Extract<Verdict<unknown, unknown>, {kind: 'pending'}>,
): Promise<AttemptOutcome> {
  const {entry} = attempt;
  if (attempt.failure) {
    return {kind: 'failed', problem: attempt.failure};
  }
  if (attempt.justActed) {
    return 'again';
  }
  if (attempt.acted || entry.unit.kind === 'gate') {
    return {kind: 'failed', problem: stepIneffective(entry.id, verdict.differences)};
  }
  const before = firstBefore(context, entry, verdict);
  const planned = await planOf(context, entry, look, before).catch(checkLost(context, attempt));
  if ('problem' in planned) {
    return planned.again ? 'again' : {kind: 'failed', problem: planned.problem};
  }
  attempt.acted = true;
  attempt.justActed = true;
  attempt.since = awakeMs(context.clock);
  const performed = await performAll(context, planned, {
    entry,
    way: 'forward',
    deadline: attempt.since + entry.timeoutMs,
    stoppedMs: attempt.stoppedMs,
  });
  switch (performed.kind) {
    case 'performed':
      attempt.seen = performed.seen;
      return 'acted';
    case 'unanswered':
      return {kind: 'paused', problem: performed.problem};
    case 'failed':
      attempt.failure = performed.problem;
      return 'again';
    case 'stale':
      attempt.acted = false;
      return 'again';
    case 'stopping':
      return {kind: 'paused', problem: runStopped(String(context.stopping.reason))};
  }
}

/** From the journal if it is there: a second look after a first action would show half of our own change. */
function firstBefore(
  context: RunContext,
  entry: Entry,
  verdict: Extract<Verdict<unknown, unknown>, {kind: 'pending'}>,
): unknown {
  const progress = entryProgress(context, entry);
  if (progress?.before !== undefined && progress.applied) {
    return beforeOf(entry, progress.before);
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

function waitLonger(
  context: RunContext,
  attempt: Attempt,
  {progress: says, bookmark, ownMs = 0}: Extract<Verdict<unknown, unknown>, {kind: 'waiting'}>,
): EntryOutcome | 'again' {
  const {entry} = attempt;
  if (bookmark !== undefined) {
    context.record.add({kind: 'entry-bookmarked', entry: entry.id, bookmark});
  }
  context.observe({kind: 'progress', entry: entry.id, text: says});
  const limitMs = entry.timeoutMs + ownMs;
  const isOver = awakeMs(context.clock) - attempt.since >= limitMs;
  const timedOut = () => entryTimedOut(entry.id, entry.unit.kind === 'gate', limitMs, says);
  return isOver ? {kind: 'failed', problem: attempt.failure ?? timedOut()} : 'again';
}

function done(
  context: RunContext,
  entry: Entry,
  {
    output,
    remarks = [],
    notes = [],
  }: {output: unknown; remarks?: readonly string[]; notes?: readonly string[]},
): EntryOutcome {
  const changedByRun = entryProgress(context, entry)?.applied ?? false;
  const ended = endedWith(context, entry);
  context.record.add({
    kind: 'entry-done',
    entry: entry.id,
    output: JSON.parse(JSON.stringify(output ?? null)),
    changedByRun,
    ...(ended.length > 0 ? {ended: [...ended]} : {}),
    ...(remarks.length > 0 ? {remarks: [...remarks]} : {}),
    ...(notes.length > 0 ? {notes: [...notes]} : {}),
  });
  return {kind: 'done'};
}

function fail(context: RunContext, entry: Entry, problem: Problem): EntryOutcome {
  context.record.add({kind: 'entry-failed', entry: entry.id, problem});
  return {kind: 'failed', problem};
}
