import {setTimeout as sleep} from 'node:timers/promises';
import type {JournalEntry} from '../../src/model/journal.ts';
import {
  begun,
  type Came,
  caughtUp,
  entriesIn,
  resumed,
  takenOver,
  textInStore,
  textOn,
} from './small/hosts.ts';
import type {Effect} from './small/shop.ts';
import {nameOf, onSmallStage, type SmallHost, type SmallStage} from './small/stage.ts';

/** Who races: the holder goes on while another takes over, or two take over at once. */
const kinds = ['resume, take-over', 'two take-overs'] as const;

export interface Race {
  readonly kind: (typeof kinds)[number];
  /** Actions that the loser performed after it had lost, and whose intent the store had not heard of before. */
  readonly actionsOfLoser: number;
  /** From the entry of the new holder to the end of the loser; nothing where nobody lost. */
  readonly toldMs: number | undefined;
  readonly winner: string;
  readonly problems: readonly string[];
}

const atOnce = 4;
/** What the second half of the cutover adds to the store, about. */
const mostObjects = 9;
const roundTripMs = 40;
/** An action takes longer than a barrier, so that many are in flight when the run is taken over. */
const actMs = 500;
/** "The one who was overtaken is told within two seconds": it looks each second, and its look takes time. */
const toldLimitMs = 2_000;

/** So many races, some at a time: most of their time they wait for what may be in flight. */
export async function raceTwoHosts(
  {count, seed}: {readonly count: number; readonly seed: number},
  onRace: (race: Race, index: number) => void = () => {},
): Promise<readonly Race[]> {
  const races: Race[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      const race = await raceOnce(seed + index);
      races.push(race);
      onRace(race, index);
    }
  };
  await Promise.all(Array.from({length: Math.min(atOnce, count)}, lane));
  return races;
}

function raceOnce(seed: number): Promise<Race> {
  const kind = kinds[seed % 3 === 2 ? 1 : 0];
  return onSmallStage(async (stage) => {
    const [ada, kim, lee] = stage.hosts;
    const {name: run} = await begun(stage, ada, {until: 'prepared'});
    stage.shop.actMs = actMs;
    const watched = watch(stage);
    if (kind === 'two take-overs') {
      const racers = [lee, kim] as const;
      const ends = await Promise.all(racers.map((host) => taken(stage, run, host)));
      return judged({stage, run, kind, racers, ends, takings: watched.takings});
    }
    const racers = [ada, kim] as const;
    const resuming = again(() => resumed(run, ada));
    // All over the cutover, up to its last barrier.
    await Promise.race([watched.untilObjects(seed % (mostObjects + 1)), resuming]);
    const ends = await Promise.all([resuming, taken(stage, run, kim)]);
    return judged({stage, run, kind, racers, ends, takings: watched.takings});
  });
}

/** Takes the run over, and brings it to its end. */
async function taken(stage: SmallStage, run: string, host: SmallHost): Promise<Came> {
  const taking = await again(() => takenOver(stage, {run, host, isSure: false}));
  return isTaken(taking) ? again(() => resumed(run, host)) : taking;
}

/** A take-over whose last answer came too late is told so when it is repeated. */
const isTaken = ({end}: Came): boolean => end === 'taken over' || end === 'run-is-here';

/** On a busy machine the store may answer late: then the command says so, and is repeated. Its first end counts. */
async function again(command: () => Promise<Came>): Promise<Came> {
  const first = await command();
  let last = first;
  for (let tries = 1; unanswered.has(last.end) && tries < mostTries; tries += 1) {
    last = await command();
  }
  return {...last, atMs: first.atMs};
}

const unanswered = new Set(['store-unreachable', 'take-over-unfinished']);
const mostTries = 3;

/** When each take-over was in the store, and what the store had of the run before. */
interface Taking {
  readonly by: string;
  readonly atMs: number;
  readonly before: string;
}

interface Watched {
  readonly takings: readonly Taking[];
  /** Resolves once so many objects are in the store from now on. */
  untilObjects(count: number): Promise<void>;
}

/** Each object takes its time, as in a store that is far away. */
function watch(stage: SmallStage): Watched {
  const takings: Taking[] = [];
  let objects = 0;
  stage.meet({
    object: async ({path, body}, serve) => {
      const [, run = ''] = /\/(\d{8}-\d{6}-[0-9a-f]{4})\//.exec(path) ?? [];
      await sleep(roundTripMs / 2);
      const before = textInStore(stage, run);
      const reply = await serve();
      objects += 1;
      const entry = entriesIn(body).find(({kind}) => kind === 'lock-taken-over');
      if (entry?.kind === 'lock-taken-over') {
        takings.push({by: nameOf(entry.operator.user), atMs: performance.now(), before});
      }
      await sleep(roundTripMs / 2);
      return reply;
    },
  });
  return {
    takings,
    untilObjects: async (count) => {
      while (objects < count) {
        await sleep(1);
      }
    },
  };
}

interface Raced {
  readonly stage: SmallStage;
  readonly run: string;
  readonly kind: Race['kind'];
  readonly racers: readonly [SmallHost, SmallHost];
  readonly ends: readonly Came[];
  readonly takings: readonly Taking[];
}

async function judged({stage, run, kind, racers, ends, takings}: Raced): Promise<Race> {
  const names = racers.map(({operator}) => nameOf(operator.user));
  const winners = names.filter((_, index) => ends[index]?.end === 'done');
  const [winner = 'nobody'] = winners;
  const loserAt = names.findIndex((name) => name !== winner);
  const loser = names[loserAt] ?? '';
  const taking = takings.find(({by}) => by === winner);
  const late = taking ? lateActions(stage.shop.effects, loser, taking) : [];
  const toldMs =
    taking && kind === 'resume, take-over' ? (ends[loserAt]?.atMs ?? 0) - taking.atMs : undefined;
  const {lost, duplicated, splits} = await stage.shop.count();
  const host = racers[names.indexOf(winner)];
  if (host && textOn(host, run) !== textInStore(stage, run)) {
    // What could not be shared in time when the run ended.
    await caughtUp(stage, host);
  }
  const problems = [
    ...(winners.length === 1
      ? []
      : [`${winners.length} hosts ended the run: ${JSON.stringify(ends)}`]),
    ...late.map(({what}) => `the loser set ${what}`),
    ...(lost + duplicated + splits === 0 ? [] : [JSON.stringify({lost, duplicated, splits})]),
    ...(stage.shop.state.settings['old'] === 'dismantled' ? [] : ['the cutover did not end']),
    ...(host && textOn(host, run) === textInStore(stage, run) ? [] : ['the store differs']),
  ];
  return {kind, winner, toldMs, actionsOfLoser: late.length, problems};
}

/** An action whose intent was in the store before the take-over was in flight: the new holder has waited for it. */
function lateActions(
  effects: readonly Effect[],
  loser: string,
  {atMs, before, by}: Taking,
): readonly Effect[] {
  const intended = intendedIn(entriesIn(before));
  const firstOfWinner = effects.find((effect) => effect.by === by)?.atMs ?? Infinity;
  return effects.filter(
    (effect) =>
      effect.by === loser &&
      effect.atMs > atMs &&
      (effect.atMs > firstOfWinner || !intended.includes(`set ${effect.what} to ${effect.value}`)),
  );
}

/** The actions that a journal names, with those that follow at once. */
const intendedIn = (entries: readonly JournalEntry[]): readonly string[] =>
  entries.flatMap((entry) =>
    entry.kind === 'action-intended' ? [entry, ...(entry.next ?? [])].map(({does}) => does) : [],
  );

/** Not in the suite: on a busy machine a look each second may take longer. */
const toldLate = ({toldMs = 0}: Race): readonly string[] =>
  toldMs > toldLimitMs ? [`told after ${Math.round(toldMs)} ms`] : [];

/** Prints what came of so many races. */
export async function drillRaces(
  options: {readonly count: number; readonly seed: number},
  say: (text: string) => void,
): Promise<readonly Race[]> {
  const races: Race[] = [];
  await raceTwoHosts(options, (race, index) => {
    const {kind} = race;
    const problems = [...race.problems, ...toldLate(race)];
    races.push({...race, problems});
    if (problems.length > 0) {
      say(`race ${index + 1} (seed ${options.seed + index}, ${kind}): ${problems.join('; ')}`);
    }
  });
  for (const kind of kinds) {
    const own = races.filter((race) => race.kind === kind);
    const told = own.flatMap(({toldMs}) => (toldMs === undefined ? [] : [toldMs]));
    const lost = told.length > 0 ? `, told after ${Math.round(Math.max(...told))} ms at most` : '';
    const actions = own.reduce((sum, race) => sum + race.actionsOfLoser, 0);
    const taken = own.filter(({winner}) => winner !== nameOf('ada')).length;
    say(
      `${kind}: ${own.length} races, ${taken} taken over, ${actions} actions by the loser${lost}`,
    );
  }
  return races;
}
