import {once} from 'node:events';
import {unitsIn} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {dyingClient} from '../fleet/dying-client.ts';
import {type LightFleet, openLightFleet} from '../fleet/light-fleet.ts';
import {FleetStage, kill} from './fleet-stage.ts';

interface StartDrillResult {
  readonly problems: readonly string[];
  readonly kills: number;
}

const names = ['one', 'two', 'three'];

/** Kills `fleet start` right before and right after each message that it sends to PostgreSQL. */
export async function drillStarts(say: (text: string) => void): Promise<StartDrillResult> {
  const light = await openLightFleet();
  const problems: string[] = [];
  const kills = {none: 0, all: 0};
  try {
    await makeTables(light.database);
    for (let after = 1; ; after += 1) {
      const states = [];
      for (const isDone of [false, true]) {
        states.push(await killedAt(light, after, isDone));
      }
      if (states.every(({isKilled}) => !isKilled)) {
        break;
      }
      for (const {isKilled, count} of states) {
        kills[count === 0 ? 'none' : 'all'] += isKilled ? 1 : 0;
        if (count !== 0 && count !== names.length) {
          problems.push(`A start that was killed at message ${after} wrote ${count} units.`);
        }
      }
    }
  } finally {
    await light.clear();
  }
  const {none, all} = kills;
  say(
    `fleet start was killed ${none + all} times, before and after each of its messages: ${none} times it had written nothing, ${all} times everything`,
  );
  problems.forEach(say);
  return {problems, kills: none + all};
}

async function killedAt(light: LightFleet, after: number, isDone: boolean) {
  const fleet = light.fleetOf(`torn-${after}-${isDone}`, {all: names});
  const stage = new FleetStage(light, fleet, 1);
  let dies = () => {};
  const proxy = await dyingClient(light.database.url, {after, isDone, dies: () => dies()});
  try {
    const starting = stage.spawnStart('all', {url: proxy.url});
    dies = () => void kill(starting);
    const [code] = await once(starting, 'exit');
    const isKilled = starting.signalCode === 'SIGKILL';
    if (!isKilled && code !== 0) {
      throw new Error(`fleet start ended with ${code}: ${stage.log()}`);
    }
    const count = (await unitsIn(light.database.pool, fleet.name)).length;
    return {isKilled, count};
  } finally {
    await proxy.close();
    stage.clear();
  }
}
