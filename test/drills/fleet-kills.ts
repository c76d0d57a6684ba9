import type {ChildProcess} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {resumeUnit} from '../../src/fleet/orders.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import {endWithTest} from '../end-with-test.ts';
import {type LightFleet, openLightFleet} from '../fleet/light-fleet.ts';
import {Chance} from '../simulation/chance.ts';
import {FleetStage, kill} from './fleet-stage.ts';

interface FleetDrill {
  readonly units: number;
  readonly waves: number;
  readonly postgresKills: number;
  readonly runnerKills: number;
  readonly seed: number;
}

export interface FleetDrillResult {
  readonly problems: readonly string[];
  readonly postgresKilled: number;
  readonly runnersKilled: number;
  readonly startsKilled: number;
  /** Units that a person was asked about, and said that they go on. */
  readonly offered: number;
  readonly seconds: number;
}

/** Two runners share the first state folder. */
const homes = [0, 0, 1, 2];

/** Moves a fleet of light services with real processes, and kills them at random. */
export async function drillFleet(
  drill: FleetDrill,
  say: (text: string) => void,
): Promise<FleetDrillResult> {
  const light = await openLightFleet();
  const stage = new Kills(light, drill, say);
  try {
    return await stage.play();
  } finally {
    await stage.clear();
    await light.clear();
  }
}

/** Of a drill of at least 200 units: ten minutes for these, with everything that is killed meanwhile. */
const secondsAUnit = 3;

class Kills {
  readonly #light: LightFleet;
  readonly #drill: FleetDrill;
  readonly #say: (text: string) => void;
  readonly #chance: Chance;
  readonly #stage: FleetStage;
  readonly #runners: ChildProcess[] = [];
  readonly #killed = {postgres: 0, runners: 0, starts: 0};
  readonly #problems: string[] = [];
  #offered = 0;

  constructor(light: LightFleet, drill: FleetDrill, say: (text: string) => void) {
    this.#light = light;
    this.#drill = drill;
    this.#say = say;
    this.#chance = new Chance(drill.seed);
    const each = Math.ceil(drill.units / drill.waves);
    const waves = Object.fromEntries(
      Array.from({length: drill.waves}, (_, wave) => [
        `wave-${wave}`,
        Array.from(
          {length: Math.min(each, drill.units - wave * each)},
          (_unit, at) => `unit-${wave * each + at}`,
        ),
      ]),
    );
    const fleet = {...light.fleetOf('drilled', waves, {outageSeconds: 0.1}), atOnce: {units: 8}};
    this.#stage = new FleetStage(light, fleet, 3);
  }

  async play(): Promise<FleetDrillResult> {
    await makeTables(this.#light.database);
    for (const [at, home] of homes.entries()) {
      this.#startRunner(at, home);
    }
    const startedMs = performance.now();
    for (const wave of Object.keys(this.#stage.fleet.waves)) {
      await this.#startWave(wave);
      await this.#watchWave(wave);
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      const {postgres, runners} = this.#killed;
      this.#say(
        `${wave} done after ${seconds} s, PostgreSQL killed ${postgres}, runners ${runners}`,
      );
    }
    const seconds = (performance.now() - startedMs) / 1_000;
    await this.#stopRunners();
    const units = await this.#stage.units();
    this.#problems.push(...(await this.#stage.problemsOf(units, this.#drill.units)));
    const mostSeconds = secondsAUnit * this.#drill.units;
    if (this.#drill.units >= 200 && seconds > mostSeconds) {
      this.#problems.push(
        `${this.#drill.units} units took ${Math.round(seconds)} s, more than ${mostSeconds} s.`,
      );
    }
    this.#say(
      `${this.#drill.units} units in ${Math.round(seconds)} s; killed: PostgreSQL ${this.#killed.postgres}, runners ${this.#killed.runners}, starts ${this.#killed.starts}; offered to a person and resumed: ${this.#offered}`,
    );
    for (const problem of this.#problems) {
      this.#say(problem);
    }
    return {
      problems: this.#problems,
      postgresKilled: this.#killed.postgres,
      runnersKilled: this.#killed.runners,
      startsKilled: this.#killed.starts,
      offered: this.#offered,
      seconds,
    };
  }

  async clear(): Promise<void> {
    await this.#stopRunners();
    this.#stage.clear();
  }

  #startRunner(at: number, home: number): void {
    this.#runners[at] = this.#stage.startRunner(home, 4);
  }

  async #stopRunners(): Promise<void> {
    await Promise.all(this.#runners.splice(0).map(kill));
  }

  /** Killed at random moments first: each time all units of the wave are written down, or none. */
  async #startWave(wave: string): Promise<void> {
    const size = Object.keys(this.#stage.fleet.waves[wave]?.units ?? {}).length;
    for (let kills = 0; kills < 2; kills += 1) {
      const starting = this.#stage.spawnStart(wave);
      await sleep(this.#chance.between(300, 1_500));
      await kill(starting);
      this.#killed.starts += 1;
      const count = (await this.#stage.units()).filter((unit) => unit.wave === wave).length;
      if (count !== 0 && count !== size) {
        this.#problems.push(`A killed start of ${wave} wrote ${count} of ${size} units.`);
      }
    }
    await this.#stage.startWave(wave);
  }

  /** Until all of its units are done. Kills as many as are due, and says of each offered unit that it goes on. */
  async #watchWave(wave: string): Promise<void> {
    const limitMs = performance.now() + 300_000;
    for (;;) {
      const units = await this.#stage.units();
      const done = units.filter(({status}) => status === 'done').length;
      await this.#killWhatIsDue(done);
      this.#startEnded();
      for (const {unit, status} of units) {
        if (status === 'offered' || status === 'failed') {
          this.#offered += 1;
          await this.#stage.asked(() =>
            resumeUnit(this.#light.database, {fleet: 'drilled', unit, operator: 'kim@desk'}),
          );
        }
      }
      const left = units.filter((unit) => unit.wave === wave && unit.status !== 'done');
      if (left.length === 0) {
        return;
      }
      if (performance.now() > limitMs) {
        const states = left.map(({unit, status, run}) => `${unit} ${status} ${run}`).join(', ');
        throw new Error(`${wave} hangs: ${states}\n${this.#stage.log()}`);
      }
      await sleep(this.#chance.between(50, 250));
    }
  }

  async #killWhatIsDue(done: number): Promise<void> {
    const {units, postgresKills, runnerKills} = this.#drill;
    const due = (all: number) => Math.min(all, Math.floor(((done + 1) / units) * (all + 1)));
    if (this.#killed.runners < due(runnerKills)) {
      this.#killed.runners += 1;
      const at = this.#chance.below(homes.length);
      const runner = this.#runners[at];
      if (runner) {
        await kill(runner);
      }
      this.#startRunner(at, homes[at] ?? 0);
    }
    if (this.#killed.postgres < due(postgresKills)) {
      this.#killed.postgres += 1;
      process.kill(this.#light.serverPid(), 'SIGKILL');
      await sleep(this.#chance.between(0, 1_500));
      await this.#light.database.revive();
      endWithTest({pid: this.#light.serverPid()});
    }
  }

  /** As systemd does: one that was started while PostgreSQL was away has ended. */
  #startEnded(): void {
    for (const [at, {exitCode}] of this.#runners.entries()) {
      if (exitCode !== null && exitCode !== 3) {
        throw new Error(`A runner ended with ${exitCode}: ${this.#stage.log()}`);
      }
      if (exitCode !== null) {
        this.#startRunner(at, homes[at] ?? 0);
      }
    }
  }
}
