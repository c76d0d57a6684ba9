import {canonicalJson} from '../model/canonical.ts';
import {digestOfReversePlan, type ReverseLine, type ReversePlan} from '../model/plan.ts';
import {SwitcharooError} from '../model/problem.ts';
import type {EntryProgress, EntryState, Progress} from '../model/progress.ts';
import type {AnyRunbook, Entry, Item} from '../model/runbook.ts';
import type {Action} from '../model/step.ts';
import type {Blocked} from '../model/verdict.ts';
import type {World} from './context.ts';
import {givenBy, inputOf} from './known-values.ts';
import {inLanes, looksAtOnce} from './lanes.ts';
import {isBack, lookAt, looking, problemOfLook, refuseIfStopped} from './look.ts';
import {
  checkpointUnknown,
  drifted,
  inputNotKnown,
  oneWayStands,
  pastPointOfNoReturn,
  reversedBeyond,
} from './problems.ts';
import {beforeOf} from './run-entry.ts';

/** Looks at everything that stands after the checkpoint, newest first, and says what it takes to put it back. Changes nothing. */
export async function makeReversePlan(
  world: World,
  progress: Progress,
  to: string | null,
  signal: AbortSignal,
): Promise<ReversePlan> {
  const entries = entriesToReverse(world.runbook, progress, to);
  const lanes = {atOnce: looksAtOnce, isWell: () => true};
  const seen = await inLanes(entries, lanes, async (entry) => {
    refuseIfStopped(signal);
    const line = await lineFor(world, progress, entry, signal);
    refuseIfStopped(signal);
    return {entry, line};
  });
  const lines = seen.flatMap((one, index) => {
    const covered = entries
      .slice(0, index)
      .find((newer) => one && standsOnTheSame(newer, one.entry));
    return one
      ? [covered && cannotBeJudged(one.line) ? laterLine(one.line, covered) : one.line]
      : [];
  });
  const plan = {run: world.run, to, lines};
  return {...plan, digest: digestOfReversePlan(plan)};
}

/** All entries after the place to go back to, in the runbook's order. Refuses a place that cannot be gone back to. */
export function entriesAfter(
  runbook: AnyRunbook,
  progress: Progress,
  to: string | null,
): readonly Entry[] {
  const items: readonly Item[] = runbook.items;
  const start =
    to === null ? 0 : items.findIndex((item) => item.kind === 'checkpoint' && item.name === to);
  if (start < 0 || (to !== null && !progress.checkpoints.includes(to))) {
    throw new SwitcharooError(checkpointUnknown(to ?? '', progress.checkpoints));
  }
  const after = items.slice(start);
  const barrier = after.find((item) => item.kind === 'point-of-no-return');
  if (barrier?.kind === 'point-of-no-return' && progress.passedPointOfNoReturn) {
    throw new SwitcharooError(pastPointOfNoReturn(progress.run.run, barrier.because));
  }
  const entries = after.filter((item): item is Entry => item.kind === 'entry');
  refuseWhereBeyond(progress, to, entries);
  for (const {id, unit} of entries) {
    if (unit.kind === 'one-way' && progress.entries.get(id)?.applied) {
      throw new SwitcharooError(oneWayStands(id, to ?? 'the very start', unit.oneWayBecause));
    }
  }
  return entries;
}

/** A reversal that has already put something back from before the place cannot end there any more. */
function refuseWhereBeyond(
  {reversingTo, entries: all}: Progress,
  to: string | null,
  after: readonly Entry[],
): void {
  const ids = new Set(after.map(({id}) => id));
  const beyond = reversingTo?.entries.find((id) => {
    const state = all.get(id)?.state ?? 'waiting';
    return !ids.has(id) && goneBack.has(state);
  });
  if (to !== null && beyond !== undefined) {
    throw new SwitcharooError(reversedBeyond(to, beyond));
  }
}

const goneBack: ReadonlySet<EntryState> = new Set(['reversing', 'reversed', 'reverse-failed']);

/** Checkpoints that can still be gone back to; `null` is the very start. */
export function placesToGoBackTo(
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

/** What stands after the place, newest first. */
export function entriesToReverse(
  runbook: AnyRunbook,
  progress: Progress,
  to: string | null,
): readonly Entry[] {
  return [...entriesAfter(runbook, progress, to)]
    .filter(({id}) => progress.entries.get(id)?.applied)
    .reverse();
}

export type WayBack =
  | {readonly kind: 'actions'; readonly actions: readonly Action<any>[]; readonly restored: boolean}
  | (Blocked & {readonly code: 'blocked' | 'drift' | 'look-failed'});

/** What it takes to put one entry back, as the world is now. */
export async function wayBackOf(
  world: World,
  progress: Progress,
  entry: Entry,
  signal: AbortSignal,
): Promise<WayBack> {
  const so = progress.entries.get(entry.id);
  const input = inputOf(entry, world.params, givenBy(progress, world.runbook.entries));
  if (entry.unit.kind !== 'step' || so?.before === undefined) {
    return {kind: 'actions', actions: [], restored: true};
  }
  if (input.kind !== 'known') {
    const {message, hint} =
      input.kind === 'invalid' ? input.problem : inputNotKnown(entry.id, input.after);
    return {kind: 'blocked', code: 'blocked', reason: message, hint};
  }
  try {
    const request = {entry, input: input.input, started: true, before: so.before};
    const seen = await lookAt(world, request, signal);
    const {look, verdict} = seen;
    const restored = await isBack(world, request, seen, signal);
    const canDrift = entry.unit.isReversed === undefined;
    if (verdict.kind === 'pending' && !restored && canDrift && wasLeftWhole(so)) {
      const {message, hint} = drifted(
        entry.id,
        canonicalJson(verdict.before),
        canonicalJson(so.before),
      );
      return {kind: 'blocked', code: 'drift', reason: message, hint};
    }
    const {unit} = entry;
    const actions = await looking(world, signal, (limited) =>
      unit.reverse({...look, signal: limited}, beforeOf(entry, so.before)),
    );
    return 'kind' in actions
      ? {...actions, code: 'blocked'}
      : {kind: 'actions', actions, restored: restored && actions.length === 0};
  } catch (error) {
    const {message, hint} = problemOfLook(entry.id, error);
    return {kind: 'blocked', code: 'look-failed', reason: message, hint};
  }
}

/** Half-done entries are neither as before nor as wanted by their own doing; only a whole one can have drifted. */
const wasLeftWhole = (so: EntryProgress): boolean =>
  so.state === 'done' && so.inFlight === undefined;

/** Two changes of one kind of thing in one system: the older cannot be judged while the newer stands on it. */
function standsOnTheSame(newer: Entry, older: Entry): boolean {
  const technologyOf = ({unit}: Entry) => unit.name.split('.')[0];
  const targets = new Set(Object.values(newer.on));
  return (
    technologyOf(newer) === technologyOf(older) &&
    Object.values(older.on).some((target) => targets.has(target))
  );
}

const cannotBeJudged = ({outlook}: ReverseLine): boolean =>
  outlook === 'blocked' || outlook === 'drift';

const laterLine = ({entry, phase, unit}: ReverseLine, newer: Entry): ReverseLine => ({
  entry,
  phase,
  unit,
  outlook: 'later',
  actions: [],
  says: `${newer.id} goes back first; then it is looked at again`,
});

async function lineFor(
  world: World,
  progress: Progress,
  entry: Entry,
  signal: AbortSignal,
): Promise<ReverseLine> {
  const base = {entry: entry.id, phase: entry.phase, unit: entry.unit.name};
  const back = await wayBackOf(world, progress, entry, signal);
  if (back.kind === 'blocked') {
    const outlook = back.code === 'drift' ? 'drift' : 'blocked';
    return {...base, outlook, actions: [], says: back.reason, hint: back.hint};
  }
  const actions = back.actions.map(({on, does}) => ({target: entry.on[on] ?? on, does}));
  return {...base, outlook: back.restored ? 'restored' : 'change', actions};
}
