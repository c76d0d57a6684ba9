import type {Shell} from './shell.ts';

/** One process of a host. */
export interface HostProcess {
  readonly pid: number;
  readonly parent: number;
  readonly user: string;
  readonly seconds: number;
  /** The systemd unit whose it is, or `-`. */
  readonly unit: string;
  /** The program's name, never its arguments: they may hold a password. */
  readonly name: string;
}

/** All processes of a host. */
export async function readProcesses(
  shell: Shell,
  signal: AbortSignal,
): Promise<readonly HostProcess[]> {
  const text = await shell.run('ps -eo pid=,ppid=,user:32=,etimes=,unit:128=,comm=', signal);
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, user = '', seconds, unit = '', name = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined
      ? []
      : [{pid: Number(pid), parent: Number(parent), user, seconds: Number(seconds), unit, name}];
  });
}

const daemons = ['cron', 'crond', 'CRON'];
const cronUnits = ['cron.service', 'crond.service'];

/**
 * The running jobs of these users that cron started: what descends from its daemon (on some systems each job
 * has a session of its own), and what is left in its unit (a job that cut itself off from its parents).
 */
export function cronJobs(
  processes: readonly HostProcess[],
  users: readonly string[],
): readonly HostProcess[] {
  const started = new Set(processes.filter(({name}) => daemons.includes(name)).map(({pid}) => pid));
  let size = 0;
  while (size !== started.size) {
    size = started.size;
    for (const {pid, parent} of processes) {
      if (started.has(parent)) {
        started.add(pid);
      }
    }
  }
  return processes.filter(
    ({pid, unit, user, name}) =>
      (started.has(pid) || cronUnits.includes(unit)) &&
      users.includes(user) &&
      !daemons.includes(name),
  );
}

/** `digest.sh (pid 4711, 34 s)` */
export const inWords = ({name, pid, seconds}: HostProcess) => `${name} (pid ${pid}, ${seconds} s)`;
