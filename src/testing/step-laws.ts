import {setTimeout as sleep} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import {hintText} from '../model/hint.ts';
import type {PersonsWord} from '../model/person.ts';
import type {Action, AnyStep, Look} from '../model/step.ts';
import type {Session} from '../model/target.ts';
import type {Verdict} from '../model/verdict.ts';

/** A small true world that a step can be tried on: a fake, or the lab. */
export interface TriedWorld {
  /** The open targets, by the part each one plays. */
  readonly sessions: Readonly<Record<string, Session<any, any>>>;
  /** All that the step could change, as plain data. */
  picture(): Promise<unknown>;
  /** The person who does, or undoes, what an action asks for. */
  person?(way: PersonsWord['way']): Promise<void>;
  close?(): Promise<void>;
}

export interface LawCase {
  readonly step: AnyStep;
  readonly input: unknown;
  /** A fresh world in which the step is pending. */
  world(): Promise<TriedWorld>;
  /** A world in which its check is blocked, where it has one. */
  blockedWorld?(): Promise<TriedWorld>;
  /** What is compared after a reversal, where the picture also holds what no reversal restores (a change counter). */
  comparable?(picture: unknown): unknown;
}

/** It ends what hangs, and nothing else: vitest's own 5 s are few on a busy machine. */
export const lawOptions = {timeout: 600_000};

/** The laws of a step (design, section 4): every step passes them in one line, on a fake and on the real thing. */
export function lawsOfStep(tried: LawCase): void {
  describe(`the laws of ${tried.step.name}`, lawOptions, () => {
    test('check, plan and reverse leave the world as it was', () => looksChangeNothing(tried));
    test('two plans of an unchanged world are the same', () => plansAreEqual(tried));
    test('after the planned actions check says done, and performing them twice changes nothing more', () =>
      actionsAreRepeatable(tried));
    test('a check that takes what the actions returned says the same as one that asks', () =>
      seenIsTrue(tried));
    test('run, then reverse, gives back the world; reverse again changes nothing', () =>
      reversalRestores(tried));
    test('stopped after any action, resume ends where an unbroken run ends, and reverse ends at the start', () =>
      everyStopIsSafe(tried));
    test('an aborted signal ends an action within a second, and nothing is written', () =>
      abortedActionsWriteNothing(tried));
    const {blockedWorld} = tried;
    if (blockedWorld) {
      test('a blocked verdict has a reason and a hint', () =>
        blockedVerdictExplains({...tried, world: blockedWorld}));
    }
  });
}

/** A picture of the world, without what no reversal restores. */
async function comparablePicture({comparable}: LawCase, world: TriedWorld): Promise<unknown> {
  const picture = await world.picture();
  return comparable ? comparable(picture) : picture;
}

const looksChangeNothing = (tried: LawCase) =>
  within(tried, async (world) => {
    const start = await world.picture();
    const before = await pendingBefore(tried, world);
    await tried.step.plan(look(tried, world), before);
    await tried.step.reverse(look(tried, world), before);
    expect(await world.picture()).toEqual(start);
  });

const plansAreEqual = (tried: LawCase) =>
  within(tried, async (world) => {
    expect(await planned(tried, world)).toEqual(await planned(tried, world));
  });

const actionsAreRepeatable = (tried: LawCase) =>
  within(tried, async (world) => {
    const before = await pendingBefore(tried, world);
    const actions = await tried.step.plan(look(tried, world), before);
    expect(actions.length).toBeGreaterThan(0);
    await performAll(world, actions);
    expect((await settled(tried, world)).kind).toBe('done');
    const once = await comparablePicture(tried, world);
    await performAll(world, actions);
    expect((await settled(tried, world)).kind).toBe('done');
    expect(await comparablePicture(tried, world)).toEqual(once);
  });

const seenIsTrue = (tried: LawCase) =>
  within(tried, async (world) => {
    const before = await pendingBefore(tried, world);
    const verdictAfter = async (actions: readonly Action<any>[]) => {
      const seen = await performAll(world, actions);
      const {run, ...others} = look(tried, world, true);
      return tried.step.check({...others, run: {...run, before}, seen});
    };
    const verdict = await verdictAfter(await tried.step.plan(look(tried, world), before));
    if (verdict.kind !== 'waiting') {
      expect(verdict).toEqual(await settled(tried, world, true, before));
    }
    const actions = await tried.step.reverse(look(tried, world, true), before);
    // Without an action nothing was put back: a step that leaves nothing.
    if (!('kind' in actions) && actions.length > 0) {
      const reversed = await verdictAfter(actions);
      if (reversed.kind !== 'waiting') {
        expect(reversed).toMatchObject({kind: 'pending', before});
      }
    }
  });

const reversalRestores = (tried: LawCase) =>
  within(tried, async (world) => {
    const start = await comparablePicture(tried, world);
    const before = await runThrough(tried, world);
    const isAsBefore = tried.step.leavesNothing === true;
    expect(isAsBefore || !(await tried.step.isReversed?.(look(tried, world, true)))).toBe(true);
    await reverseThrough(tried, world, before);
    expect(await tried.step.isReversed?.(look(tried, world, true))).not.toBe(false);
    expect(await comparablePicture(tried, world)).toEqual(start);
    await reverseThrough(tried, world, before);
    expect(await comparablePicture(tried, world)).toEqual(start);
  });

async function everyStopIsSafe(tried: LawCase): Promise<void> {
  const unbroken = await within(tried, async (world) => {
    await runThrough(tried, world);
    return comparablePicture(tried, world);
  });
  const count = await within(tried, async (world) => (await planned(tried, world)).length);
  for (let stop = 0; stop <= count; stop += 1) {
    await within(tried, async (world) => {
      const start = await comparablePicture(tried, world);
      const before = await runUntil(tried, world, stop);
      await runThrough(tried, world, before);
      const resumed = await comparablePicture(tried, world);
      expect(resumed, `resumed after ${stop} actions`).toEqual(unbroken);
      await reverseThrough(tried, world, before);
      expect(await comparablePicture(tried, world), `and reversed`).toEqual(start);
    });
    await within(tried, async (world) => {
      const start = await comparablePicture(tried, world);
      const before = await runUntil(tried, world, stop);
      await reverseThrough(tried, world, before);
      const reversed = await comparablePicture(tried, world);
      expect(reversed, `reversed after ${stop} actions`).toEqual(start);
    });
  }
}

const abortedActionsWriteNothing = (tried: LawCase) =>
  within(tried, async (world) => {
    const before = await pendingBefore(tried, world);
    const actions = await tried.step.plan(look(tried, world), before);
    const start = await world.picture();
    const aborted = AbortSignal.abort(new Error('stopped'));
    for (const action of actions) {
      const writer = world.sessions[action.on]?.writer;
      const ended = action
        .perform(writer, aborted, () => {})
        .then(
          () => 'returned',
          () => 'threw',
        );
      // Ten times what is promised: how soon it ends says more of the machine than of the step.
      expect(await Promise.race([ended, sleep(10_000).then(() => 'still running')])).toBe('threw');
    }
    expect(await world.picture()).toEqual(start);
  });

const blockedVerdictExplains = (tried: LawCase) =>
  within(tried, async (world) => {
    const verdict = await tried.step.check(look(tried, world));
    expect(verdict.kind).toBe('blocked');
    if (verdict.kind === 'blocked') {
      expect(verdict.reason.length).toBeGreaterThan(20);
      expect(hintText(verdict.hint).length).toBeGreaterThan(10);
    }
  });

async function within<Result>(
  tried: LawCase,
  work: (world: TriedWorld) => Promise<Result>,
): Promise<Result> {
  const world = await tried.world();
  try {
    return await work(world);
  } finally {
    await world.close?.();
  }
}

function look(tried: LawCase, world: TriedWorld, started = false): Look<any, any> {
  return {
    input: tried.step.input.parse(tried.input),
    targets: Object.fromEntries(
      Object.entries(world.sessions).map(([part, session]) => [part, session.reader]),
    ),
    run: {id: 'r-law', entry: 'tried', started, ...wordIn(world)},
    now: new Date(),
    signal: new AbortController().signal,
  };
}

async function settled(
  tried: LawCase,
  world: TriedWorld,
  started = true,
  before?: unknown,
): Promise<Exclude<Verdict<any, any>, {kind: 'waiting'}>> {
  let progress = '';
  for (let tries = 0; tries < 400; tries += 1) {
    const {run, ...others} = look(tried, world, started);
    const verdict = await tried.step.check({...others, run: {...run, before}});
    if (verdict.kind !== 'waiting') {
      return verdict;
    }
    ({progress} = verdict);
    await sleep(25);
  }
  throw new Error(`${tried.step.name} was still waiting after 400 checks: ${progress}`);
}

async function pendingBefore(tried: LawCase, world: TriedWorld): Promise<unknown> {
  const verdict = await settled(tried, world, false);
  if (verdict.kind !== 'pending') {
    throw new Error(
      `${tried.step.name} is ${verdict.kind}, not pending: ${JSON.stringify(verdict)}`,
    );
  }
  // The journal gives it back as JSON.
  return tried.step.before.parse(JSON.parse(JSON.stringify(verdict.before)));
}

async function planned(tried: LawCase, world: TriedWorld): Promise<readonly unknown[]> {
  const before = await pendingBefore(tried, world);
  const actions = await tried.step.plan(look(tried, world), before);
  return actions.map(({on, does}) => ({on, does, before}));
}

/** Gives what the last one returned. */
async function performAll(world: TriedWorld, actions: readonly Action<any>[]): Promise<unknown> {
  let seen: unknown;
  for (const action of actions) {
    const {signal} = new AbortController();
    seen = await action.perform(world.sessions[action.on]?.writer, signal, () => {});
    if (action.asks) {
      const {way, who} = action.asks;
      await world.person?.(way);
      words.set(world, {way, by: 'law', note: who, at: new Date()});
    }
  }
  return seen;
}

/** What the person of each world said last. */
const words = new WeakMap<TriedWorld, PersonsWord>();

function wordIn(world: TriedWorld): {readonly word?: PersonsWord} {
  const word = words.get(world);
  return word ? {word} : {};
}

async function runUntil(tried: LawCase, world: TriedWorld, stop: number): Promise<unknown> {
  const before = await pendingBefore(tried, world);
  const actions = await tried.step.plan(look(tried, world), before);
  await performAll(world, actions.slice(0, stop));
  return before;
}

/** As the engine does it: look; perform what remains, from the first `before`; look again. */
async function runThrough(tried: LawCase, world: TriedWorld, first?: unknown): Promise<unknown> {
  const before = first ?? (await pendingBefore(tried, world));
  if ((await settled(tried, world)).kind !== 'done') {
    await performAll(world, await tried.step.plan(look(tried, world, true), before));
  }
  const verdict = await settled(tried, world);
  expect(verdict, `${tried.step.name} after its actions`).toMatchObject({kind: 'done'});
  return before;
}

async function reverseThrough(tried: LawCase, world: TriedWorld, before: unknown): Promise<void> {
  const actions = await tried.step.reverse(look(tried, world, true), before);
  if ('kind' in actions) {
    throw new Error(`${tried.step.name} refuses to reverse: ${actions.reason}`);
  }
  await performAll(world, actions);
  if (tried.step.leavesNothing && tried.step.isReversed) {
    expect(await tried.step.isReversed(look(tried, world, true))).toBe(true);
    return;
  }
  const verdict = await settled(tried, world);
  expect(verdict, `${tried.step.name} after its reversal`).toMatchObject({kind: 'pending', before});
}
