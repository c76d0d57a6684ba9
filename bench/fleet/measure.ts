import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, openSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {makeAllTables} from '../../src/fleet/tables.ts';
import {type LightFleet, openLightFleet} from '../../test/fleet/light-fleet.ts';
import {benchFolder, endWithBench} from '../folder.ts';
import type {PlainRuns} from './plain-runs.ts';
import {type CpuSeconds, cpuOf, cpuOfFamily} from './processor-time.ts';

export interface Measured {
  readonly units: number;
  /** Of the command `fleet start`. */
  readonly startSeconds: number;
  /** From the start of the wave, as PostgreSQL has it, until its last unit was done. */
  readonly fleetSeconds: number;
  readonly plainSeconds?: number;
  readonly cpu: {
    readonly runners: number;
    /** What the runbooks start. */
    readonly commands: number;
    readonly postgres: number;
    readonly plain?: number;
    readonly plainCommands?: number;
  };
}

interface Request {
  readonly units: number;
  readonly runners: number;
  readonly atOnce: number;
  readonly isPlainToo: boolean;
}

const program = fileURLToPath(new URL('../../bin/switcharoo.js', import.meta.url));
const plainRuns = fileURLToPath(new URL('plain-runs.ts', import.meta.url));
const switchboard = fileURLToPath(new URL('switchboard.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

export async function measureFleet(request: Request): Promise<Measured> {
  const folder = benchFolder('switcharoo-bench-fleet-');
  const light = await openLightFleet();
  try {
    const fleet = await moved(light, folder, request);
    return request.isPlainToo ? {...fleet, ...(await plain(folder, fleet))} : fleet;
  } finally {
    await light.clear();
  }
}

async function moved(light: LightFleet, folder: string, request: Request): Promise<Measured> {
  const {units, runners: count, atOnce} = request;
  await makeAllTables(light.database);
  const file = join(folder, 'waves.mjs');
  const fleet = {name: 'measured', waves: {all: {units: placed(folder, 'unit', units)}}};
  writeFileSync(file, `export default ${JSON.stringify(fleet)};\n`);
  const switcharoo = (state: string, ...words: readonly string[]): ChildProcess => {
    const log = openSync(join(folder, 'log'), 'a');
    const args = [program, '--state-dir', join(folder, state), ...words];
    const env = {...process.env, DATABASE_URL: light.database.url};
    const child = spawn(process.execPath, args, {cwd: folder, env, stdio: ['ignore', log, log]});
    endWithBench(folder, child);
    return child;
  };
  const runners = Array.from({length: count}, (_, at) =>
    switcharoo(`state-${at}`, 'fleet', 'runner', '--at-once', String(atOnce)),
  );
  await until(folder, async () => (await number(light, 'SELECT count(*) FROM runner')) === count);
  await sleep(2_000);
  const before = runners.map(cpuOf);
  const postgres = cpuOfFamily(light.serverPid());
  const startedMs = performance.now();
  const start = switcharoo('state-0', 'fleet', 'start', 'all', '--file', file);
  const [code] = await once(start, 'exit');
  const startSeconds = (performance.now() - startedMs) / 1_000;
  if (code !== 0) {
    throw new Error(`fleet start ended with ${code}: ${logIn(folder)}`);
  }
  await until(folder, async () => {
    const undecided = "SELECT count(*) FROM unit WHERE status IN ('failed', 'offered')";
    if ((await number(light, undecided)) > 0) {
      throw new Error(`A unit failed or needs a person: ${logIn(folder)}`);
    }
    return (await number(light, "SELECT count(*) FROM unit WHERE status <> 'done'")) === 0;
  });
  const spent = sumOf(runners.map((runner, at) => less(cpuOf(runner), before[at])));
  const {own, children} = cpuOfFamily(light.serverPid());
  const seconds =
    'SELECT extract(epoch FROM max(u.changed_at) - min(w.started_at)) FROM unit u, wave w';
  const fleetSeconds = await number(light, seconds);
  for (const runner of runners) {
    runner.kill('SIGTERM');
    await once(runner, 'exit');
  }
  return {
    ...{units, startSeconds, fleetSeconds},
    cpu: {
      ...{runners: spent.own, commands: spent.children},
      postgres: own + children - postgres.own - postgres.children,
    },
  };
}

/** Runs the same number of such services one after the other, in one process and one state folder. */
async function plain(folder: string, {units, cpu}: Measured) {
  const request: PlainRuns = {
    stateFolder: join(folder, 'plain'),
    runs: Object.values(placed(folder, 'plain', units)),
  };
  const file = join(folder, 'plain.json');
  writeFileSync(file, JSON.stringify(request));
  const child = spawn(process.execPath, ['--import', tsx, plainRuns, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithBench(folder, child);
  let printed = '';
  child.stdout.on('data', (data) => {
    printed += data;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) {
    throw new Error(`The plain runs ended with ${code}.`);
  }
  const {seconds, own, children} = JSON.parse(printed) as CpuSeconds & {readonly seconds: number};
  return {plainSeconds: seconds, cpu: {...cpu, plain: own, plainCommands: children}};
}

/** Services that are folders, each with its inventory. */
function placed(folder: string, kind: string, units: number) {
  const names = Array.from({length: units}, (_, at) => `${kind}-${at + 1}`);
  return Object.fromEntries(
    names.map((name) => {
      const [service, inventory] = [join(folder, name), join(folder, `${name}.yaml`)];
      mkdirSync(service);
      const target = `targets:\n  board:\n    kind: board\n    folder: ${service}\n`;
      writeFileSync(inventory, `name: ${name}\n${target}`);
      return [name, {runbook: switchboard, inventory}];
    }),
  );
}

async function number(light: LightFleet, query: string): Promise<number> {
  const text = query.replace(/(FROM|,) (?=runner|unit|wave)/g, '$1 switcharoo_fleet.');
  const {rows} = await light.database.pool.query(text);
  return Number(Object.values(rows[0])[0]);
}

async function until(folder: string, isSo: () => Promise<boolean>): Promise<void> {
  const limitMs = performance.now() + 1_800_000;
  while (!(await isSo())) {
    if (performance.now() > limitMs) {
      throw new Error(`The fleet takes too long: ${logIn(folder)}`);
    }
    await sleep(200);
  }
}

const logIn = (folder: string): string =>
  readFileSync(join(folder, 'log'), 'utf8').split('\n').slice(-10).join('\n');

const less = (now: CpuSeconds, before: CpuSeconds | undefined): CpuSeconds => ({
  own: now.own - (before?.own ?? 0),
  children: now.children - (before?.children ?? 0),
});

const sumOf = (each: readonly CpuSeconds[]): CpuSeconds => ({
  own: each.reduce((sum, {own}) => sum + own, 0),
  children: each.reduce((sum, {children}) => sum + children, 0),
});
