import {setImmediate} from 'node:timers/promises';
import type {Entry} from '../model/entry.ts';
import type {FactOf} from '../model/journal.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Action} from '../model/step.ts';
import {messageOf, problemOfThrown} from '../model/thrown.ts';
import {askForAction} from './by-hand.ts';
import {awakeMs} from './clock.ts';
import type {RunContext} from './context.ts';
import {limitedBy, TimeIsUp} from './limit.ts';
import {actionFailed, actionTimedOut} from './problems.ts';

interface Performing {
  readonly entry: Entry;
  readonly way: 'forward' | 'reverse' | 'upkeep';
  /** When the entry's time is over, as `awakeMs` counts. */
  readonly deadline: number;
  /** `stoppedMs` of the clock when the world was last checked. */
  readonly stoppedMs: number;
  /** The actions that follow at once, for which it waits together with this one; none for those that follow. */
  readonly announces?: Announced;
}

type Announced = NonNullable<FactOf<'action-intended'>['next']>;

type Performed =
  /** `seen`: what the last action returned. */
  | {readonly kind: 'performed'; readonly seen: unknown}
  | {readonly kind: 'failed'; readonly problem: Problem}
  /** Nobody has said that it is done. */
  | {readonly kind: 'unanswered'; readonly problem: Problem}
  /** The run is to stop, and the rest was not started. */
  | {readonly kind: 'stopping'}
  /** The process stood still since the last check: what the world is like is to be checked before anything is done. */
  | {readonly kind: 'stale'};

/**
 * Performs actions in order. Each intent is on the disk before the target hears of anything, and where other hosts find
 * it: the first names those that follow, so that visitors wait once for all of them.
 */
export async function performAll(
  context: RunContext,
  actions: readonly Action<any>[],
  performing: Performing,
): Promise<Performed> {
  const isStale = () => context.clock.stoppedMs() !== performing.stoppedMs;
  let seen: unknown;
  let isAnnounced = false;
  for (const [index, action] of actions.entries()) {
    if (isStale()) {
      return {kind: 'stale'};
    }
    if (context.stopping.aborted && performing.way !== 'reverse') {
      return {kind: 'stopping'};
    }
    if (action.asks) {
      const answer = await askForAction(context, action, action.asks, performing.entry);
      if ('problem' in answer) {
        return {kind: 'unanswered', problem: answer.problem};
      }
      // People take their time: what was seen before is old, and their word is checked.
      isAnnounced = false;
      continue;
    }
    const announces = isAnnounced
      ? {}
      : {announces: announced(performing, actions.slice(index + 1))};
    const result = await perform(context, action, {...performing, ...announces});
    isAnnounced = context.record.progress.isNotShared !== true;
    if ('problem' in result) {
      // Its answer, or the time for it, may have passed while nobody could take it.
      return isStale() ? {kind: 'stale'} : {kind: 'failed', problem: result.problem};
    }
    seen = result.seen;
  }
  return {kind: 'performed', seen};
}

/** What is performed before a person is asked to do something by hand. */
function announced({entry}: Performing, actions: readonly Action<any>[]): Announced {
  const end = actions.findIndex(({asks}) => asks);
  const atOnce = end < 0 ? actions : actions.slice(0, end);
  return atOnce.map(({on, does}) => ({target: entry.on[on] ?? on, does}));
}

async function perform(
  context: RunContext,
  action: Action<any>,
  performing: Performing,
): Promise<{readonly problem: Problem} | {readonly seen: unknown}> {
  const {entry, way, deadline, announces: next} = performing;
  const target = entry.on[action.on] ?? action.on;
  const words = {entry: entry.id, way, target, does: action.does} as const;
  // Opening it may fail too: better before the intent than after.
  const opened = await openedFor(context, target).catch((error: Error) => error);
  if (opened instanceof Error) {
    return {problem: problemOf(opened, words)};
  }
  await context.claims?.assertHeld(target);
  const rest = next?.length ? {next} : {};
  context.record.add({
    kind: 'action-intended',
    ...words,
    ...limitUntil(deadline, context),
    ...rest,
  });
  const notSent = await barrier(context, performing, words);
  if (notSent) {
    context.record.add({kind: 'action-unsent', ...words, problem: notSent});
    return {problem: notSent};
  }
  const limitMs = Math.max(1, deadline - awakeMs(context.clock));
  const say = (text: string) => context.observe({kind: 'progress', entry: entry.id, text});
  const noted: string[] = [];
  const notes = () => (noted.length > 0 ? {notes: [...noted]} : {});
  let seen: unknown;
  let end: unknown;
  let limit: AbortSignal | undefined;
  try {
    seen = await limitedBy([context.aborting], {clock: context.clock, ms: limitMs}, (signal) => {
      limit = signal;
      const performing = action.perform(opened.writer as never, signal, say, (text) => {
        noted.push(text);
      });
      performing.catch((error: unknown) => {
        end = error;
      });
      return performing;
    });
  } catch (error) {
    const isLate = error instanceof TimeIsUp || limit?.reason instanceof TimeIsUp;
    if (isLate) {
      // One that was waiting to try again says why, as soon as it is stopped.
      await setImmediate();
    }
    const cutOff = limit?.aborted ? ({isCutOff: true} as const) : {};
    const problem = isLate
      ? actionTimedOut(entry.id, target, action.does, limitMs, problemIn(end))
      : problemOf(error, words);
    context.record.add({kind: 'action-failed', ...words, problem, ...notes(), ...cutOff});
    return {problem};
  }
  context.record.add({kind: 'action-performed', ...words, ...notes()});
  return {seen};
}

async function openedFor({targets, aborting}: RunContext, target: string) {
  const session = await targets.session(target);
  await session.prepare?.(aborting);
  return session;
}

/** For a host that takes the run over. */
function limitUntil(deadline: number, {clock}: RunContext): {readonly limitMs?: number} {
  const limitMs = Math.max(1, Math.round(deadline - awakeMs(clock)));
  return Number.isFinite(limitMs) ? {limitMs} : {};
}

/**
 * Waits until other hosts find the intent, unless an earlier one has named it. Gives why the action must not be sent:
 * what it was planned on may be old by now, or it could not be shared. A reversal ends an outage and waits for no
 * store, nor does a run that a person lets go on alone.
 */
async function barrier(
  context: RunContext,
  {way, stoppedMs, deadline, announces}: Performing,
  words: {entry: string; target: string; does: string},
): Promise<Problem | undefined> {
  const {clock} = context;
  const sinceMs = clock.monotonic();
  const error =
    announces && (await context.record.shared(context.aborting).catch((cause: unknown) => cause));
  const isLong = clock.monotonic() - sinceMs > longBarrierMs;
  if (isLong) {
    await context.claims?.assertHeld(words.target);
  }
  const problem = error instanceof Error ? problemOf(error, words) : undefined;
  if (clock.stoppedMs() !== stoppedMs) {
    return (
      problem ?? actionFailed(words.entry, words.target, words.does, 'the process stood still')
    );
  }
  const isAway = problem?.code === 'store-unreachable';
  const {isNotShared} = context.record.progress;
  if (isAway && way === 'reverse') {
    if (!isNotShared) {
      context.record.add({kind: 'not-shared', because: problem.message});
    }
    return undefined;
  }
  if (problem && !(isAway && isNotShared)) {
    return problem;
  }
  // Another host waits no longer for it: opening the target, and the claims, took their time too.
  return awakeMs(clock) >= deadline
    ? actionFailed(words.entry, words.target, words.does, 'no time was left for it')
    : undefined;
}

/** Somebody else may own the system by then. */
const longBarrierMs = 1_000;

const problemIn = (error: unknown): Problem | undefined =>
  error instanceof SwitcharooError ? error.problem : undefined;

function problemOf(
  error: unknown,
  {entry, target, does}: {entry: string; target: string; does: string},
): Problem {
  return (
    problemOfThrown(`"${does}" of ${entry}`, error) ??
    actionFailed(entry, target, does, messageOf(error))
  );
}
