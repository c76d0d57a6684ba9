import {canonicalJson} from '../model/canonical.ts';
import type {Entry} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import {appliedEntries} from '../model/progress.ts';
import type {Action} from '../model/step.ts';
import {awakeMs} from './clock.ts';
import type {RunContext} from './context.ts';
import {untilArrived} from './cut-off.ts';
import {inputOf, knownOutputs} from './known-values.ts';
import {inLanes} from './lanes.ts';
import {type CheckRequest, checkEntry, isRestored, problemOfCheck} from './look.ts';
import {performAll} from './perform.ts';
import {waitsOf} from './poll.ts';
import {
  entryBlocked,
  reversalIneffective,
  reversalStopped,
  reversalStoppedInAction,
} from './problems.ts';
import {type PlannedReversal, planWhenReachable, ReversalPlans} from './reversal-plans.ts';
import {entriesAfter} from './reverse-plan.ts';

export type Reversal =
  | {readonly kind: 'reversed'; readonly to: string | null}
  | {readonly kind: 'reverse-failed'; readonly problem: Problem}
  | {readonly kind: 'paused'; readonly problem: Problem};

/**
 * Reverses entries, newest first, and checks after each that the world is as it was. Continues a reversal that was
 * interrupted.
 */
export async function reverseRun(
  context: RunContext,
  to: string | null,
  planDigest: string,
): Promise<Reversal> {
  const {record, runbook} = context;
  const after = entriesAfter(runbook, record.progress, to);
  // Somebody may have thought better of the place since a reversal began.
  if (record.progress.reversingTo?.to !== to) {
    record.add({
      kind: 'reverse-started',
      to,
      plan: planDigest,
      entries: after.map(({id}) => id),
      operator: record.progress.run.operator,
    });
  }
  const isApplied = ({id}: Entry) => record.progress.entries.get(id)?.applied === true;
  const plans = new ReversalPlans(context);
  const turns = reverseTurns(after);
  for (const [index, turn] of turns.entries()) {
    const applied = turn.filter(isApplied);
    if (applied.length === 0) {
      continue;
    }
    const stuck = await planHold(context, plans, turns.slice(index).flat().filter(isApplied));
    if (stuck) {
      return stuck;
    }
    const lanes = {
      atOnce: applied[0]?.atOnce ?? applied.length,
      isWell: ({kind}: EntryReversal) => kind === 'reversed',
    };
    const outcomes = await inLanes(applied, lanes, (entry) =>
      reverseUnlessStopped(context, entry, plans),
    );
    // A reversal that failed is the louder news than one that was held.
    const ends = outcomes.filter((outcome) => outcome !== undefined);
    const failed = ends.find(({kind}) => kind === 'reverse-failed');
    const end = failed ?? ends.find(({kind}) => kind === 'paused');
    if (end && end.kind !== 'reversed') {
      return end;
    }
  }
  if (appliedEntries(record.progress).length === 0) {
    // First the claim: one that outlived its run would keep every other run out.
    await context.claims?.letGo();
  }
  record.add({kind: 'run-reversed', to});
  return {kind: 'reversed', to};
}

/** What would stop a reversal in a hold stops it before. */
async function planHold(
  context: RunContext,
  plans: ReversalPlans,
  entries: readonly Entry[],
): Promise<Exclude<EntryReversal, {kind: 'reversed'}> | undefined> {
  const blocked = context.stopping.aborted ? undefined : await plans.planHold(entries);
  const end = blocked && (await reverseEntry(context, blocked, plans));
  return end?.kind === 'reversed' ? undefined : end;
}

/** Newest first. Entries of a group with a limit are reversed together too; they do not depend on each other. */
function reverseTurns(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const turns: Entry[][] = [];
  for (const entry of [...entries].reverse()) {
    const last = turns.at(-1);
    const [first] = last ?? [];
    const together =
      entry.atOnce !== undefined && first?.group === entry.group && first?.phase === entry.phase;
    if (last && together) {
      last.push(entry);
    } else {
      turns.push([entry]);
    }
  }
  return turns;
}

async function reverseUnlessStopped(
  context: RunContext,
  entry: Entry,
  plans: ReversalPlans,
): Promise<EntryReversal> {
  if (!context.stopping.aborted) {
    await untilArrived(context, entry);
  }
  if (context.stopping.aborted) {
    const by = String(context.stopping.reason);
    return {kind: 'paused', problem: reversalStopped(by, entry.id)};
  }
  return reverseEntry(context, entry, plans);
}

export type EntryReversal = Exclude<Reversal, {kind: 'reversed'}> | {readonly kind: 'reversed'};

/** Puts one entry back, once its actions have arrived. It has failed if no look sees the world as it was before. */
export async function reverseEntry(
  context: RunContext,
  entry: Entry,
  plans = new ReversalPlans(context),
): Promise<EntryReversal> {
  // Looked at before the journal says "reversing": only an entry that was left whole can have drifted.
  return afterRestore(context, entry, await restore(context, entry, await plans.take(entry)));
}

export function afterRestore(
  context: RunContext,
  entry: Entry,
  problem: Problem | undefined,
): EntryReversal {
  if (!problem) {
    context.record.add({kind: 'entry-reversed', entry: entry.id});
    return {kind: 'reversed'};
  }
  if (context.aborting.aborted) {
    const by = String(context.stopping.reason);
    return {kind: 'paused', problem: reversalStoppedInAction(by, entry.id)};
  }
  if (isUnanswered(problem)) {
    return {kind: 'paused', problem};
  }
  context.record.add({kind: 'reverse-failed', entry: entry.id, problem});
  return {kind: 'reverse-failed', problem};
}

/** What is undone by hand waits for a person, and has not failed. */
const isUnanswered = ({code}: Problem): boolean =>
  code === 'by-hand-unanswered' || code === 'declined';

export async function restore(
  context: RunContext,
  entry: Entry,
  {back, stoppedMs}: PlannedReversal,
): Promise<Problem | undefined> {
  const {record} = context;
  if (back.kind === 'blocked') {
    return {...entryBlocked(back.reason, back.hint), code: back.code};
  }
  record.add({kind: 'entry-reversing', entry: entry.id});
  const deadline = awakeMs(context.clock) + entry.timeoutMs;
  const first = {deadline, stoppedMs};
  const {failure, seen} = await performReversal(context, entry, back.actions, first);
  const notBack = await waitUntilRestored(context, entry, deadline, seen);
  if (notBack || !failure) {
    return notBack && (failure ?? notBack);
  }
  // It looks as before although an action failed. A look need not see all that an entry left behind: `reverse` is
  // asked again.
  const rest = await planWhenReachable(context, entry);
  if (rest.kind === 'actions' && rest.actions.length === 0) {
    return undefined;
  }
  // What takes no more time than there is left cannot be told from what hangs: the failure that is known is the news.
  if (rest.kind === 'blocked' || awakeMs(context.clock) >= deadline) {
    return failure;
  }
  const second = {deadline, stoppedMs: context.clock.stoppedMs()};
  const again = await performReversal(context, entry, rest.actions, second);
  return again.failure ?? (await waitUntilRestored(context, entry, deadline, again.seen));
}

async function performReversal(
  context: RunContext,
  entry: Entry,
  actions: readonly Action<any>[],
  {deadline, stoppedMs}: {readonly deadline: number; readonly stoppedMs: number},
): Promise<{readonly failure?: Problem; readonly seen?: unknown}> {
  const performing = {entry, way: 'reverse', deadline, stoppedMs} as const;
  const performed = await performAll(context, actions, performing);
  if (performed.kind !== 'stale') {
    switch (performed.kind) {
      case 'unanswered':
      case 'failed':
        return {failure: performed.problem};
      case 'performed':
        return {seen: performed.seen};
      case 'stopping':
        return {};
    }
  }
  const again = {deadline, stoppedMs: context.clock.stoppedMs()};
  const rest = await planWhenReachable(context, entry);
  return rest.kind === 'blocked'
    ? {failure: {...entryBlocked(rest.reason, rest.hint), code: rest.code}}
    : performReversal(context, entry, rest.actions, again);
}

/** Nothing counts as restored that no look has seen. */
async function waitUntilRestored(
  context: RunContext,
  entry: Entry,
  deadline: number,
  seen: unknown,
): Promise<Problem | undefined> {
  const {before, word, appliedAt} = context.record.progress.entries.get(entry.id) ?? {};
  const given = knownOutputs(context.record.progress, context.runbook.entries);
  const input = inputOf(entry, context.params, given);
  if (entry.unit.kind !== 'step' || input.kind !== 'known') {
    return undefined;
  }
  const tell = (text: string) => context.observe({kind: 'event', entry: entry.id, text});
  const started = {started: true, startedAt: appliedAt};
  const request = {entry, input: input.input, ...started, before, word, tell};
  const waits = waitsOf(entry);
  for (let first = true; ; first = false) {
    const restored = await checkRestored(context, first ? {...request, seen} : request);
    if (restored.kind === 'back') {
      return undefined;
    }
    context.observe({kind: 'progress', entry: entry.id, text: restored.text});
    if (
      restored.kind === 'settled' ||
      awakeMs(context.clock) >= deadline + (restored.ownMs ?? 0) ||
      context.aborting.aborted
    ) {
      return (
        restored.problem ?? reversalIneffective(entry.id, restored.text, canonicalJson(before))
      );
    }
    await context.clock.sleep(waits.next().value, context.aborting);
  }
}

type RestoreCheck =
  | {readonly kind: 'back'}
  /** `settled`: waiting longer does not help. */
  | {
      readonly kind: 'moving' | 'settled';
      readonly text: string;
      readonly problem?: Problem;
      /** The target takes so long by itself. */
      readonly ownMs?: number;
    };

async function checkRestored(context: RunContext, request: CheckRequest): Promise<RestoreCheck> {
  try {
    const result = await checkEntry(context, request, context.aborting);
    if (await isRestored(context, request, result, context.aborting)) {
      return {kind: 'back'};
    }
    const {verdict} = result;
    switch (verdict.kind) {
      case 'pending':
        return {kind: 'settled', text: canonicalJson(verdict.before)};
      case 'waiting':
        return {kind: 'moving', text: verdict.progress, ownMs: verdict.ownMs ?? 0};
      case 'blocked':
        return {
          kind: 'settled',
          text: verdict.reason,
          problem: entryBlocked(verdict.reason, verdict.hint),
        };
      case 'done':
        return {kind: 'settled', text: 'still as the run made it'};
      case 'needs-answer':
        return {kind: 'settled', text: verdict.question};
    }
  } catch (error) {
    const problem = problemOfCheck(request.entry.id, error);
    return {kind: 'moving', text: problem.message, problem};
  }
}
