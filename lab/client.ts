import {spawn} from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {type Problem, SwitcharooError} from 'switcharoo';
import {z} from 'zod';
import type {ClientsReport} from './clients/protocol.ts';
import type {Window} from './clients/requests.ts';
import type {LabFaultName} from './faults.ts';
import {endGroupsBelow} from './hosts/process-group.ts';
import {startTicksOf} from './process-start.ts';
import {endRemembered} from './processes.ts';
import {programOf} from './program.ts';
import type {Strategy} from './shop-service.ts';
import type {LabStatus} from './status.ts';
import type {LabSwitch} from './switches.ts';
import type {WatchReport} from './watch.ts';
import type {Freeze, HeldTrips} from './wire/wire.ts';
import type {WriteCount} from './write-count.ts';

const pointer = z.object({
  directory: z.string(),
  pid: z.number().int(),
  startTicks: z.number().int().nullable(),
});
type Pointer = z.output<typeof pointer>;

const ready = z.object({
  control: z.url(),
  token: z.string(),
  variables: z.record(z.string(), z.string()),
});

export interface LabOptions {
  readonly stateFolder: string;
  readonly clients?: number;
  readonly slowProcedures?: boolean;
  readonly emptyAurora?: boolean;
  readonly withoutCluster?: boolean;
  /** How ECS deploys the application: ROLLING, if nothing is said. */
  readonly strategy?: Strategy | undefined;
  /** Milliseconds of a round trip between switcharoo and every target. */
  readonly rttMs?: number | undefined;
  /** Ends some time after this process does. Without it, it stays up until `downLab`. */
  readonly owner?: number;
  readonly signal?: AbortSignal;
}

/** A lab that is up, as the command line speaks to it. */
export interface Lab {
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
  status(): Promise<LabStatus>;
  /** With windows: their requests apart from the others. */
  count(windows?: readonly Window[]): Promise<WriteCount>;
  /** What the clients have asked for so far. */
  requests(): Promise<ClientsReport['requests']>;
  /** What switcharoo exchanged with the targets in the freeze; nothing without `rttMs`. */
  freeze(): Promise<Freeze>;
  /** The round trips of each hold; none without `rttMs`. */
  held(windows: readonly Window[]): Promise<readonly HeldTrips[]>;
  /** The notices to people that the lab's receiver got, oldest first. */
  notices(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** What must never happen in a cutover, and happened in this lab. */
  watch(): Promise<WatchReport>;
  pauseClients(): Promise<unknown>;
  resumeClients(): Promise<unknown>;
  turn(change: LabSwitch): Promise<unknown>;
  /** Makes something go wrong. False: it does already. `hidden`: `status` does not name it. */
  cause(fault: LabFaultName, options?: {readonly hidden: boolean}): Promise<boolean>;
  /** Whether it goes wrong now, hidden or not. */
  lasts(fault: LabFaultName): Promise<boolean>;
  /** Ends every fault that lasts, and returns their names. */
  heal(): Promise<readonly LabFaultName[]>;
}

/** How the lab of a runbook begins that makes the first copy itself, by the names of its steps. */
export function beginningFor(
  steps: readonly string[],
): Pick<LabOptions, 'emptyAurora' | 'withoutCluster'> {
  const withoutCluster = steps.includes('aurora.restore-from-s3');
  return {emptyAurora: withoutCluster || steps.includes('aurora.seed'), withoutCluster};
}

const upWithinMs = 60_000;

/** Starts the small world in a process of its own, which outlives this one. */
export async function upLab(options: LabOptions): Promise<Lab> {
  const running = findLab(options.stateFolder);
  if (running) {
    throw new SwitcharooError(labIsUp(running.directory));
  }
  await clearAway(options.stateFolder);
  const directory = mkdtempSync(join(tmpdir(), 'switcharoo-lab-'));
  const log = openSync(join(directory, 'lab.log'), 'a', 0o600);
  const [command, ...args] = programOf('main');
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      LAB_DIRECTORY: directory,
      LAB_CLIENTS: String(options.clients ?? 6),
      LAB_SLOW_PROCEDURES: options.slowProcedures ? '1' : '',
      LAB_EMPTY_AURORA: options.emptyAurora ? '1' : '',
      LAB_WITHOUT_CLUSTER: options.withoutCluster ? '1' : '',
      LAB_STRATEGY: options.strategy ?? '',
      LAB_RTT: options.rttMs === undefined ? '' : String(options.rttMs),
      LAB_OWNER: options.owner === undefined ? '' : String(options.owner),
    },
  });
  child.unref();
  closeSync(log);
  const pid = child.pid ?? -1;
  writePointer(options.stateFolder, {directory, pid, startTicks: startTicksOf(pid)});
  try {
    return await untilReady(options, directory, pid);
  } catch (error) {
    await downLab(options.stateFolder);
    throw error;
  }
}

/** The lab of this state folder, if one is up. */
export function findLab(stateFolder: string): (Lab & {down(): Promise<unknown>}) | undefined {
  const current = readPointer(stateFolder);
  if (!current || startTicksOf(current.pid) !== current.startTicks) {
    return undefined;
  }
  const path = join(current.directory, 'ready.json');
  return existsSync(path) ? labAt(current.directory, path) : undefined;
}

/** Ends the lab and everything that it ever started. Says whether there was one. */
export async function downLab(stateFolder: string): Promise<boolean> {
  const current = readPointer(stateFolder);
  if (!current) {
    return false;
  }
  await findLab(stateFolder)
    ?.down()
    .catch(() => {});
  for (let tries = 0; tries < 150 && startTicksOf(current.pid) === current.startTicks; tries += 1) {
    await sleep(100);
  }
  await clearAway(stateFolder);
  return true;
}

/** What a lab leaves that was killed: processes, its folder, and the pointer to it. */
async function clearAway(stateFolder: string): Promise<void> {
  const current = readPointer(stateFolder);
  if (current) {
    if (current.startTicks !== null && startTicksOf(current.pid) === current.startTicks) {
      process.kill(current.pid, 'SIGKILL');
    }
    await endRemembered(current.directory);
    await endGroupsBelow(current.directory);
    rmSync(current.directory, {recursive: true, force: true, maxRetries: 5});
  }
  rmSync(join(stateFolder, 'lab.json'), {force: true});
  rmSync(join(stateFolder, 'lab.env'), {force: true});
}

async function untilReady(options: LabOptions, directory: string, pid: number): Promise<Lab> {
  const began = startTicksOf(pid);
  const failed = join(directory, 'failed.json');
  for (let waited = 0; waited < upWithinMs; waited += 50) {
    options.signal?.throwIfAborted();
    const path = join(directory, 'ready.json');
    if (existsSync(path)) {
      const lab = labAt(directory, path);
      const lines = Object.entries(lab.variables).map(([name, value]) => `${name}=${value}\n`);
      writeFileSync(join(options.stateFolder, 'lab.env'), lines.join(''), {mode: 0o600});
      return lab;
    }
    if (existsSync(failed) || startTicksOf(pid) !== began) {
      const reason = existsSync(failed)
        ? JSON.parse(readFileSync(failed, 'utf8')).problem
        : tailOf(directory);
      throw new SwitcharooError(labDidNotStart(reason));
    }
    await sleep(50);
  }
  throw new SwitcharooError(labDidNotStart(`it was not ready after ${upWithinMs / 1_000} s`));
}

function labAt(directory: string, path: string): Lab & {down(): Promise<unknown>} {
  const {control, token, variables} = ready.parse(JSON.parse(readFileSync(path, 'utf8')));
  const ask = async (path: string, body: unknown = {}): Promise<unknown> => {
    const response = await fetch(`${control}${path}`, {
      method: 'POST',
      headers: {authorization: `Bearer ${token}`},
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const answer: unknown = await response.json();
    if (!response.ok) {
      throw new SwitcharooError(labRefused(path, String((answer as {problem?: string}).problem)));
    }
    return answer;
  };
  return {
    directory,
    variables,
    // The supervisor is of this very version: it answers with these shapes.
    status: async () => (await ask('/status')) as LabStatus,
    count: async (windows) => (await ask('/count', {windows})) as WriteCount,
    requests: async () => (await ask('/requests')) as ClientsReport['requests'],
    freeze: async () => (await ask('/freeze')) as Freeze,
    held: async (windows) => (await ask('/held', {windows})) as readonly HeldTrips[],
    notices: async () => (await ask('/notices')) as readonly Readonly<Record<string, unknown>>[],
    watch: async () => (await ask('/watch')) as WatchReport,
    pauseClients: () => ask('/clients/pause'),
    resumeClients: () => ask('/clients/resume'),
    turn: (change) => ask('/switch', change),
    cause: async (name, options) =>
      ((await ask('/break', {name, ...options})) as {isNew: boolean}).isNew,
    lasts: async (name) => ((await ask('/lasts', {name})) as {lasts: boolean}).lasts,
    heal: async () => ((await ask('/heal')) as {healed: readonly LabFaultName[]}).healed,
    down: () => ask('/down'),
  };
}

function readPointer(stateFolder: string): Pointer | undefined {
  try {
    return pointer.parse(JSON.parse(readFileSync(join(stateFolder, 'lab.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

function writePointer(stateFolder: string, content: Pointer): void {
  mkdirSync(stateFolder, {recursive: true, mode: 0o700});
  writeFileSync(join(stateFolder, 'lab.json'), JSON.stringify(content), {mode: 0o600});
}

function tailOf(directory: string): string {
  try {
    return readFileSync(join(directory, 'lab.log'), 'utf8')
      .trim()
      .split('\n')
      .slice(-3)
      .join(' / ');
  } catch {
    return 'it left no log';
  }
}

const labIsUp = (directory: string): Problem => ({
  code: 'lab-is-up',
  message: `A lab is running already, in ${directory}.`,
  hint: {
    text: 'Use it with -i lab, resume a rehearsal in it, or stop it with',
    command: 'lab down',
  },
});

const labDidNotStart = (reason: string): Problem => ({
  code: 'lab-did-not-start',
  message: `The lab did not start: ${reason}.`,
  hint: {text: 'All its processes were stopped. Check this machine with', command: 'doctor'},
});

const labRefused = (path: string, reason: string): Problem => ({
  code: 'lab-refused',
  message: `The lab refused ${path}: ${reason}.`,
  hint: {text: 'Show its state with', command: 'lab status'},
});
