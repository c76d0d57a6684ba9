import {spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {existsSync, readFileSync, readlinkSync} from 'node:fs';
import {hostname} from 'node:os';

/** The machine that a process runs on, as its lock knows it. A simulation has several. */
export interface Machine {
  /** Tells it from every other. */
  readonly id: string;
  /** Tells this boot of it from every other. */
  readonly boot: string;
  /** `null` when there is no such process, or no more. */
  startTicksOf(pid: number): number | null;
  isHidden(pid: number): boolean;
  /** Sends SIGKILL. Throws as kill(2) does. */
  kill(pid: number): void;
  /** A name that nobody else will ever have. */
  freshToken(): string;
}

export const thisMachine: Machine = {
  get id() {
    return machineId();
  },
  get boot() {
    return bootId();
  },
  startTicksOf,
  isHidden,
  kill: (pid) => void process.kill(pid, 'SIGKILL'),
  freshToken: () => randomBytes(12).toString('hex'),
};

/**
 * When a process began, in clock ticks since boot, or in seconds since 1970 where there is no /proc (macOS): with the
 * pid it names one process for ever. `null` when it is gone.
 */
export function startTicksOf(pid: number): number | null {
  return existsSync('/proc/self/stat') ? startTicksInProc(pid) : startSecondOf(pid);
}

/**
 * By ps(1), whose `lstart` macOS and Linux print alike: "Sun Nov 29 18:53:00 2026". Throws where there is no ps: a lock
 * whose holder cannot be found must not pass for one that nobody holds.
 */
export function startSecondOf(pid: number): number | null {
  const {error, stdout} = spawnSync('ps', ['-p', String(pid), '-o', 'stat=', '-o', 'lstart='], {
    encoding: 'utf8',
    env: {...process.env, LC_ALL: 'C', TZ: 'UTC'},
  });
  if (error) {
    throw error;
  }
  const [, state = 'Z', moment = ''] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(stdout) ?? [];
  if (state.startsWith('Z')) {
    return null;
  }
  const startMs = Date.parse(`${moment} UTC`);
  if (Number.isNaN(startMs)) {
    throw new Error(
      `ps -o lstart= printed "${stdout.trim()}" for process ${pid}, which is not a time.`,
    );
  }
  return startMs / 1_000;
}

function startTicksInProc(pid: number): number | null {
  const fields = statFieldsOf(pid);
  // proc(5): field 22 is starttime; a zombie (Z) has ended, only its parent has not asked yet.
  return fields === null || fields[0] === 'Z' ? null : Number(fields[19]);
}

/** Whether there is such a process although it is not shown: /proc may hide those of other users (proc(5), hidepid). */
function isHidden(pid: number): boolean {
  if (!existsSync('/proc/self/stat') || statFieldsOf(pid) !== null) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Tells this machine from every other: two laptops may both be called "localhost", clones of one image have its
 * machine-id,
 * and containers may share both with their host while the same number is another process in each (pid_namespaces(7)).
 */
function machineId(): string {
  const parts = [fileText('/etc/machine-id'), hostname(), linkText('/proc/self/ns/pid')];
  return parts.filter((part) => part !== undefined).join(' ');
}

/** Tells this boot of this machine from every other: after a reboot all earlier processes are gone. */
function bootId(): string {
  return fileText('/proc/sys/kernel/random/boot_id') ?? 'unknown';
}

function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function linkText(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function statFieldsOf(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name is in parentheses and may hold anything; the fields that matter come after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
