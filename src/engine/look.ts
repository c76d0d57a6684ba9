import {sameJson} from '../model/canonical.ts';
import type {Entry} from '../model/entry.ts';
import type {PersonsWord} from '../model/person.ts';
import {type Problem, SwitcharooError} from '../model/problem.ts';
import type {Look, SharedReads} from '../model/step.ts';
import {messageOf, problemOfThrown} from '../model/thrown.ts';
import type {Verdict} from '../model/verdict.ts';
import {awakeMs} from './clock.ts';
import type {World} from './context.ts';
import {limitedBy} from './limit.ts';
import {checkFailed, checkStopped} from './problems.ts';
import {verdictFrom} from './unit-results.ts';

/** No single look may take longer, whatever it waits for. */
const longestLookMs = 30_000;
/** A person begins to wonder: what a look says of its progress is shown from then on. */
const quietMs = 2_000;

export interface CheckRequest {
  readonly entry: Entry;
  readonly input: unknown;
  readonly started: boolean;
  readonly startedAt?: Date | undefined;
  /** The journaled before-image, once there is one. */
  readonly before?: unknown;
  readonly bookmark?: unknown;
  readonly word?: PersonsWord | undefined;
  /** What the last action returned, if it was performed right before. */
  readonly seen?: unknown;
  readonly report?: (happened: string) => void;
  readonly shared?: SharedReads;
}

export type CheckResult = {
  readonly look: Look<any, any>;
  readonly verdict: Verdict<unknown, unknown>;
};

/** Looks at the world through an entry's `check`. It changes nothing. */
export async function checkEntry(
  world: World,
  request: CheckRequest,
  signal: AbortSignal,
): Promise<CheckResult> {
  const {id} = request.entry;
  return withinReadingLimit({world, entry: id, signal}, async (limited, stillReading) => {
    const look = {...(await lookOf(world, request, limited)), stillReading};
    const verdict = verdictFrom(request.entry, await request.entry.unit.check(look));
    return {look, verdict: asJournaled(request.entry, verdict)};
  });
}

/** Whether a look has seen an entry put back. */
export async function isRestored(
  world: World,
  {entry: {id, unit}, before}: CheckRequest,
  {look, verdict}: CheckResult,
  signal: AbortSignal,
): Promise<boolean> {
  const {isReversed: nothingLeft} = unit.kind === 'step' ? unit : {};
  return nothingLeft
    ? withinReadingLimit({world, entry: id, signal}, (limited, stillReading) =>
        nothingLeft({...look, signal: limited, stillReading}),
      )
    : verdict.kind === 'pending' && sameJson(verdict.before, before);
}

/** Whatever looks ends with the signal, or when it has taken too long. */
export const withinLookLimit = <Result>(
  world: World,
  signal: AbortSignal,
  work: (limited: AbortSignal, startAgain: () => void) => Promise<Result>,
): Promise<Result> =>
  limitedBy([signal, world.aborting], {clock: world.clock, ms: longestLookMs}, work);

interface Reading {
  readonly world: World;
  readonly entry: string;
  readonly signal: AbortSignal;
}

/** The same for a look that may read much: as long as it says that it makes progress, its time starts again. */
export function withinReadingLimit<Result>(
  {world, entry, signal}: Reading,
  work: (limited: AbortSignal, stillReading: (progress: string) => void) => Promise<Result>,
): Promise<Result> {
  const begunMs = awakeMs(world.clock);
  return withinLookLimit(world, signal, (limited, startAgain) =>
    work(limited, (text) => {
      startAgain();
      if (!limited.aborted && awakeMs(world.clock) - begunMs >= quietMs) {
        world.observe({kind: 'progress', entry, text});
      }
    }),
  );
}

/** What the functions of an entry's unit are given: the readers of its targets, and nothing that can write. */
export async function lookOf(
  world: World,
  {entry, input, started, startedAt, before, bookmark, word, seen, report, shared}: CheckRequest,
  signal: AbortSignal,
): Promise<Look<any, any>> {
  const parts = Object.entries(entry.on).map(async ([part, target]) => {
    const session = await world.targets.session(target);
    // Nobody waits for it any more: what is looked at now would be looked at for nobody.
    signal.throwIfAborted();
    return [part, session.reader] as const;
  });
  return {
    input,
    targets: Object.fromEntries(await Promise.all(parts)),
    run: {
      id: world.run,
      entry: entry.id,
      started,
      ...(startedAt === undefined ? {} : {startedAt: startedAt}),
      ...(before === undefined ? {} : {before}),
      ...(bookmark === undefined ? {} : {bookmark}),
      ...(word ? {word} : {}),
    },
    now: world.clock.now(),
    ...(seen === undefined ? {} : {seen}),
    ...(report ? {report} : {}),
    ...(shared ? {shared} : {}),
    signal,
  };
}

/** A stop while something is looked at is told in words: it is no bug, and it has changed nothing. */
export function refuseIfStopped(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new SwitcharooError(checkStopped(String(signal.reason)));
  }
}

/** What a look that threw says to the operator. */
export const problemOfCheck = (entry: string, error: unknown): Problem =>
  problemOfThrown(entry, error) ?? checkFailed(entry, messageOf(error));

/** The journal keeps JSON: what was seen is compared and used as it will be read back. */
function asJournaled(entry: Entry, verdict: Verdict<unknown, unknown>): Verdict<unknown, unknown> {
  const throughJson = (value: unknown): unknown =>
    value === undefined ? null : JSON.parse(JSON.stringify(value));
  if (verdict.kind === 'pending') {
    return {...verdict, before: throughJson(verdict.before)};
  }
  if (verdict.kind === 'done') {
    return {...verdict, output: entry.unit.output.parse(throughJson(verdict.output))};
  }
  return verdict;
}

/** A before-image as the step's own schema reads it back. */
export function beforeOf(entry: Entry, before: unknown): unknown {
  return entry.unit.kind === 'step' ? entry.unit.before.parse(before) : undefined;
}
