import type {Entry} from '../model/entry.ts';
import {elapsedMs} from '../model/moment.ts';
import {isNamedIn} from '../model/outage.ts';
import type {Problem} from '../model/problem.ts';
import type {RunContext} from './context.ts';
import {firstOf} from './limit.ts';
import type {Choice} from './operator.ts';
import {reachableCheckpoints} from './reverse-plan.ts';

/** Ends every wait of a run. */
class OutageLimitPassed extends Error {
  override toString(): string {
    return this.message;
  }
}

interface OutageLimit {
  /** Its signals are aborted when an outage lasts too long. */
  readonly context: RunContext;
  release(): void;
}

/** Watches how long an outage lasts, in whatever the run waits for: a gate, an action, a question. */
export function limitOutage(context: RunContext, limitMs: number | undefined): OutageLimit {
  if (limitMs === undefined) {
    return {context, release: () => {}};
  }
  const {record, clock} = context;
  const passed = new AbortController();
  const timers = new Set<() => void>();
  const callOff = () => {
    for (const end of timers) {
      end();
    }
    timers.clear();
  };
  const follow = () => {
    callOff();
    const {since} = record.outage;
    if (since === undefined) {
      return;
    }
    // The time in which the process stood still counts: nobody could write.
    const leftMs = limitMs - elapsedMs(since, clock.now());
    if (leftMs > 0) {
      // A clock that is asked may report a stop: it is journaled, and followed here, before this goes on.
      timers.add(clock.after(leftMs, follow));
    } else {
      passed.abort(new OutageLimitPassed('it was ended because the outage exceeded its limit'));
    }
  };
  const unfollow = record.follow(follow);
  follow();
  const stopping = firstOf(context.stopping, passed.signal);
  const aborting = firstOf(context.aborting, passed.signal);
  return {
    context: {
      ...context,
      stopping: stopping.signal,
      aborting: aborting.signal,
      unlimited: context,
    },
    release: () => {
      unfollow();
      callOff();
      stopping.release();
      aborting.release();
    },
  };
}

export const isLimitPassed = ({stopping}: Pick<RunContext, 'stopping'>): boolean =>
  stopping.reason instanceof OutageLimitPassed;

/** What nothing ends but the operator. */
export const unlimited = (context: RunContext): RunContext => context.unlimited ?? context;

/**
 * The checkpoint before the outage, to which a reversal loses nothing; `null` is the start. `undefined` when the new
 * side may have writes of its own.
 */
export function losslessEnd({
  record: {progress},
  runbook,
}: Pick<RunContext, 'record' | 'runbook'>): {readonly to: string | null} | undefined {
  const {outage} = progress.run.runbook;
  const isApplied = (names: readonly string[]) =>
    [...progress.entries.values()].filter(isNamedIn(names)).filter(({applied}) => applied);
  if (!outage || isApplied([...outage.until, ...(outage.promoted ?? [])]).length > 0) {
    return undefined;
  }
  const closing = new Set(isApplied(outage.from).map(({id}) => id));
  const {items} = runbook;
  const first = items.findIndex((item) => item.kind === 'entry' && closing.has(item.id));
  const placeOf = (name: string | null) =>
    items.findIndex((item) => item.kind === 'checkpoint' && item.name === name);
  const to = reachableCheckpoints(runbook, progress).findLast((name) => placeOf(name) < first);
  return first < 0 || to === undefined ? undefined : {to};
}

/** An outage that nobody decides about is ended where that loses nothing. */
export function orEndOutage<Decided extends Choice & {readonly by: string}>(
  context: RunContext,
  {code}: Problem,
  decided: Decided,
): Decided | {readonly choice: 'reverse'; readonly to: string | null; readonly by: string} {
  const isAlone = decided.choice === 'stop' && decided.by === 'nobody';
  const end = isAlone && code === 'process-stopped' ? losslessEnd(context) : undefined;
  return end ? {choice: 'reverse', to: end.to, by: 'nobody'} : decided;
}

/** The entry that a run is at. */
export const entryAtWork = ({record: {progress}, runbook}: RunContext): Entry | undefined =>
  runbook.entries.find(({id}: Entry) => {
    const state = progress.entries.get(id)?.state;
    return state !== 'done' && state !== 'skipped';
  });
