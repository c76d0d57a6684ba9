import type {ChildProcess} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {resumeUnit} from '../../src/fleet/orders.ts';
import type {UnitRow} from '../../src/fleet/rows.ts';
import {makeTables} from '../../src/fleet/tables.ts';
import type {Fleet} from '../../src/model/fleet.ts';
import {type CutHost, type CutNetwork, openCutNetwork} from '../fleet/cut-network.ts';
import {type LightFleet, openLightFleet} from '../fleet/light-fleet.ts';
import {Chance} from '../simulation/chance.ts';
import {FleetStage, kill} from './fleet-stage.ts';

interface CutDrill {
  readonly hosts: number;
  readonly units: number;
  /** At random moments, of random length. */
  readonly cuts: number;
  /** Of a unit in its outage, each with how long the outage lasts and how long its runner is cut off, in seconds. */
  readonly inOutage: readonly {readonly outage: number; readonly cut: number}[];
  readonly seed: number;
}

interface CutDrillResult {
  readonly problems: readonly string[];
  readonly cuts: number;
  /** Units that another runner left to a person, because their own runner was silent. */
  readonly silent: number;
  /** The longest from the end of a cut until its runner was heard again, in seconds. */
  readonly mostUnheard: number;
}

/** Moves a fleet with runners whose only cable to PostgreSQL is cut again and again. */
export async function drillCuts(
  drill: CutDrill,
  say: (text: string) => void,
): Promise<CutDrillResult> {
  const network = await openCutNetwork(drill.hosts);
  try {
    const light = await openLightFleet({given: network.url});
    const cuts = new Cuts({drill, network, light, say});
    try {
      return await cuts.play();
    } finally {
      await cuts.clear();
      await light.clear();
    }
  } finally {
    await network.clear();
  }
}

class Cuts {
  readonly #drill: CutDrill;
  readonly #network: CutNetwork;
  readonly #light: LightFleet;
  readonly #say: (text: string) => void;
  readonly #stage: FleetStage;
  readonly #chance: Chance;
  readonly #problems: string[] = [];
  readonly #silent = new Set<string>();
  readonly #busy = new Set<number>();
  #runners: readonly ChildProcess[] = [];
  #cuts = 0;
  #mostUnheardMs = 0;

  constructor(given: {
    readonly drill: CutDrill;
    readonly network: CutNetwork;
    readonly light: LightFleet;
    readonly say: (text: string) => void;
  }) {
    const {drill, network, light, say} = given;
    this.#drill = drill;
    this.#network = network;
    this.#light = light;
    this.#say = say;
    this.#chance = new Chance(drill.seed);
    this.#stage = new FleetStage(light, this.#fleet(), drill.hosts);
  }

  async play(): Promise<CutDrillResult> {
    await makeTables(this.#light.database);
    this.#runners = this.#network.hosts.map((host, at) => this.#stage.startRunner(at, 3, host));
    await this.#stage.startWave('all');
    const watching = this.#watch();
    await Promise.all([
      watching,
      this.#cutAtRandom(),
      ...this.#drill.inOutage.map((each, at) => this.#cutInOutage(outageUnit(at), each)),
    ]);
    const units = await this.#stage.units();
    this.#problems.push(...(await this.#stage.problemsOf(units, this.#count)));
    const mostUnheard = this.#mostUnheardMs / 1_000;
    this.#say(
      `${this.#count} units on ${this.#drill.hosts} hosts, ${this.#cuts} cuts; units that needed a person because their runner was silent: ${[...this.#silent].join(', ') || 'none'}; each runner was heard again within ${mostUnheard.toFixed(1)} s of the end of a cut`,
    );
    for (const problem of this.#problems) {
      this.#say(problem);
    }
    return {
      ...{problems: this.#problems, cuts: this.#cuts, silent: this.#silent.size, mostUnheard},
    };
  }

  async clear(): Promise<void> {
    await Promise.all(this.#runners.map(kill));
    this.#stage.clear();
  }

  get #count(): number {
    return this.#drill.units + this.#drill.inOutage.length;
  }

  /** Those that are cut off in their outage begin first. */
  #fleet(): Fleet {
    const {units, inOutage} = this.#drill;
    const names = Array.from({length: units}, (_, at) => `unit-${at + 1}`);
    const fleet = this.#light.fleetOf('cut', {
      all: [...inOutage.keys()].map(outageUnit).concat(names),
    });
    const params = [
      ...inOutage.map(({outage}) => ({outageSeconds: outage})),
      ...names.map(() => ({
        prepareSeconds: this.#chance.between(0, 20) / 10,
        outageSeconds: this.#chance.between(0, 20) / 10,
      })),
    ];
    const placed = Object.entries(fleet.waves['all']?.units ?? {}).map(
      ([name, unit], at) => [name, {...unit, params: params[at] ?? {}}] as const,
    );
    return {...fleet, waves: {all: {units: Object.fromEntries(placed)}}};
  }

  /** Until all units are done. A person resumes each one that waits for a person, except where its runner is silent. */
  async #watch(): Promise<void> {
    const limitMs = performance.now() + 600_000;
    for (;;) {
      const units = await this.#stage.units();
      for (const unit of units) {
        await this.#decide(unit);
      }
      if (units.every(({status}) => status === 'done')) {
        return;
      }
      if (performance.now() > limitMs) {
        const left = units.filter(({status}) => status !== 'done');
        const states = left.map(({unit, status, run}) => `${unit} ${status} ${run}`).join(', ');
        throw new Error(`The fleet hangs: ${states}\n${this.#stage.log()}`);
      }
      await sleep(250);
    }
  }

  async #decide({unit, status, problem}: UnitRow): Promise<void> {
    if (status !== 'offered' && status !== 'failed') {
      return;
    }
    if (problem?.code === 'fleet-runner-silent') {
      this.#silent.add(unit);
      return;
    }
    await this.#stage.asked(() =>
      resumeUnit(this.#light.database, {fleet: 'cut', unit, operator: 'kim@desk'}),
    );
  }

  async #cutAtRandom(): Promise<void> {
    for (let left = this.#drill.cuts; left > 0; left -= 1) {
      await sleep(this.#chance.between(0, 3_000));
      const at = this.#chance.below(this.#drill.hosts);
      const lengthMs = this.#chance.of(0.2)
        ? this.#chance.between(13_000, 20_000)
        : this.#chance.between(100, 6_000);
      await this.#cutFor(at, () => sleep(lengthMs));
    }
  }

  /** The outage ends without PostgreSQL, and its runner reports that as soon as the cut ends. */
  async #cutInOutage(
    unit: string,
    {outage, cut}: {readonly outage: number; readonly cut: number},
  ): Promise<void> {
    const frozen = join(this.#light.serviceFolder(unit), 'frozen');
    while (!existsSync(frozen)) {
      await sleep(20);
    }
    const at = await this.#homeOf(unit);
    while (this.#busy.has(at)) {
      await sleep(20); // a random cut ends soon, and this one is to happen
    }
    await this.#cutFor(at, async () => {
      await sleep(cut * 1_000);
      const isOpened = existsSync(join(this.#light.serviceFolder(unit), 'opened'));
      const row = (await this.#stage.units()).find((each) => each.unit === unit);
      if (cut > outage + 5 && (!isOpened || row?.status === 'done')) {
        this.#problems.push(
          `${unit}, cut off for ${cut} s, has ${isOpened ? '' : 'not '}ended its outage, and its status is ${row?.status}.`,
        );
      }
    });
  }

  async #homeOf(unit: string): Promise<number> {
    for (;;) {
      const {rows} = await this.#light.database.pool.query(
        `SELECT r.folder FROM switcharoo_fleet.unit u
         JOIN switcharoo_fleet.runner r ON r.runner = u.runner WHERE u.unit = $1`,
        [unit],
      );
      const at = this.#stage.folders.indexOf(rows[0]?.folder);
      if (at !== -1) {
        return at;
      }
      await sleep(50);
    }
  }

  async #cutFor(at: number, meanwhile: () => Promise<void>): Promise<void> {
    const host = this.#network.hosts[at] as CutHost;
    if (this.#busy.has(at)) {
      return; // it is cut off already
    }
    this.#busy.add(at);
    this.#cuts += 1;
    host.cut();
    try {
      await meanwhile();
    } finally {
      host.join();
    }
    const joinedMs = performance.now();
    await this.#heard(at);
    this.#mostUnheardMs = Math.max(this.#mostUnheardMs, performance.now() - joinedMs);
    this.#busy.delete(at);
  }

  async #heard(at: number): Promise<void> {
    const {pool} = this.#light.database;
    const {rows} = await pool.query('SELECT clock_timestamp() AS now');
    for (;;) {
      const {rowCount} = await pool.query(
        'SELECT FROM switcharoo_fleet.runner WHERE folder = $1 AND beat > $2',
        [this.#stage.folders[at], rows[0].now],
      );
      if (rowCount === 1) {
        return;
      }
      await sleep(100);
    }
  }
}

const outageUnit = (at: number): string => `frozen-${at + 1}`;
