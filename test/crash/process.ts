import type {Progress} from '../../src/model/progress.ts';
import {FakeClock} from '../../src/testing/fake-clock.ts';
import {ScriptedOperator} from '../engine/rig.ts';
import {type Kept, SimulatedDisk} from '../simulation/disk.ts';
import {SimulatedMachine} from '../simulation/machine.ts';
import {type Ended, journalPath, Onlooker, Program, stateFolder} from '../simulation/program.ts';
import {deliver, everyKind, freshShelves, type Picture, pictureOf, shelvesOf} from './world.ts';

/** All that outlives a process: the disk, and the systems. */
export interface Remains {
  readonly disk: SimulatedDisk;
  readonly picture: Picture;
  /** How often somebody has died. */
  readonly deaths: number;
}

/** What a process did, and what it would have left behind at each point at which it could have died. */
export interface Lived {
  readonly ended: Ended | {readonly refused: string};
  readonly picture: Picture;
  readonly disk: SimulatedDisk;
  readonly points: readonly Point[];
  readonly effects: readonly string[];
}

export interface Point {
  readonly what: string;
  readonly remains: Remains;
}

export type Command = 'go on' | 'reverse' | 'reverse to prepared' | 'run to moved';

/** What ends the processes from outside: nothing does. */
export const never = new AbortController().signal;

interface Loss {
  readonly what: string;
  readonly kept?: Kept;
  readonly areNamesKept?: boolean;
  /** What must be at risk for it to leave another disk than the losses above. */
  readonly of?: 'bytes' | 'names' | 'either';
}

const losses: readonly Loss[] = [
  {what: 'killed'},
  {what: 'power lost', kept: () => 0, of: 'either'},
  {what: 'power lost, only the names came through', kept: () => 0, areNamesKept: true, of: 'names'},
  {what: 'power lost, half came through', kept: (bytes) => Math.ceil(bytes / 2), of: 'bytes'},
  {
    what: 'power lost, all but 1 byte came through',
    kept: (bytes) => Math.max(0, bytes - 1),
    of: 'bytes',
  },
];

function lossesOn(disk: SimulatedDisk): readonly Loss[] {
  const {bytes, names} = disk.atRisk;
  const isAtRisk = {bytes, names, either: bytes || names};
  return losses.filter(({of}) => of === undefined || isAtRisk[of]);
}

export const freshRemains = (): Remains => ({
  disk: new SimulatedDisk(['/', '/var']),
  picture: pictureOf(freshShelves()),
  deaths: 0,
});

/** Lives on what an earlier process left, from its first call to its end. It is copied first, and stays as it was. */
export async function live(remains: Remains, command: Command): Promise<Lived> {
  const disk = remains.disk.copy();
  const shelves = shelvesOf(remains.picture);
  const points: Point[] = [];
  let picture = remains.picture;
  const passed = (what: string): void => {
    for (const {what: loss, kept, areNamesKept} of lossesOn(disk)) {
      const left = disk.copy();
      if (kept) {
        left.losePower(kept, areNamesKept);
      }
      points.push({
        what: `${what}, ${loss}`,
        remains: {disk: left, picture, deaths: remains.deaths + 1},
      });
    }
  };
  const runs = runsOn(disk);
  for (const shelf of shelves) {
    let wanted = '';
    shelf.beforePut = (words) => {
      wanted = shelf.boxes.get(words.split(/[:=] ?/)[1]?.trim() ?? '') ?? 'null';
      assertIntended(disk, words);
      passed(`before ${words}`);
    };
    shelf.afterPut = (words) => {
      if (words.endsWith(`= ${wanted}`)) {
        throw new Violation(`${words}: performed although nothing was pending`);
      }
      picture = pictureOf(shelves);
      passed(`after ${words}`);
    };
  }
  const clock = new EndlessClock();
  clock.onTick = () => {
    deliver(shelves[1]);
    picture = pictureOf(shelves);
  };
  // Each process is of a boot of its own: all before it are dead.
  const machine = new SimulatedMachine('bastion', tokensFrom(remains.deaths * 1_000));
  for (let boot = 0; boot < remains.deaths; boot += 1) {
    machine.reboot();
  }
  const program = new Program({
    runbook: everyKind,
    disk: disk.openedBy(passed),
    machine,
    pid: machine.start(() => {}),
    user: 'ada',
    clock,
    operator: new ScriptedOperator(),
    targets: {
      session: async (target) => shelves[target === 'a' ? 0 : 1].session,
      close: async () => {},
    },
    stopping: never,
    aborting: never,
  });
  const so = progressOn(disk);
  const ended = await asTold(() => perform(program, command, so, `r${runs.length + 1}`));
  const effects = shelves.flatMap((shelf) => shelf.effects);
  return {ended, picture: pictureOf(shelves), disk, points, effects};
}

/** Nothing here ever hangs: a limit of a look would only be a timer that outlives its process. */
class EndlessClock extends FakeClock {
  override after(): () => void {
    return () => {};
  }
}

const onlooker = new Onlooker();

/** Where the newest run stands, as anyone would read it. Throws when its journal does not load. */
export const progressOn = (disk: SimulatedDisk): Progress | undefined =>
  onlooker.newest(disk, runsOn(disk));

/** Whether a journal ends in the middle of a line. */
export function isTorn(disk: SimulatedDisk): boolean {
  return runsOn(disk).some((run) => (disk.bytesAt(journalPath(run))?.at(-1) ?? 0x0a) !== 0x0a);
}

export class Violation extends Error {}

function perform(
  program: Program,
  command: Command,
  so: Progress | undefined,
  fresh: string,
): Promise<Ended> {
  if (!so) {
    return program.run(fresh, command === 'run to moved' ? 'moved' : undefined);
  }
  const {run} = so.run;
  switch (command) {
    case 'go on':
    case 'run to moved':
      return program.resume(run);
    case 'reverse':
      return program.reverse(run);
    case 'reverse to prepared':
      return program.reverse(run, 'prepared');
  }
}

async function asTold(work: () => Promise<Ended>): Promise<Lived['ended']> {
  try {
    return await work();
  } catch (error) {
    const code = (error as {problem?: {code: string}}).problem?.code;
    if (code === undefined) {
      throw error;
    }
    return {refused: code};
  }
}

/** Whatever a target hears of is on the disk by then, and would outlive a power loss. */
function assertIntended(disk: SimulatedDisk, words: string): void {
  const [, label = '', text = ''] = /^\w+: (.+) = (.+)$/.exec(words) ?? [];
  const lines = disk.syncedText(journalPath(runsOn(disk).at(-1) ?? '')).split('\n');
  const open = new Set<string>();
  let hasBefore = false;
  for (const line of lines.filter((whole) => whole.endsWith('}'))) {
    const fact = factIn(line);
    const key = `${fact.entry} ${fact.does}`;
    if (fact.kind === 'action-intended') {
      open.add(key);
    } else if (fact.kind === 'action-performed') {
      open.delete(key);
    }
    hasBefore ||= fact.kind === 'before';
  }
  const isMeant = [...open].some((key) => key.includes(label.replace(/ ordered$/, '')));
  if (!isMeant || !hasBefore) {
    throw new Violation(`${words} (${text}): the target heard of it before the disk`);
  }
}

interface LineFact {
  readonly kind: string;
  readonly entry?: string;
  readonly does?: string;
}

const facts = new Map<string, LineFact>();

/** Most lines are met thousands of times. */
function factIn(line: string): LineFact {
  const known = facts.get(line);
  if (known) {
    return known;
  }
  const fact = JSON.parse(line) as LineFact;
  facts.set(line, fact);
  return fact;
}

interface Names {
  /** The runs, oldest first. */
  readonly runs: readonly string[];
  readonly locks: number;
}

const names = new WeakMap<readonly string[], Names>();

/** Most disks share their names with thousands of others. */
function namesOn(disk: SimulatedDisk): Names {
  const paths = disk.paths();
  const known = names.get(paths) ?? {
    runs: paths
      .filter((path) => path.startsWith(`${stateFolder}/r`) && !path.endsWith('.jsonl'))
      .map((path) => path.slice(stateFolder.length + 1))
      .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
    locks: paths.filter((path) => path.endsWith('.lock')).length,
  };
  names.set(paths, known);
  return known;
}

const runsOn = (disk: SimulatedDisk): readonly string[] => namesOn(disk).runs;

export const locksOn = (disk: SimulatedDisk): number => namesOn(disk).locks;

function tokensFrom(first: number): () => number {
  let last = first;
  return () => {
    last += 1;
    return last;
  };
}
