import {type ChildProcess, type StdioOptions, spawn} from 'node:child_process';
import {openSync, readFileSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {memoryOf, remember, startGuard} from './process-guard.ts';
import {startTicksOf} from './process-start.ts';

/** One process of the lab: a database server, an application, an ECS task, the clients. */
export interface LabProcess {
  readonly name: string;
  readonly pid: number;
  readonly child: ChildProcess;
  readonly exited: Promise<{readonly code: number | null; readonly signal: string | null}>;
  running(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Opens an IPC channel: `child.send`, `child.on('message')`. */
  readonly ipc?: boolean;
  /** Takes each line of its output, too. */
  readonly onLine?: (line: string) => void;
}

/**
 * Starts processes that end with this one, also when it is killed. They are remembered on disk: `lab down` finds those
 * that are left.
 */
export class Processes {
  readonly #directory: string;
  readonly #running = new Set<LabProcess>();
  #isGuarded = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Output goes to `<directory>/<name>.log`. The environment is `env` and nothing else. */
  spawn(
    name: string,
    command: string,
    args: readonly string[],
    options: SpawnOptions = {},
  ): LabProcess {
    const log = openSync(join(this.#directory, `${name}.log`), 'a', 0o600);
    const child = spawn(command, args, {
      cwd: options.cwd ?? this.#directory,
      env: {PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...options.env},
      stdio: stdioOf(options, log),
    });
    const {onLine} = options;
    if (onLine) {
      tee(child, log, onLine);
    }
    const exited = new Promise<{code: number | null; signal: string | null}>((resolve) => {
      child.once('exit', (code, signal) => resolve({code, signal}));
      child.once('error', () => resolve({code: 127, signal: null}));
    });
    const started = this.#keep(name, child, exited);
    void exited.then(() => this.#running.delete(started));
    return started;
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.stop()));
  }

  #keep(name: string, child: ChildProcess, exited: LabProcess['exited']): LabProcess {
    const pid = child.pid ?? -1;
    let over = false;
    void exited.then(() => {
      over = true;
    });
    const kept: LabProcess = {
      name,
      pid,
      child,
      exited,
      running: () => !over,
      kill: (signal) => void (over || child.kill(signal)),
      stop: async (graceMs = 5_000) => {
        kept.kill('SIGTERM');
        const timer = new AbortController();
        await Promise.race([
          exited,
          sleep(graceMs, undefined, {signal: timer.signal}).catch(() => {}),
        ]);
        timer.abort();
        kept.kill('SIGKILL');
        await exited;
      },
    };
    this.#running.add(kept);
    if (pid > 0) {
      remember(this.#directory, name, pid);
      if (!this.#isGuarded) {
        startGuard(this.#directory);
        this.#isGuarded = true;
      }
    }
    return kept;
  }
}

const stdioOf = ({ipc, onLine}: SpawnOptions, log: number): StdioOptions => {
  const output = onLine ? 'pipe' : log;
  return ipc ? ['ignore', output, output, 'ipc'] : ['ignore', output, output];
};

/** What it writes goes to its log file, and line by line to `onLine`. */
function tee(child: ChildProcess, log: number, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => writeSync(log, chunk));
    if (stream) {
      createInterface({input: stream}).on('line', onLine);
    }
  }
}

/** Ends every process that a lab folder remembers and that is still the one it was. */
export async function endRemembered(directory: string): Promise<readonly string[]> {
  const running = remembered(directory).filter(
    ({pid, startTicks}) => startTicksOf(pid) === startTicks,
  );
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const {pid, startTicks} of running) {
      if (startTicksOf(pid) === startTicks) {
        process.kill(pid, signal);
      }
    }
    for (let tries = 0; tries < 50; tries += 1) {
      if (running.every(({pid, startTicks}) => startTicksOf(pid) !== startTicks)) {
        break;
      }
      await sleep(100);
    }
  }
  return running.map(({name}) => name);
}

interface Remembered {
  readonly name: string;
  readonly pid: number;
  readonly startTicks: number | null;
}

function remembered(directory: string): readonly Remembered[] {
  try {
    const text = readFileSync(memoryOf(directory), 'utf8');
    return text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Remembered)
      .filter(({startTicks}) => startTicks !== null);
  } catch {
    return [];
  }
}
