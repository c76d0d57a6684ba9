import type {HostProcess} from '../contract.ts';

/** A daemon that starts jobs: the names of its processes, and its units. */
interface Daemon {
  readonly names: readonly string[];
  readonly units: readonly string[];
}

const cron: Daemon = {
  names: ['cron', 'crond', 'CRON', 'anacron'],
  units: ['cron.service', 'crond.service', 'anacron.service'],
};
const supervisor: Daemon = {
  names: ['supervisord'],
  units: ['supervisor.service', 'supervisord.service'],
};
const at: Daemon = {names: ['atd'], units: ['atd.service']};

/** The running jobs of these users that cron started, also under other accounts (su, sudo, setpriv). */
export function cronJobs(
  processes: readonly HostProcess[],
  users: readonly string[],
): readonly HostProcess[] {
  const jobs = jobsOf(cron, processes);
  const byPid = new Map(jobs.map((job) => [job.pid, job]));
  const isOfUsers = (job: HostProcess): boolean => {
    const {user, login = user, parent} = job;
    const above = byPid.get(parent);
    return [user, login].some((name) => users.includes(name)) || (above ? isOfUsers(above) : false);
  };
  return jobs.filter(isOfUsers);
}

/** How long cron itself has been running: its jobs with @reboot are as old. */
export const secondsOfCron = (processes: readonly HostProcess[]): number =>
  Math.max(
    0,
    ...processes.filter(({name}) => ['cron', 'crond'].includes(name)).map(({seconds}) => seconds),
  );

/** Processes that a stopped program of supervisord left: in a unit of supervisord, but no longer its children. */
export function orphansOfSupervisor(processes: readonly HostProcess[]): readonly HostProcess[] {
  const family = familyOf(supervisor, processes);
  // Each supervisord of a host has a unit of its own, of any name.
  const units = new Set([
    ...supervisor.units,
    ...processes.flatMap(({name, unit}) =>
      supervisor.names.includes(name) && /supervisor.*\.service$/.test(unit) ? [unit] : [],
    ),
  ]);
  return processes.filter(({pid, unit}) => units.has(unit) && !family.has(pid));
}

/** Whether atd has a child process: without one, a lock in its spool is of a job that is over. */
export function isAtBusy(processes: readonly HostProcess[]): boolean {
  const family = familyOf(at, processes);
  return processes.some(({pid, parent}) => family.has(pid) && family.has(parent));
}

/** The running jobs that atd started. */
export const atJobs = (processes: readonly HostProcess[]): readonly HostProcess[] =>
  jobsOf(at, processes);

/**
 * The descendants of a daemon (on some systems each job has a session of its own), and the processes in its unit (a job
 * may have cut itself off from its parents).
 */
function jobsOf(daemon: Daemon, processes: readonly HostProcess[]): readonly HostProcess[] {
  const family = familyOf(daemon, processes);
  const {names, units} = daemon;
  return processes.filter(
    ({pid, unit, name}) => (family.has(pid) || units.includes(unit)) && !names.includes(name),
  );
}

/** The daemon itself, and all its descendants. */
function familyOf({names}: Daemon, processes: readonly HostProcess[]): ReadonlySet<number> {
  const family = new Set(processes.filter(({name}) => names.includes(name)).map(({pid}) => pid));
  let size = 0;
  while (size !== family.size) {
    size = family.size;
    for (const {pid, parent} of processes) {
      if (family.has(parent)) {
        family.add(pid);
      }
    }
  }
  return family;
}
