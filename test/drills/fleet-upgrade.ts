import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {resumeUnit} from '../../src/fleet/orders.ts';
import {chunksIn, copiedProgram, rewrite} from '../copied-program.ts';
import {type LightFleet, openLightFleet} from '../fleet/light-fleet.ts';
import {FleetStage, kill} from './fleet-stage.ts';

interface UpgradeDrillResult {
  readonly problems: readonly string[];
  /** By release, how many units its runners brought to their end. */
  readonly units: Readonly<Record<string, number>>;
}

const nextVersion = '99.0.0';

/**
 * Moves a fleet while switcharoo is upgraded: in the first wave the runner of one host is killed and started again with
 * the next release, beside one of this release on the other host; the second wave has runners of the next release only.
 */
export async function drillUpgrade(
  {unitsAWave}: {readonly unitsAWave: number},
  say: (text: string) => void,
): Promise<UpgradeDrillResult> {
  const folder = nextRelease();
  const light = await openLightFleet();
  const names = (wave: string) => Array.from({length: unitsAWave}, (_, at) => `${wave}-${at + 1}`);
  const waves = {before: names('before'), after: names('after')};
  const params = {prepareSeconds: 0.3, outageSeconds: 0.3};
  const stage = new FleetStage(light, light.fleetOf('upgraded', waves, params), 2);
  const upgrade = new Upgrade(stage, join(folder, 'bin', 'switcharoo.js'), say);
  try {
    return await upgrade.play(2 * unitsAWave);
  } finally {
    await upgrade.clear();
    await light.clear();
    rmSync(folder, {recursive: true, force: true});
  }
}

/** A copy of the compiled program, with another version number and a newer version of its tables. */
function nextRelease(): string {
  const folder = copiedProgram('runbooks', 'inventories');
  rewrite(folder, ['package.json'], /"version": "[^"]*"/, `"version": "${nextVersion}"`);
  const tables = "tableVersions = [$1, 'ALTER TABLE switcharoo_fleet.unit ADD COLUMN note text']";
  rewrite(folder, chunksIn(folder), /tableVersions = \[(`[^`]*`)\]/, tables);
  // Neither release takes units that the other one has queued.
  rewrite(folder, chunksIn(folder), /(["'])switcharoo-fleet-1\1/, '"switcharoo-fleet-2"');
  return folder;
}

class Upgrade {
  readonly #stage: FleetStage;
  readonly #light: LightFleet;
  readonly #next: string;
  readonly #say: (text: string) => void;
  readonly #problems: string[] = [];
  readonly #runners: ChildProcess[] = [];

  constructor(stage: FleetStage, next: string, say: (text: string) => void) {
    this.#stage = stage;
    this.#light = stage.light;
    this.#next = next;
    this.#say = say;
  }

  async play(count: number): Promise<UpgradeDrillResult> {
    const program = this.#next;
    const [first, second] = [this.#runner(0), this.#runner(1)];
    await this.#stage.startWave('before');
    await this.#untilRunning(0, 2);
    await kill(first);
    const upgraded = this.#runner(0, program);
    await this.#untilDone('before');
    // As systemd stops it: it brings its runs to their end.
    if (second.exitCode !== null) {
      throw new Error(`A runner ended by itself: ${this.#stage.log()}`);
    }
    second.kill('SIGTERM');
    await once(second, 'exit');
    await this.#expectRefused(this.#runner(1), 'fleet runner');
    await this.#expectRefused(this.#stage.spawnStart('after'), 'fleet start');
    this.#runner(1, program);
    await this.#stage.startWave('after', {program});
    await this.#untilDone('after');
    await kill(upgraded);
    this.#problems.push(...(await this.#stage.problemsOf(await this.#stage.units(), count)));
    const units = await this.#unitsByRelease();
    this.#say(
      `${count} units in two waves; by release: ${Object.entries(units)
        .map(([release, moved]) => `${release} ${moved}`)
        .join(', ')}`,
    );
    this.#problems.forEach(this.#say);
    return {problems: this.#problems, units};
  }

  async clear(): Promise<void> {
    await Promise.all(this.#runners.map(kill));
    this.#stage.clear();
  }

  #runner(home: number, program?: string): ChildProcess {
    const runner = this.#stage.startRunner(home, 2, program === undefined ? {} : {program});
    this.#runners.push(runner);
    return runner;
  }

  async #untilRunning(home: number, count: number): Promise<void> {
    await this.#until(async () => {
      const {rows} = await this.#light.database.pool.query(
        `SELECT count(*)::int AS running FROM switcharoo_fleet.unit u
         JOIN switcharoo_fleet.runner r ON r.runner = u.runner
         WHERE u.status = 'running' AND r.folder = $1`,
        [this.#stage.folders[home]],
      );
      return rows[0].running >= count;
    });
  }

  async #untilDone(wave: string): Promise<void> {
    await this.#until(async () => {
      const units = (await this.#stage.units()).filter((unit) => unit.wave === wave);
      for (const {unit, status} of units) {
        if (status === 'offered' || status === 'failed') {
          await resumeUnit(this.#light.database, {fleet: 'upgraded', unit, operator: 'kim@desk'});
        }
      }
      return units.every(({status}) => status === 'done');
    });
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    const limitMs = performance.now() + 120_000;
    while (!(await isSo())) {
      if (performance.now() > limitMs) {
        throw new Error(`The fleet hangs: ${this.#stage.log()}`);
      }
      await sleep(100);
    }
  }

  /** Expects that it is refused with a hint that says what to do. */
  async #expectRefused(child: ChildProcess, what: string): Promise<void> {
    const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
    const [code] = await once(child, 'exit');
    clearTimeout(limit);
    const isTold = this.#stage.log().includes('Install the release that made the tables');
    if (code === 0 || code === null || !isTold) {
      this.#problems.push(
        `${what} of the earlier release ended with ${code}: ${this.#stage.log()}`,
      );
    }
  }

  async #unitsByRelease(): Promise<Readonly<Record<string, number>>> {
    const {rows} = await this.#light.database.pool.query(
      `SELECT r.version, count(*)::int AS units FROM switcharoo_fleet.unit u
       JOIN switcharoo_fleet.runner r ON r.runner = u.runner
       WHERE u.status = 'done' GROUP BY r.version ORDER BY r.version`,
    );
    return Object.fromEntries(rows.map(({version, units}) => [version, units]));
  }
}
