import type {Entry, Item, PointOfNoReturn} from '../model/entry.ts';
import type {Problem} from '../model/problem.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import {askOperator} from './ask-operator.ts';
import type {RunContext} from './context.ts';
import {decide} from './decision.ts';
import {inLanes} from './lanes.ts';
import {afterLongestOutage} from './longest-outage.ts';
import {hasOutageBegun, oldEvidenceBefore} from './old-evidence.ts';
import {refuseOutage} from './outage-gate.ts';
import {isLimitPassed, limitOutage, unlimited} from './outage-limit.ts';
import {answerRequired, declined, runStopped, unknownEntry} from './problems.ts';
import {isDecided} from './process-stop.ts';
import {factsOfQuestion} from './question-facts.ts';
import {type EntryOutcome, runEntry} from './run-entry.ts';
import {pause, type RunOutcome} from './run-outcome.ts';
import {shareDecision} from './share-decision.ts';
import {undoFailedEntry} from './undo-failed.ts';
import {uphold} from './uphold.ts';
import {type UpkeepDue, upkeepTurn} from './upkeep-due.ts';

/**
 * Continues forward from the progress in the journal. `until` is a checkpoint, or an entry that is to be the last.
 */
export async function runForward(context: RunContext, until?: string): Promise<RunOutcome> {
  if (until !== undefined && !isCheckpointOrEntry(context.runbook, until)) {
    return pause(context, unknownEntry(until, context.runbook));
  }
  for (;;) {
    const limit = limitOutage(context);
    const outcome = await takeTurns(limit.context, until).finally(limit.release);
    if (outcome.kind !== 'paused' || !isLimitPassed(limit.context)) {
      return outcome;
    }
    const next = await afterLongestOutage(context, outcome);
    if (next !== 'again') {
      return next;
    }
  }
}

async function takeTurns(context: RunContext, until: string | undefined): Promise<RunOutcome> {
  for (const turn of turnsIn(context.runbook.items)) {
    const outcome = await takeTurn(context, turn);
    if (outcome === 'again-from-start') {
      // Turns that are over are passed by.
      return takeTurns(context, until);
    }
    if (outcome) {
      return outcome;
    }
    if (until !== undefined && turn.some((item) => itemName(item) === until)) {
      context.record.add({kind: 'run-paused', until});
      return {kind: 'reached', until};
    }
  }
  if (context.record.progress.outcome !== 'done') {
    // First the claim: one that outlived its run would keep every other run out.
    await context.claims?.letGo();
    context.record.add({kind: 'run-done'});
  }
  return {kind: 'done'};
}

/** A checkpoint or an entry of the runbook: where a run can be told to end. */
export const isCheckpointOrEntry = ({items}: AnyRunbook, until: string): boolean =>
  items.some((item: Item) => itemName(item) === until);

/** Items in order; those of one group are one turn. */
function turnsIn(items: readonly Item[]): readonly (readonly Item[])[] {
  const turns: Item[][] = [];
  for (const item of items) {
    const last = turns.at(-1);
    const [first] = last ?? [];
    const together =
      first?.kind === 'entry' &&
      item.kind === 'entry' &&
      item.group !== undefined &&
      first.group === item.group &&
      first.phase === item.phase;
    if (last && together) {
      last.push(item);
    } else {
      turns.push([item]);
    }
  }
  return turns;
}

/** Nothing when the turn is over and the next may begin. */
async function takeTurn(
  context: RunContext,
  turn: readonly Item[],
): Promise<RunOutcome | 'again-from-start' | undefined> {
  const [first] = turn;
  if (first?.kind === 'checkpoint') {
    return reachCheckpoint(context, first.name);
  }
  if (first?.kind === 'point-of-no-return') {
    return passPointOfNoReturn(context, first);
  }
  for (;;) {
    const entries = turn.filter(
      (item): item is Entry => item.kind === 'entry' && !isOver(context, item),
    );
    // The others of a group come to their own end before anyone decides about one of them.
    const lanes = {
      atOnce: entries[0]?.atOnce ?? entries.length,
      isWell: ({kind}: EntryOutcome) => kind === 'done',
    };
    const refusal = await refuseOutage(context, entries);
    if (refusal) {
      return pause(context, refusal);
    }
    const lapse = await lapseBefore(context, entries);
    const outcomes = lapse
      ? [lapse]
      : await inLanes(entries, lanes, (entry) => runAndUndo(context, entry));
    const failed = entries.flatMap((entry, index) => {
      const outcome = outcomes[index];
      return outcome?.kind === 'failed' ? [{entry, problem: outcome.problem}] : [];
    });
    for (const {entry, problem} of failed) {
      // All entries of a group fail when the process stood still: that is decided once.
      if (isDecided(context, problem)) {
        continue;
      }
      const next = await decide(context, entry, problem);
      if (next !== 'again') {
        return next;
      }
    }
    const held = outcomes.find((outcome) => outcome?.kind === 'paused');
    if (held?.kind === 'paused') {
      return pause(context, held.problem);
    }
    if (failed.length === 0) {
      return undefined;
    }
  }
}

/** The runs of this process in which everything in place was looked at before the first turn. */
const lookedAt = new WeakSet<RunContext['record']>();

/**
 * What has ended from outside is made again before anything relies on it: at the first turn of a process, and where
 * `upkeepTurn` says. Where that is not possible, the first entry of the turn fails with it.
 */
async function lapseBefore(
  context: RunContext,
  turn: readonly Entry[],
): Promise<EntryOutcome | undefined> {
  const {record, runbook, stopping} = context;
  const [entry] = turn;
  const old = entry && (await proveAnew(context, turn));
  if (old && old.kind !== 'done') {
    return old.kind === 'failed' ? failedWith(context, entry, old.problem) : old;
  }
  const looks = lookedAt.has(record) ? upkeepTurn(runbook, turn) : 'all';
  if (!entry || looks === 'none') {
    return undefined;
  }
  // What the entry before has just done, it has checked itself.
  const before = runbook.items[runbook.items.indexOf(entry) - 1];
  const isForVisitors = (due: UpkeepDue) =>
    due.upkeep.reliedOnBy === 'visitors' && due.entry !== before;
  const problem = await uphold(context, looks === 'all' ? undefined : isForVisitors);
  if (!problem) {
    lookedAt.add(record);
    return undefined;
  }
  if (stopping.aborted) {
    return {kind: 'paused', problem};
  }
  return failedWith(context, entry, problem);
}

function failedWith({record}: RunContext, {id}: Entry, problem: Problem): EntryOutcome {
  record.add({kind: 'entry-failed', entry: id, problem});
  return {kind: 'failed', problem};
}

/** What was proven too long ago is proven again before a person is asked. */
async function proveAnew(
  context: RunContext,
  turn: readonly Entry[],
): Promise<EntryOutcome | undefined> {
  const {runbook, clock, record} = context;
  const isInOutage = hasOutageBegun(runbook, record.progress);
  const {progress} = record;
  for (const gate of oldEvidenceBefore(runbook, turn, {progress, now: clock.now(), isInOutage})) {
    const outcome = await runEntry(context, gate);
    if (outcome.kind !== 'done') {
      return outcome;
    }
  }
  return undefined;
}

/** A step that must not stay half-way is put back at once, whatever stopped it. */
async function runAndUndo(context: RunContext, entry: Entry): Promise<EntryOutcome> {
  const outcome = await runEntry(context, entry);
  const stands = context.record.progress.entries.get(entry.id)?.applied ?? false;
  if (
    outcome.kind === 'done' ||
    !stands ||
    entry.unit.kind !== 'step' ||
    !entry.unit.undoWhenFailed
  ) {
    return outcome;
  }
  const reversal = await undoFailedEntry(unlimited(context), entry);
  switch (reversal.kind) {
    case 'reversed':
      return outcome;
    case 'paused':
      return reversal;
    case 'reverse-failed':
    case 'left':
      return {kind: 'failed', problem: reversal.problem};
  }
}

function reachCheckpoint(context: RunContext, name: string): undefined {
  if (!context.record.progress.checkpoints.includes(name)) {
    context.record.add({kind: 'checkpoint-reached', name});
  }
}

/** Asked whatever the flags: no flag can have seen what the operator sees now. */
async function passPointOfNoReturn(
  context: RunContext,
  barrier: PointOfNoReturn,
): Promise<RunOutcome | undefined> {
  const {record} = context;
  if (record.progress.passedPointOfNoReturn) {
    return undefined;
  }
  const {because} = barrier;
  const question = 'Pass the point of no return?';
  const details = [because, 'After it, a reversal to any earlier checkpoint is refused.'];
  const about = 'point-of-no-return';
  const mustType = context.inventory.name;
  const {answer, by} = await askOperator(context, {
    about,
    entry: null,
    question,
    details,
    mustType,
    facts: () => factsOfQuestion(context, barrier),
  });
  if (answer === 'unasked') {
    const reason = String(context.stopping.reason);
    return pause(
      context,
      context.stopping.aborted ? runStopped(reason) : answerRequired('the point of no return', by),
    );
  }
  if (answer === 'no') {
    return pause(context, declined('the point of no return', by));
  }
  record.add({kind: 'point-of-no-return-passed', because});
  const notShared = await shareDecision(context);
  return notShared && pause(context, notShared);
}

function isOver(context: RunContext, entry: Entry): boolean {
  const state = context.record.progress.entries.get(entry.id)?.state;
  return state === 'done' || state === 'skipped';
}

function itemName(item: Item): string | undefined {
  switch (item.kind) {
    case 'entry':
      return item.id;
    case 'checkpoint':
      return item.name;
    case 'point-of-no-return':
      return undefined;
  }
}
