import {canonicalJson} from '../../src/model/canonical.ts';
import type {Progress} from '../../src/model/progress.ts';
import {appliedTexts} from '../../src/report/index.ts';
import {
  type Command,
  isTorn,
  type Lived,
  live,
  locksOn,
  type Point,
  progressOn,
  Violation,
} from './process.ts';
import {boxesOf, freshShelves, type Picture, pictureOf} from './world.ts';

const start = pictureOf(freshShelves());

export interface Explored {
  /** Places in which a process was stopped, counted with each way in which it can be. */
  readonly points: number;
  /** Of these, all that a later process can tell apart: each was gone on with. */
  readonly states: number;
  readonly recoveries: number;
  /** How often in a row somebody had died in the longest chain that led to something new. */
  readonly deepest: number;
}

/**
 * Stops a process everywhere, goes on from every place with every command, stops that one everywhere too, and so on,
 * until
 * nothing new turns up. What a later process can see is the journal, the lock and the world: places in which these are
 * the same are one state, so all chains of crashes are walked, however long.
 */
export async function explore(
  first: readonly Point[],
  commands: readonly Command[],
  check: (state: Point, command: Command, lived: Lived) => void,
): Promise<Explored> {
  const seen = new Set<string>();
  const open: Point[] = [];
  let points = 0;
  let deepest = 0;
  const isKnown = pairs();
  const meet = (point: Point): void => {
    points += 1;
    const progress = progressOn(point.remains.disk);
    const key = keyOf(point, progress);
    if (!seen.has(key)) {
      seen.add(key);
      open.push(point);
      deepest = Math.max(deepest, point.remains.deaths);
    }
    if (!isKnown(progress, point.remains.picture)) {
      assertTrue(point.what, progress, point.remains.picture);
    }
  };
  first.forEach(meet);
  let recoveries = 0;
  for (let next = open.shift(); next; next = open.shift()) {
    for (const command of commands) {
      const lived = await live(next.remains, command);
      recoveries += 1;
      assertTrue(`${next.what}, then ${command}`, progressOn(lived.disk), lived.picture);
      check(next, command, lived);
      lived.points.forEach(({what, remains}) => {
        meet({what: `${next.what}; ${command}: ${what}`, remains});
      });
    }
  }
  return {points, states: seen.size, recoveries, deepest};
}

/** Whether it was asked about these two before: thousands of points share them. */
function pairs(): (progress: Progress | undefined, picture: Picture) => boolean {
  const known = new WeakMap<object, WeakSet<Picture>>();
  const noRun = {};
  return (progress, picture) => {
    const pictures = known.get(progress ?? noRun) ?? new WeakSet();
    known.set(progress ?? noRun, pictures);
    const isKnown = pictures.has(picture);
    pictures.add(picture);
    return isKnown;
  };
}

/** Every text that would be printed now is true: what the run has changed is told, and what is called reversed is. */
export function assertTrue(where: string, progress: Progress | undefined, picture: Picture): void {
  const standing = progress ? namesOfStanding(progress) : none;
  for (const [entry, [shelf, labels]] of Object.entries(boxesOf)) {
    const isChanged = labels.some((label) => picture[shelf][label] !== start[shelf][label]);
    const so = progress?.entries.get(entry);
    if (isChanged && !(so?.applied && standing.has(entry))) {
      throw new Violation(`${where}: ${entry} is changed, and nothing says so (${so?.state})`);
    }
    if (isChanged && (so?.state === 'reversed' || so?.state === 'not-started')) {
      throw new Violation(`${where}: ${entry} is called ${so.state}, and is changed`);
    }
    for (const does of so?.state === 'done' || so?.state === 'applying' ? so.performed : []) {
      assertMade(where, does, picture[shelf]);
    }
  }
}

const none: ReadonlySet<string> = new Set();
const told = new WeakMap<Progress, ReadonlySet<string>>();

function namesOfStanding(progress: Progress): ReadonlySet<string> {
  const names =
    told.get(progress) ??
    new Set(appliedTexts(progress).map((text) => text.slice(0, text.indexOf(': '))));
  told.set(progress, names);
  return names;
}

function assertMade(where: string, does: string, boxes: Readonly<Record<string, string>>): void {
  const [, text, label] = /^put (.+) into (.+)$/.exec(does) ?? [];
  if (label !== undefined && boxes[label] !== text) {
    throw new Violation(`${where}: "${does}" is said to be made, and is not`);
  }
}

/**
 * All that a later process goes by. Times, numbers of lines and the words for what is made are left out, and what was
 * before an intent, which only its own process can take back: nothing is decided by them.
 */
function keyOf({remains: {disk, picture}}: Point, progress: Progress | undefined): string {
  return [
    numberOfRun(progress),
    numberOfPicture(picture),
    Math.min(locksOn(disk), 2),
    disk.isSynced,
    isTorn(disk),
  ].join(' ');
}

const pictures = new WeakMap<Picture, number>();

const numberOfPicture = (picture: Picture): number =>
  remembered(pictures, picture, () => JSON.stringify(picture));

const numbers = new Map<string, number>();

/** Short keys for long texts: equal texts have the same number. Many points share the object. */
function remembered<Key extends object>(
  known: WeakMap<Key, number>,
  key: Key,
  textOf: () => string,
): number {
  const numbered = known.get(key);
  if (numbered !== undefined) {
    return numbered;
  }
  const text = textOf();
  const number = numbers.get(text) ?? numbers.size;
  numbers.set(text, number);
  known.set(key, number);
  return number;
}

const runs = new WeakMap<Progress, number>();

const numberOfRun = (progress: Progress | undefined): number =>
  progress === undefined ? -1 : remembered(runs, progress, () => wordsOf(progress));

function wordsOf(progress: Progress): string {
  const entries = [...progress.entries.values()].map(
    ({
      startedAt: _s,
      doneAt: _d,
      cutOffAt: _c,
      performed: _p,
      beforeIntent: _b,
      problem,
      ...so
    }) => ({
      ...so,
      code: problem?.code,
    }),
  );
  const {outcome, checkpoints, passedPointOfNoReturn, reversingTo} = progress;
  return canonicalJson({entries, outcome, checkpoints, passedPointOfNoReturn, reversingTo});
}
