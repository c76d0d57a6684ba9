import {setTimeout as sleep} from 'node:timers/promises';
import type {Action, AnyUnit, Look} from '../../../src/model/step.ts';
import type {Session} from '../../../src/model/target.ts';
import type {Verdict} from '../../../src/model/verdict.ts';

/** A step or gate with its targets and input, to be run as the engine does it. */
export interface Placed {
  readonly id: string;
  readonly unit: AnyUnit;
  /** The open targets, by role. */
  readonly on: Readonly<Record<string, Session<any, any>>>;
  readonly input?: unknown;
}

export function lookOf({id, unit, on, input = {}}: Placed, started = false): Look<any, any> {
  return {
    input: unit.input.parse(input),
    targets: Object.fromEntries(Object.entries(on).map(([part, {reader}]) => [part, reader])),
    run: {id: 'r-test', entry: id, started},
    now: new Date(),
    signal: new AbortController().signal,
  };
}

type Settled = Exclude<Verdict<any, any>, {kind: 'waiting'}>;

export async function settled(placed: Placed, started = false): Promise<Settled> {
  let says = '';
  for (let tries = 0; tries < 500; tries += 1) {
    const verdict = await placed.unit.check(lookOf(placed, started));
    if (verdict.kind !== 'waiting') {
      return verdict;
    }
    says = verdict.progress;
    await sleep(20);
  }
  throw new Error(`${placed.id} was still waiting: ${says}`);
}

/** The verdict of a started step on a writer that has no transaction open at that moment. */
export async function betweenTwoWrites(placed: Placed): Promise<Verdict<any, any>> {
  for (;;) {
    const verdict = await placed.unit.check(lookOf(placed, true));
    if (verdict.kind !== 'pending') {
      return verdict;
    }
  }
}

/** Runs it until it is done; returns its output and the before-image that the engine would have journaled. */
export async function run(placed: Placed): Promise<{output: any; before: unknown}> {
  const first = await settled(placed);
  let before: unknown;
  if (first.kind === 'pending' && placed.unit.kind === 'step') {
    before = first.before;
    await performAll(placed, await placed.unit.plan(lookOf(placed), before));
  }
  const verdict = first.kind === 'pending' ? await settled(placed, true) : first;
  if (verdict.kind !== 'done') {
    throw new Error(`${placed.id} is ${JSON.stringify(verdict)}`);
  }
  return {output: verdict.output, before};
}

/** Reverses it; returns the verdict of its check afterwards. */
export async function reverse(placed: Placed, before: unknown): Promise<Settled> {
  if (placed.unit.kind !== 'step') {
    throw new Error(`${placed.id} is a gate`);
  }
  const actions = await placed.unit.reverse(lookOf(placed, true), before);
  if ('kind' in actions) {
    return actions;
  }
  await performAll(placed, actions);
  return settled(placed, true);
}

export async function performAll(placed: Placed, actions: readonly Action<any>[]): Promise<void> {
  for (const {on, perform} of actions) {
    await perform(placed.on[on]?.writer, new AbortController().signal, () => {});
  }
}
