import type {Entry} from '../model/entry.ts';
import {elapsedMs} from '../model/moment.ts';
import {losslessEnd, outageLimit} from '../model/outage-limit.ts';
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

interface LimitedRun {
  /** Its signals are aborted when an outage lasts too long. */
  readonly context: RunContext;
  release(): void;
}

/** Watches how long an outage lasts, in whatever the run waits for: a gate, an action, a question. */
export function limitOutage(context: RunContext): LimitedRun {
  const {record, clock} = context;
  if (record.progress.longestOutageMs === undefined) {
    return {context, release: () => {}};
  }
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
    const limit = outageLimit(record.progress, record.outage);
    if (since === undefined || limit === undefined) {
      return;
    }
    // The time in which the process stood still counts: nobody could write.
    const leftMs = limit.limitMs - elapsedMs(since, clock.now());
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

/** Where the outage can be ended without a loss, if it can be reversed to there. */
export function endOfOutage({
  record: {progress},
  runbook,
}: Pick<RunContext, 'record' | 'runbook'>): {readonly to: string | null} | undefined {
  const end = losslessEnd(progress);
  return end && reachableCheckpoints(runbook, progress).includes(end.to) ? end : undefined;
}

/** An outage that nobody decides about is ended where that loses nothing. */
export function orEndOutage<Decided extends Choice & {readonly by: string}>(
  context: RunContext,
  {code}: Problem,
  decided: Decided,
): Decided | {readonly choice: 'reverse'; readonly to: string | null; readonly by: string} {
  const isAlone = decided.choice === 'stop' && decided.by === 'nobody';
  const end = isAlone && code === 'process-stopped' ? endOfOutage(context) : undefined;
  return end ? {choice: 'reverse', to: end.to, by: 'nobody'} : decided;
}

/** The entry that a run is at. */
export const entryAtWork = ({record: {progress}, runbook}: RunContext): Entry | undefined =>
  runbook.entries.find(({id}: Entry) => {
    const state = progress.entries.get(id)?.state;
    return state !== 'done' && state !== 'skipped';
  });
