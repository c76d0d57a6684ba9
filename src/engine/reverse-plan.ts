import {canonicalJson} from '../model/canonical.ts';
import type {Entry, Item} from '../model/entry.ts';
import {placeText} from '../model/place.ts';
import {digestOfReversePlan, type ReverseLine, type ReversePlan} from '../model/plan.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {EntryProgress, EntryState, Progress} from '../model/progress.ts';
import type {AnyRunbook} from '../model/runbook.ts';
import type {Action} from '../model/step.ts';
import type {Blocked} from '../model/verdict.ts';
import type {World} from './context.ts';
import {alsoWrittenIn} from './declared-writes.ts';
import {hasEnded} from './ended-changes.ts';
import {inputOf, knownOutputs} from './known-values.ts';
import {checksAtOnce, inLanes} from './lanes.ts';
import {
  beforeOf,
  checkEntry,
  isRestored,
  problemOfCheck,
  refuseIfStopped,
  withinLookLimit,
} from './look.ts';
import {
  alreadyReversedPast,
  driftDetected,
  inputUnavailable,
  irreversibleStepApplied,
  pointOfNoReturnPassed,
  unknownCheckpoint,
} from './problems.ts';
import {actionsFrom} from './unit-results.ts';

/**
 * Checks every change in place after the checkpoint, newest first, and plans its reversal. Changes
 * nothing.
 */
export async function makeReversePlan(
  world: World,
  progress: Progress,
  to: string | null,
  signal: AbortSignal,
): Promise<ReversePlan> {
  const entries = entriesToReverse(world.runbook, progress, to);
  const lanes = {atOnce: checksAtOnce, isWell: () => true};
  const seen = await inLanes(entries, lanes, async (entry) => {
    refuseIfStopped(signal);
    const line = await lineFor(world, progress, entry, signal);
    refuseIfStopped(signal);
    return {entry, line};
  });
  const checked = seen.filter((each) => each !== undefined);
  const lines = checked.map(({entry, line}, index) => {
    const first = checked
      .slice(0, index)
      .find(
        (newer) =>
          (cannotBeJudged(line) && coversSameSystem(newer.entry, entry)) ||
          isOnlyEnded(world, progress, {line, entry}, newer),
      );
    return first ? pendingLine(line, first.entry) : line;
  });
  const plan = {run: world.run, to, lines, ...alsoWrittenIn(world.runbook, world.params)};
  return {...plan, digest: digestOfReversePlan(plan)};
}

/**
 * All entries after the checkpoint, in the runbook's order. Refuses a checkpoint that the run cannot be reversed to.
 */
export function entriesAfter(
  runbook: AnyRunbook,
  progress: Progress,
  to: string | null,
): readonly Entry[] {
  const items: readonly Item[] = runbook.items;
  const start =
    to === null ? 0 : items.findIndex((item) => item.kind === 'checkpoint' && item.name === to);
  if (start < 0 || (to !== null && !progress.checkpoints.includes(to))) {
    throw new SwitcharooError(unknownCheckpoint(to ?? '', progress.checkpoints));
  }
  const after = items.slice(start);
  const barrier = after.find((item) => item.kind === 'point-of-no-return');
  if (barrier?.kind === 'point-of-no-return' && progress.passedPointOfNoReturn) {
    throw new SwitcharooError(pointOfNoReturnPassed(progress.run.run, barrier.because));
  }
  const entries = after.filter((item): item is Entry => item.kind === 'entry');
  refuseIfReversedPast(progress, to, entries);
  for (const {id, unit} of entries) {
    if (unit.kind === 'one-way' && progress.entries.get(id)?.applied) {
      throw new SwitcharooError(irreversibleStepApplied(id, placeText(to), unit.oneWayBecause));
    }
  }
  return entries;
}

/** A reversal that has already put something back from before the place cannot end there any more. */
function refuseIfReversedPast(
  {reversingTo, entries: all}: Progress,
  to: string | null,
  after: readonly Entry[],
): void {
  const ids = new Set(after.map(({id}) => id));
  const beyond = reversingTo?.entries.find((id) => {
    const state = all.get(id)?.state ?? 'not-started';
    return !ids.has(id) && reversedStates.has(state);
  });
  if (to !== null && beyond !== undefined) {
    throw new SwitcharooError(alreadyReversedPast(to, beyond));
  }
}

const reversedStates: ReadonlySet<EntryState> = new Set([
  'reversing',
  'reversed',
  'reverse-failed',
]);

/** Checkpoints that the run can still be reversed to; `null` is its start. */
export function reachableCheckpoints(
  runbook: AnyRunbook,
  progress: Progress,
): readonly (string | null)[] {
  return [null, ...progress.checkpoints].filter((to) => {
    try {
      entriesAfter(runbook, progress, to);
      return true;
    } catch {
      return false;
    }
  });
}

/** The changes in place after the checkpoint, newest first. */
function entriesToReverse(
  runbook: AnyRunbook,
  progress: Progress,
  to: string | null,
): readonly Entry[] {
  return [...entriesAfter(runbook, progress, to)]
    .filter(({id}) => progress.entries.get(id)?.applied)
    .reverse();
}

export type EntryReversalPlan =
  | {readonly kind: 'actions'; readonly actions: readonly Action<any>[]; readonly restored: boolean}
  | (Blocked & {
      readonly code: string;
      /** The look itself failed: its system may be back in a moment. */
      readonly unseen?: true;
    });

/** What it takes to put one entry back, as the world is now. */
export async function planEntryReversal(
  world: World,
  progress: Progress,
  entry: Entry,
  signal: AbortSignal,
): Promise<EntryReversalPlan> {
  const entryProgress = progress.entries.get(entry.id);
  const input = inputOf(entry, world.params, knownOutputs(progress, world.runbook.entries));
  if (entry.unit.kind !== 'step' || entryProgress?.before === undefined) {
    return {kind: 'actions', actions: [], restored: true};
  }
  if (input.kind !== 'known') {
    const {code, message, hint} =
      input.kind === 'invalid' ? input.problem : inputUnavailable(entry.id, input.after);
    return {kind: 'blocked', code, reason: message, hint};
  }
  try {
    const request = {
      entry,
      input: input.input,
      started: true,
      startedAt: entryProgress.appliedAt,
      before: entryProgress.before,
      word: entryProgress.word,
    };
    const seen = await checkEntry(world, request, signal);
    const {look, verdict} = seen;
    const restored = await isRestored(world, request, seen, signal);
    const canDrift = entry.unit.isReversed === undefined;
    if (verdict.kind === 'pending' && !restored && canDrift && isWhole(entryProgress)) {
      const {message, hint} = driftDetected(
        entry.id,
        canonicalJson(verdict.before),
        canonicalJson(entryProgress.before),
      );
      return {kind: 'blocked', code: 'drift-detected', reason: message, hint};
    }
    const {unit} = entry;
    const reversed = await withinLookLimit(world, signal, (limited) =>
      unit.reverse({...look, signal: limited}, beforeOf(entry, entryProgress.before)),
    );
    const actions = actionsFrom(entry, 'reverse', reversed);
    return 'kind' in actions
      ? {...actions, code: 'entry-blocked'}
      : {kind: 'actions', actions, restored: restored && actions.length === 0};
  } catch (error) {
    const {code, message, hint} = problemOfCheck(entry.id, error);
    return {kind: 'blocked', code, unseen: true, reason: message, hint};
  }
}

/** Half-done entries are neither as before nor as wanted by their own doing; only a whole one can have drifted. */
const isWhole = (entryProgress: EntryProgress): boolean =>
  entryProgress.state === 'done' && entryProgress.inFlight === undefined;

/** Two changes of one kind of thing in one system: the older cannot be judged before the newer is reversed. */
function coversSameSystem(newer: Entry, older: Entry): boolean {
  const technologyOf = ({unit}: Entry) => unit.name.split('.')[0];
  const targets = new Set(Object.values(newer.on));
  return (
    technologyOf(newer) === technologyOf(older) &&
    Object.values(older.on).some((target) => targets.has(target))
  );
}

const cannotBeJudged = ({outlook}: ReverseLine): boolean =>
  outlook === 'blocked' || outlook === 'drift';

interface CheckedEntry {
  readonly entry: Entry;
  readonly line: ReverseLine;
}

/** It is as before only because a newer entry ended it, whose reversal brings it back: it is reversed after that. */
const isOnlyEnded = (
  world: World,
  progress: Progress,
  {line, entry}: CheckedEntry,
  newer: CheckedEntry,
): boolean =>
  line.outlook === 'restored' &&
  newer.line.outlook !== 'restored' &&
  hasEnded(world, progress, {later: newer.entry, earlier: entry});

const pendingLine = ({entry, phase, unit, summary}: ReverseLine, newer: Entry): ReverseLine => ({
  entry,
  phase,
  unit,
  summary,
  outlook: 'pending',
  actions: [],
  detail: `${newer.id} is reversed first; then this is checked again`,
});

async function lineFor(
  world: World,
  progress: Progress,
  entry: Entry,
  signal: AbortSignal,
): Promise<ReverseLine> {
  const {id, phase, unit} = entry;
  const summary = unit.kind === 'step' ? unit.reverses : 'Nothing to reverse.';
  const base = {entry: id, phase, unit: unit.name, summary};
  const back = await planEntryReversal(world, progress, entry, signal);
  if (back.kind === 'blocked') {
    const outlook = back.code === 'drift-detected' ? 'drift' : 'blocked';
    return {...base, outlook, actions: [], detail: back.reason, hint: back.hint};
  }
  const actions = back.actions.map(({on, does, asks}) => ({
    target: asks?.who ?? entry.on[on] ?? on,
    does,
  }));
  return {...base, outlook: back.restored ? 'restored' : 'change', actions};
}

/** What prevents a complete reversal. A reversal with obstacles is not started. */
export function obstaclesToReversal(plan: ReversePlan): readonly Problem[] {
  return plan.lines
    .filter(({outlook}) => outlook === 'blocked' || isDrift(outlook))
    .map(({entry, outlook, detail = 'it cannot be reversed', hint = ''}) => ({
      code: isDrift(outlook) ? 'drift-detected' : 'reversal-blocked',
      message: `${entry}: ${detail}`,
      hint,
    }));
}

const isDrift = (outlook: ReversePlan['lines'][number]['outlook']): boolean => outlook === 'drift';
