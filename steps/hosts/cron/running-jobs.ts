import {shifted} from '../../../src/index.ts';
import type {HostProcess, HostsLook} from '../contract.ts';
import {onEveryHost} from '../group/per-host.ts';
import {cronJobs, secondsOfCron} from '../processes/jobs.ts';
import {processText} from '../processes/processes.ts';
import {hasRebootJob} from './crontab-text.ts';
import {type HostCrons, usersOf} from './state.ts';

/** A running job of cron. */
interface RunningJob extends HostProcess {
  /** It is as old as cron, and its crontab has a line for @reboot: a daemon, which nothing ends. */
  readonly isSinceBoot: boolean;
}

/** The accounts of the jobs in the files of a host. */
export const fileUsersOf = (crons: HostCrons | undefined): readonly string[] =>
  (crons?.files ?? []).flatMap(({inPlace, kept}) => (inPlace ?? kept)?.users ?? []);

/** The running jobs of the crontabs and files of a host that are, or will be, stopped. */
export function runningCronJobs(
  crons: HostCrons | undefined,
  processes: readonly HostProcess[],
): readonly RunningJob[] {
  const users = [...(crons ? usersOf([crons]) : []), ...fileUsersOf(crons)];
  const rebootUsers = [
    ...(crons?.crontabs ?? [])
      .filter(({text, kept}) => hasRebootJob(kept?.original ?? text ?? ''))
      .map(({user}) => user),
    ...(crons?.files ?? []).flatMap(({inPlace, kept}) => (inPlace ?? kept)?.atBoot ?? []),
  ];
  const ofReboot = new Set(cronJobs(processes, rebootUsers).map(({pid}) => pid));
  const bootSeconds = secondsOfCron(processes) - startsWithinSeconds;
  return cronJobs(processes, users).map((job) => ({
    ...job,
    isSinceBoot: ofReboot.has(job.pid) && job.seconds >= bootSeconds,
  }));
}

export const waitText = (job: RunningJob): string =>
  job.isSinceBoot
    ? `${processText(job)} of ${job.user} is running: cron started it at boot (@reboot). End it by hand: kill ${job.pid}`
    : `${processText(job)} of ${job.user} is running`;

/**
 * Jobs of which it is known before they are stopped that the step will wait for them: those of @reboot, and those that
 * have been running for long.
 */
export async function longJobs(
  {targets, now, signal}: HostsLook,
  crons: readonly HostCrons[],
): Promise<readonly string[]> {
  const hosts = await onEveryHost(targets.hosts.hosts, (host) => host.processes(signal));
  return hosts.flatMap(({host, value}) =>
    mainOnes(
      runningCronJobs(
        crons.find((each) => each.host === host),
        value,
      ),
    )
      .filter(({isSinceBoot, seconds}) => isSinceBoot || seconds >= longSeconds)
      .map((job) => remarkOf(job, host, now)),
  );
}

/** One process for each job: the program, and not the shell that waits for it. */
function mainOnes(jobs: readonly RunningJob[]): readonly RunningJob[] {
  const childrenOf = (job: RunningJob) => jobs.filter(({parent}) => parent === job.pid);
  const mainOf = (job: RunningJob): RunningJob => {
    const [child, second] = childrenOf(job);
    return child && !second ? mainOf(child) : job;
  };
  return jobs.filter(({parent}) => jobs.every(({pid}) => pid !== parent)).map(mainOf);
}

function remarkOf({name, pid, user, seconds, isSinceBoot}: RunningJob, host: string, now: Date) {
  const since = shifted(now, -seconds * 1_000)
    .toISOString()
    .slice(0, 16);
  const job = `${name} (pid ${pid}) of ${user} on ${host} has been running since ${since.replace('T', ' ')} UTC`;
  return isSinceBoot
    ? `${job}: cron started it at boot (@reboot), and it does not end by itself. When the step waits for it, end it by hand. After a reversal, start it by hand: cron starts it only at the next boot.`
    : `${job}: cron started it. The step waits until it ends.`;
}

const startsWithinSeconds = 90;
const longSeconds = 600;
