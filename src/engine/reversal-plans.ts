import {makesConnections} from '../model/effects.ts';
import type {Entry} from '../model/entry.ts';
import {awakeMs} from './clock.ts';
import type {RunContext} from './context.ts';
import {untilArrived} from './cut-off.ts';
import {waitsOf} from './poll.ts';
import {type EntryReversalPlan, planEntryReversal} from './reverse-plan.ts';

/** What it takes to put an entry back, as the world was when it was looked at. */
export interface PlannedReversal {
  readonly back: EntryReversalPlan;
  /** `stoppedMs` of the clock before that look. */
  readonly stoppedMs: number;
}

/**
 * The plans of a reversal: each made when the turn of its entry comes. While new connections are held visitors wait for
 * every look, so what can be planned before the hold is planned there, all at once.
 */
export class ReversalPlans {
  readonly #context: RunContext;
  readonly #ahead = new Map<string, PlannedReversal & {readonly sinceMs: number}>();
  /** The entry that ends the hold which was planned for. */
  #hold: Entry | undefined;

  constructor(context: RunContext) {
    this.#context = context;
  }

  /**
   * Call it before each turn. `entries`: those that remain, newest first. Where a hold begins, or this process takes it
   * up, it opens the connections for the hold and plans what can be planned. Returns an entry that cannot be reversed,
   * if there is one.
   */
  async planHold(entries: readonly Entry[]): Promise<Entry | undefined> {
    const held = heldIn(entries);
    const hold = held.at(-1);
    if (hold === undefined || hold === this.#hold || held[0] !== entries[0]) {
      return undefined;
    }
    this.#hold = hold;
    // What arrives late would make these plans wrong, and a wait in the hold is a wait of visitors.
    await Promise.all(held.map((entry) => untilArrived(this.#context, entry)));
    await this.#prepare(held);
    const ahead = held.filter(({unit}) => unit.kind === 'step' && unit.reversalAhead === true);
    const plans = await Promise.all(
      ahead.map(async (entry) => ({entry, planned: await this.#plan(entry)})),
    );
    if (this.#context.aborting.aborted) {
      return undefined;
    }
    const sinceMs = awakeMs(this.#context.clock);
    for (const {entry, planned} of plans) {
      this.#ahead.set(entry.id, {...planned, sinceMs});
    }
    return plans.find(({planned}) => planned.back.kind === 'blocked')?.entry;
  }

  /** The plan for the turn of an entry: one that was made before the hold, while that is young, else a new one. */
  async take(entry: Entry): Promise<PlannedReversal> {
    const planned = this.#ahead.get(entry.id);
    this.#ahead.delete(entry.id);
    const isYoung =
      planned !== undefined && awakeMs(this.#context.clock) - planned.sinceMs < youngMs;
    return isYoung ? planned : this.#plan(entry);
  }

  async #plan(entry: Entry): Promise<PlannedReversal> {
    const stoppedMs = this.#context.clock.stoppedMs();
    return {back: await planWhenReachable(this.#context, entry), stoppedMs};
  }

  /** A failure shows at the look, or at the write. */
  async #prepare(entries: readonly Entry[]): Promise<void> {
    const {targets, aborting} = this.#context;
    const names = new Set(entries.flatMap(({on}) => Object.values(on)));
    await Promise.allSettled(
      [...names].map(async (name) => (await targets.session(name)).prepare?.(aborting)),
    );
  }
}

/** Longer than a drain takes as a rule, and as long as most holds may last. */
const youngMs = 10_000;

/** The entries that are reversed while new connections are held, with those that begin and end the hold. */
function heldIn(entries: readonly Entry[]): readonly Entry[] {
  const last = entries.findIndex(({unit}) => makesConnections(unit, 'held'));
  const upTo = entries.slice(0, last + 1);
  // Without an entry that released them, connections are held already.
  const first = upTo.findIndex(({unit}) => makesConnections(unit, 'released'));
  return upTo.slice(Math.max(0, first));
}

/** A system that restarts is away for some seconds: too short to call for a person. */
export async function planWhenReachable(
  context: RunContext,
  entry: Entry,
): Promise<EntryReversalPlan> {
  const {clock, aborting, record} = context;
  const giveUpAt = awakeMs(clock) + Math.min(unreachableForMs, entry.timeoutMs);
  const waits = waitsOf(entry);
  for (;;) {
    const back = await planEntryReversal(context, record.progress, entry, aborting);
    const isAway = back.kind === 'blocked' && back.unseen === true;
    if (!isAway || aborting.aborted || awakeMs(clock) >= giveUpAt) {
      return back;
    }
    context.observe({kind: 'progress', entry: entry.id, text: back.reason});
    await clock.sleep(waits.next().value, aborting);
  }
}

const unreachableForMs = 15_000;
