import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {type UnitRow, unitsIn} from '../../src/fleet/rows.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import type {Fleet} from '../../src/model/fleet.ts';
import {thisHost} from '../../src/run/host.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {endWithTest} from '../end-with-test.ts';
import type {LightFleet} from '../fleet/light-fleet.ts';
import {resumedAlone} from '../fleet/resumed-alone.ts';

const program = fileURLToPath(new URL('../../bin/switcharoo.js', import.meta.url));

/** How a command of a drilled fleet is started. */
interface Started {
  /** Before `node`, such as what enters a network. */
  readonly within?: readonly string[];
  readonly url?: string;
  /** Another release of switcharoo. */
  readonly program?: string;
}

/** A fleet of light services, the state folders of its runners, and the real program as its commands. */
export class FleetStage {
  readonly light: LightFleet;
  readonly fleet: Fleet;
  readonly folders: readonly string[];
  readonly file: string;

  constructor(light: LightFleet, fleet: Fleet, homes: number) {
    this.light = light;
    this.fleet = fleet;
    this.folders = Array.from({length: homes}, () =>
      mkdtempSync(join(tmpdir(), 'switcharoo-home-')),
    );
    this.file = join(light.folder, 'waves.mjs');
    writeFileSync(this.file, `export default ${JSON.stringify(fleet)};\n`);
  }

  clear(): void {
    for (const folder of this.folders) {
      rmSync(folder, {recursive: true, force: true});
    }
  }

  spawn(
    home: number,
    words: readonly string[],
    {within = [], url = this.light.database.url, program: release = program}: Started = {},
  ): ChildProcess {
    const log = openSync(join(this.light.folder, 'log'), 'a');
    const state = this.folders[home] ?? '';
    const command = [...within, process.execPath, release, '--state-dir', state, ...words];
    const [first = '', ...others] = command;
    const child = spawn(first, others, {
      cwd: this.light.folder,
      env: {...process.env, DATABASE_URL: url},
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    endWithTest(child);
    return child;
  }

  startRunner(home: number, atOnce: number, started: Started = {}): ChildProcess {
    return this.spawn(home, ['fleet', 'runner', '--at-once', String(atOnce)], started);
  }

  spawnStart(wave: string, started: Started = {}): ChildProcess {
    return this.spawn(0, ['fleet', 'start', wave, '--file', this.file], started);
  }

  async startWave(wave: string, started: Started = {}): Promise<void> {
    const [code] = await once(this.spawnStart(wave, started), 'exit');
    if (code !== 0) {
      throw new Error(`fleet start ${wave} ended with ${code}: ${this.log()}`);
    }
  }

  units(): Promise<readonly UnitRow[]> {
    return this.asked(() => unitsIn(this.light.database.pool, this.fleet.name));
  }

  /** A server that was just started again may have ended the connection. */
  async asked<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (tries > 20) {
          throw error;
        }
        await sleep(100);
      }
    }
  }

  /**
   * Whether each of so many units was cut over once, and has one journal that says so; and whether none continued in
   * its outage unless a person had said so.
   */
  async problemsOf(units: readonly UnitRow[], count: number): Promise<readonly string[]> {
    const {size} = new Set(units.map(({unit}) => unit));
    const problems = size === count ? [] : [`${size} of ${count} units are written down.`];
    const doneRuns = this.#doneRuns();
    for (const {unit} of units) {
      const lines = this.light.cutovers(unit);
      const net = lines.filter((line) => line === 'cutover').length * 2 - lines.length;
      const isTwice = lines.some((line, at) => line === lines[at - 1]);
      if (net !== 1 || isTwice) {
        problems.push(`${unit} was cut over like this: ${lines.join(', ') || 'never'}.`);
      }
      if (doneRuns.get(unit) !== 1) {
        problems.push(`${unit} has ${doneRuns.get(unit) ?? 0} journals that are done.`);
      }
    }
    return [...problems, ...(await this.#resumedAlone())];
  }

  async #resumedAlone(): Promise<readonly string[]> {
    const {rows} = await this.asked(() =>
      this.light.database.pool.query<{unit: string; at: Date}>(
        "SELECT unit, at FROM switcharoo_fleet.event WHERE fleet = $1 AND what = 'resumed'",
        [this.fleet.name],
      ),
    );
    return this.folders.map(thisHost).flatMap((host) =>
      host.state.runs().flatMap((run) => {
        const unit = progressIn(host, run).run.inventory.name;
        const orders = rows.filter((row) => row.unit === unit).map(({at}) => at);
        return resumedAlone(readJournal(host.state.journalOf(run)).entries, orders).map(
          (entry) =>
            `${unit} continued in its outage at entry ${entry} of ${run}, and nobody resumed it.`,
        );
      }),
    );
  }

  #doneRuns(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const folder of this.folders) {
      const host = thisHost(folder);
      for (const run of host.state.runs()) {
        const {outcome, run: head} = progressIn(host, run);
        if (outcome === 'done') {
          counts.set(head.inventory.name, (counts.get(head.inventory.name) ?? 0) + 1);
        }
      }
    }
    return counts;
  }

  log(): string {
    return readFileSync(join(this.light.folder, 'log'), 'utf8').split('\n').slice(-40).join('\n');
  }
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
