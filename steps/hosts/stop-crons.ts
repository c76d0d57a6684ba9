import {z} from 'zod';
import {type Difference, defineStep, done, pending, remarked, waiting} from '../../src/index.ts';
import type {HostReader, HostsLook} from './contract.ts';
import {moveFileAside, restoreCrontab, restoreFile, stopCrontab} from './cron/actions.ts';
import {activeLines, activeLinesText} from './cron/crontab-text.ts';
import {cronObstacle, reversalObstacle} from './cron/obstacles.ts';
import {fileUsersOf, longJobs, runningCronJobs, waitText} from './cron/running-jobs.ts';
import {
  type CronsInput,
  cronsBefore,
  cronsInput,
  type HostCrons,
  isToStop,
  timersOf,
  usersOf,
} from './cron/state.ts';
import {sha256} from './files/encoded-text.ts';
import {onEveryHost} from './group/per-host.ts';
import {processText} from './processes/processes.ts';
import {hostGroup} from './target.ts';
import {startActions, stopActions} from './units/actions.ts';
import {unitRemarks} from './units/obstacles.ts';
import {beforeOf, changingUnits, differencesOf, isDown, isPresent} from './units/state.ts';

/** Prevents cron and timers from starting jobs, and waits for the running jobs. No job is ever killed. */
export const stopCrons = defineStep({
  name: 'hosts.stop-crons',
  summary: 'Stop cron jobs and timers, and wait until the running jobs have ended.',
  targets: {hosts: hostGroup},
  input: cronsInput,
  before: z.object({hosts: z.array(cronsBefore)}),
  output: z.object({}),
  needs: {
    hosts: [
      'sudo without a password for /bin/sh (crontab -u, files of cron in /etc, /etc/systemd/system and /var/lib/switcharoo, systemctl)',
    ],
  },
  reverses:
    'Restores the original crontabs and files, byte for byte, and starts the timers that were active.',
  // Jobs write as clients do: the freeze of the database is what refuses their writes.
  effects: [],
  timeoutMs: 3_600_000,
  neverSkip: 'Without it, a job of the old side runs during the cutover or after it.',

  async check(look) {
    const crons = await readCrons(look);
    const obstacle = cronObstacle(crons, look);
    const changing = changingUnits(timersOf(crons));
    if (obstacle !== null || changing.length > 0) {
      return obstacle ?? waiting(changing.join('; '));
    }
    const differences = crons.flatMap(differencesOn);
    if (differences.length > 0) {
      return remarked(pending({hosts: crons.map(beforeOn)}, ...differences), [
        ...(await longJobs(look, crons)),
        ...unitRemarks(timersOf(crons)),
      ]);
    }
    const running = await runningJobs(look, crons);
    return running.length > 0 ? waiting(running.join('; ')) : done({});
  },

  async plan(look) {
    const crons = await readCrons(look);
    return [
      ...stopActions(timersOf(crons), look),
      ...usersOf(crons).flatMap((user) => stopCrontab(user, crons, look.run)),
      ...look.input.cronFiles.flatMap((path) => moveFileAside(path, crons, look.run)),
    ];
  },

  async reverse(look, before) {
    const crons = await readCrons(look);
    return (
      reversalObstacle(crons, before.hosts, look.run) ?? [
        ...look.input.cronFiles.toReversed().flatMap((path) => restoreFile(path, crons, look.run)),
        ...usersOf(crons)
          .toReversed()
          .flatMap((user) => restoreCrontab(user, crons, look.run)),
        ...startActions(
          timersOf(crons),
          before.hosts.map(({host, timers}) => ({host, value: timers})),
          look,
        ),
      ]
    );
  },
});

async function readCrons({
  input,
  targets,
  run,
  signal,
}: HostsLook<CronsInput>): Promise<readonly HostCrons[]> {
  const hosts = await onEveryHost(targets.hosts.hosts, async (host) => {
    const users = input.users === 'every' ? await host.crontabUsers(run, signal) : input.users;
    const [crontabs, files, timers] = await Promise.all([
      host.crontabs(users, run, signal),
      host.cronFiles(input.cronFiles, run, signal),
      host.units(input.timers, run, signal),
    ]);
    return {crontabs, files, timers};
  });
  return hosts.map(({host, value}) => ({host, ...value}));
}

function differencesOn({host, crontabs, files, timers}: HostCrons): readonly Difference[] {
  return [
    ...crontabs.filter(isToStop).map(({user, text}) => ({
      what: `crontab of ${user} on ${host}`,
      is: activeLinesText(text ?? ''),
      shouldBe: '0 active lines',
    })),
    ...files
      .filter(({inPlace}) => inPlace !== null)
      .map(({path}) => ({what: `${path} on ${host}`, is: 'in place', shouldBe: 'moved aside'})),
    ...differencesOf([{host, value: timers}]),
  ];
}

function beforeOn({host, crontabs, files, timers}: HostCrons) {
  return {
    host,
    crontabs: crontabs
      .filter(isToStop)
      .map(({user, text}) => ({user, sha256: sha256(text ?? ''), lines: activeLines(text ?? '')})),
    files: files.flatMap(({path, inPlace}) =>
      inPlace === null
        ? []
        : [{path, sha256: inPlace.sha256, mode: inPlace.mode, owner: inPlace.owner}],
    ),
    timers: timers.filter(isPresent).map(beforeOf),
  };
}

async function runningJobs(
  look: HostsLook<CronsInput>,
  crons: readonly HostCrons[],
): Promise<readonly string[]> {
  const jobs = await onEveryHost(look.targets.hosts.hosts, (host) =>
    jobsOn(
      host,
      crons.find((each) => each.host === host.name),
      look,
    ),
  );
  return jobs.flatMap(({host, value}) => value.map((job) => `${host}: ${job}`));
}

async function jobsOn(
  host: HostReader,
  crons: HostCrons | undefined,
  {run, signal}: HostsLook<CronsInput>,
): Promise<readonly string[]> {
  const services = (crons?.timers ?? []).filter(isPresent).flatMap(({triggers}) => triggers);
  const stopsCron =
    (crons?.crontabs ?? []).some(({kept}) => kept !== null) || fileUsersOf(crons).length > 0;
  const [processes, units, second] = await Promise.all([
    host.processes(signal),
    host.units(services, run, signal),
    stopsCron ? host.secondOfMinute(signal) : startsEndAtSecond,
  ]);
  const jobs = [
    ...runningCronJobs(crons, processes).map(waitText),
    ...units
      .map((state) => ({state, left: processes.filter(({unit}) => unit === state.id)}))
      .filter(({state, left}) => !isDown(state) || left.length > 0)
      .map(({state, left}) => `${state.unit} is running: ${left.map(processText).join(', ')}`),
  ];
  return second < startsEndAtSecond
    ? [...jobs, `cron may still be starting jobs: its minute is ${second} s old`]
    : jobs;
}

// cron reads its files again at each full minute, then starts the jobs of that minute: after five seconds all of them
// can be seen.
const startsEndAtSecond = 5;
