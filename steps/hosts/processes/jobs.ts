import type {Shell} from '../shell/shell.ts';

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

/** A daemon that starts jobs: by which names its processes go, and in which units. */
interface Starter {
  readonly names: readonly string[];
  readonly units: readonly string[];
}

const cron: Starter = {
  names: ['cron', 'crond', 'CRON', 'anacron'],
  units: ['cron.service', 'crond.service', 'anacron.service'],
};
const supervisor: Starter = {
  names: ['supervisord'],
  units: ['supervisor.service', 'supervisord.service'],
};
const at: Starter = {names: ['atd'], units: ['atd.service']};

/** The running jobs of these users that cron started. */
export const cronJobs = (
  processes: readonly HostProcess[],
  users: readonly string[],
): readonly HostProcess[] => startedBy(cron, processes).filter(({user}) => users.includes(user));

/** What a program of supervisord left running when it was stopped: in supervisord's unit, but no child of its any more. */
export function leftBySupervised(processes: readonly HostProcess[]): readonly HostProcess[] {
  const children = descendants(supervisor, processes);
  return processes.filter(({pid, unit}) => supervisor.units.includes(unit) && !children.has(pid));
}

/** Whether atd has a process of its own for some job: without one, a lock in its spool is left of a job that is over. */
export function isAtBusy(processes: readonly HostProcess[]): boolean {
  const started = descendants(at, processes);
  return processes.some(({pid, parent}) => started.has(pid) && started.has(parent));
}

/** The running jobs that atd started. */
export const atJobs = (processes: readonly HostProcess[]): readonly HostProcess[] =>
  startedBy(at, processes);

/**
 * What descends from the daemon (on some systems each job has a session of its own), and what is left in its unit
 * (a job that cut itself off from its parents).
 */
function startedBy(starter: Starter, processes: readonly HostProcess[]): readonly HostProcess[] {
  const started = descendants(starter, processes);
  const {names, units} = starter;
  return processes.filter(
    ({pid, unit, name}) => (started.has(pid) || units.includes(unit)) && !names.includes(name),
  );
}

/** The daemon itself, and all that came of it. */
function descendants({names}: Starter, processes: readonly HostProcess[]): ReadonlySet<number> {
  const started = new Set(processes.filter(({name}) => names.includes(name)).map(({pid}) => pid));
  let size = 0;
  while (size !== started.size) {
    size = started.size;
    for (const {pid, parent} of processes) {
      if (started.has(parent)) {
        started.add(pid);
      }
    }
  }
  return started;
}

/** `digest.sh (pid 4711, 34 s)` */
export const inWords = ({name, pid, seconds}: HostProcess) => `${name} (pid ${pid}, ${seconds} s)`;
