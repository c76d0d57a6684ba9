import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {releaseFleet, resumeUnit} from '../../src/fleet/orders.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {openLightFleet} from '../fleet/light-fleet.ts';
import {Chance} from '../simulation/chance.ts';
import {FleetStage, kill} from './fleet-stage.ts';

interface HoldDrill {
  readonly units: number;
  readonly holds: number;
  readonly seed: number;
}

interface HoldDrillResult {
  readonly problems: readonly string[];
  readonly holds: number;
  /** From when PostgreSQL had the order to the last line of a journal that begins something, at most. */
  readonly mostMs: number;
}

/** All times count from the call. */
interface Hold {
  readonly endedMs: number;
  /** PostgreSQL had the order. */
  readonly arrivedMs: number;
  /** The last line that begins a unit or an outage. */
  readonly lastMs: number | undefined;
}

/** How late anything may begin: this is what `fleet hold` promises. */
const limitMs = 1_000;
const homes = 2;

/** Holds and releases a busy fleet again and again, and reads from the journals what began after each hold. */
export async function drillHolds(
  drill: HoldDrill,
  say: (text: string) => void,
): Promise<HoldDrillResult> {
  const light = await openLightFleet();
  const names = Array.from({length: drill.units}, (_, at) => `unit-${at + 1}`);
  const params = {prepareSeconds: 0.4, outageSeconds: 0.2};
  const stage = new FleetStage(light, light.fleetOf('held', {all: names}, params), homes);
  await makeTables(light.database);
  const runners = Array.from({length: homes}, (_, at) => stage.startRunner(at, 4));
  try {
    await stage.startWave('all');
    const holds = await heldAgainAndAgain(stage, drill);
    await allDone(stage);
    return told(holds, await stage.problemsOf(await stage.units(), drill.units), say);
  } finally {
    await Promise.all(runners.map(kill));
    stage.clear();
    await light.clear();
  }
}

async function heldAgainAndAgain(stage: FleetStage, drill: HoldDrill): Promise<readonly Hold[]> {
  const chance = new Chance(drill.seed);
  const holds: Hold[] = [];
  while (holds.length < drill.holds && !(await isDone(stage))) {
    await sleep(chance.between(500, 2_500));
    holds.push(await held(stage));
    await stage.asked(() =>
      releaseFleet(stage.light.database, {fleet: 'held', operator: 'kim@desk'}),
    );
  }
  return holds;
}

async function held(stage: FleetStage): Promise<Hold> {
  const calledAt = Date.now();
  const holding = stage.spawn(1, ['fleet', 'hold']);
  const [code] = await once(holding, 'exit');
  const endedAt = Date.now();
  if (code !== 0) {
    throw new Error(`fleet hold ended with ${code}: ${stage.log()}`);
  }
  await sleep(2 * limitMs);
  const starts = stage.folders.flatMap(beginningsIn).filter((at) => at >= calledAt);
  const {rows} = await stage.light.database.pool.query(
    "SELECT held_at FROM switcharoo_fleet.fleet WHERE fleet = 'held'",
  );
  return {
    endedMs: endedAt - calledAt,
    arrivedMs: new Date(rows[0].held_at).getTime() - calledAt,
    lastMs: starts.length === 0 ? undefined : Math.max(...starts) - calledAt,
  };
}

/** When each run began or continued, and each outage. */
function beginningsIn(folder: string): readonly number[] {
  const state = new StateFolder(folder);
  return state
    .runs()
    .map((run) => state.journalOf(run))
    .filter((journal) => existsSync(journal))
    .flatMap((journal) => readJournal(journal).entries)
    .filter(
      (entry) =>
        ['run-started', 'run-resumed'].includes(entry.kind) ||
        (entry.kind === 'entry-started' && entry.entry === 'freeze'),
    )
    .map(({atUtc}) => new Date(atUtc).getTime());
}

const isDone = async (stage: FleetStage): Promise<boolean> =>
  (await stage.units()).every(({status}) => status === 'done');

async function allDone(stage: FleetStage): Promise<void> {
  const limit = performance.now() + 300_000;
  while (!(await isDone(stage))) {
    for (const {unit, status} of await stage.units()) {
      if (status === 'offered' || status === 'failed') {
        await resumeUnit(stage.light.database, {fleet: 'held', unit, operator: 'kim@desk'});
      }
    }
    if (performance.now() > limit) {
      throw new Error(`The fleet hangs: ${stage.log()}`);
    }
    await sleep(250);
  }
}

function told(
  holds: readonly Hold[],
  problems: readonly string[],
  say: (text: string) => void,
): HoldDrillResult {
  const most = (of: (hold: Hold) => number | undefined): number =>
    Math.max(0, ...holds.map((hold) => of(hold) ?? 0));
  const mostMs = most(({lastMs, arrivedMs}) => lastMs && lastMs - arrivedMs);
  const afterEnd = most(({lastMs, endedMs}) => lastMs && lastMs - endedMs);
  const written = most(({endedMs, arrivedMs}) => endedMs - arrivedMs);
  const commands = holds.map(({endedMs}) => endedMs).toSorted((a, b) => a - b);
  say(
    `${holds.length} holds: the last unit or outage began at most ${mostMs} ms after PostgreSQL had the order, and at most ${afterEnd} ms after the command had ended; the command took ${commands[Math.floor(commands.length / 2)]} ms (median), at most ${commands.at(-1)} ms, of which at most ${written} ms came after PostgreSQL had the order`,
  );
  const all = [
    ...problems,
    ...(mostMs > limitMs ? [`Something began ${mostMs} ms after a hold.`] : []),
  ];
  all.forEach(say);
  return {problems: all, holds: holds.length, mostMs};
}
