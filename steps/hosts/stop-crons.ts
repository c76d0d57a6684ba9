import {z} from 'zod';
import {type Difference, defineStep, done, pending, waiting} from '../../src/index.ts';
import {moveFile, restoreCrontab, returnFile, stopCrontab} from './cron/actions.ts';
import {activeLines, activeLinesText, sha256} from './cron/crontab-text.ts';
import {whyNotCrons, whyNoWayBack} from './cron/obstacles.ts';
import {
  type CronsInput,
  cronsBefore,
  cronsInput,
  type FoundCrons,
  isToStop,
  timersOf,
  usersOf,
} from './cron/state.ts';
import {cronJobs, inWords} from './processes/jobs.ts';
import {type HostReader, type HostsLook, hostGroup, onEvery} from './target.ts';
import {
  beforeOf,
  differencesOf,
  isDown,
  isPresent,
  startActions,
  stopActions,
  unsteady,
} from './units/blocked-units.ts';

/** Keeps cron and timers from starting jobs, and waits for those that run. No job is ever killed. */
export const stopCrons = defineStep({
  name: 'hosts.stop-crons',
  summary:
    'Let no cron job or timer start another job, and wait until the running ones have ended.',
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
    'Puts back byte for byte the crontabs and files that were there, and starts the timers that were active.',
  timeoutMs: 3_600_000,

  async check(look) {
    const found = await find(look);
    const why = whyNotCrons(found, look);
    const moving = unsteady(timersOf(found));
    if (why !== null || moving.length > 0) {
      return why ?? waiting(moving.join('; '));
    }
    const differences = found.flatMap((each) => differencesOn(each));
    if (differences.length > 0) {
      return pending({hosts: found.map(beforeOn)}, ...differences);
    }
    const running = await runningJobs(look, found);
    return running.length > 0 ? waiting(running.join('; ')) : done({});
  },

  async plan(look) {
    const found = await find(look);
    return [
      ...stopActions(timersOf(found), look),
      ...usersOf(found).flatMap((user) => stopCrontab(user, found, look.run)),
      ...look.input.cronFiles.flatMap((path) => moveFile(path, found, look.run)),
    ];
  },

  async reverse(look, before) {
    const found = await find(look);
    return (
      whyNoWayBack(found, before.hosts) ?? [
        ...look.input.cronFiles.toReversed().flatMap((path) => returnFile(path, found, look.run)),
        ...usersOf(found)
          .toReversed()
          .flatMap((user) => restoreCrontab(user, found, look.run)),
        ...startActions(
          timersOf(found),
          before.hosts.map(({host, timers}) => ({host, value: timers})),
          look,
        ),
      ]
    );
  },
});

async function find({
  input,
  targets,
  run,
  signal,
}: HostsLook<CronsInput>): Promise<readonly FoundCrons[]> {
  const all = await onEvery(targets.hosts.hosts, async (host) => {
    const users = input.users === 'every' ? await host.crontabUsers(run, signal) : input.users;
    const [crontabs, files, timers] = await Promise.all([
      host.crontabs(users, run, signal),
      host.cronFiles(input.cronFiles, run, signal),
      host.units(input.timers, run, signal),
    ]);
    return {crontabs, files, timers};
  });
  return all.map(({host, value}) => ({host, ...value}));
}

function differencesOn({host, crontabs, files, timers}: FoundCrons): readonly Difference[] {
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

function beforeOn({host, crontabs, files, timers}: FoundCrons) {
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
  found: readonly FoundCrons[],
): Promise<readonly string[]> {
  const all = await onEvery(look.targets.hosts.hosts, (host) =>
    jobsOn(
      host,
      found.find((each) => each.host === host.name),
      look,
    ),
  );
  return all.flatMap(({host, value}) => value.map((words) => `${host}: ${words}`));
}

async function jobsOn(
  host: HostReader,
  found: FoundCrons | undefined,
  {run, signal}: HostsLook<CronsInput>,
): Promise<readonly string[]> {
  const services = (found?.timers ?? []).filter(isPresent).flatMap(({triggers}) => triggers);
  const users = found ? usersOf([found]) : [];
  const fromFiles = (found?.files ?? []).flatMap(
    ({inPlace, kept}) => (inPlace ?? kept)?.users ?? [],
  );
  const stopsCron = (found?.crontabs ?? []).some(({kept}) => kept !== null) || fromFiles.length > 0;
  const [processes, units, second] = await Promise.all([
    host.processes(signal),
    host.units(services, run, signal),
    stopsCron ? host.secondOfMinute(signal) : startsAreOver,
  ]);
  const jobs = [
    ...cronJobs(processes, [...users, ...fromFiles]).map(
      (job) => `${inWords(job)} of ${job.user} is running`,
    ),
    ...units
      .map((state) => ({state, left: processes.filter(({unit}) => unit === state.id)}))
      .filter(({state, left}) => !isDown(state) || left.length > 0)
      .map(({state, left}) => `${state.unit} is running: ${left.map(inWords).join(', ')}`),
  ];
  return second < startsAreOver
    ? [...jobs, `cron may still be starting jobs: its minute is ${second} s old`]
    : jobs;
}

// cron reads its files anew at each full minute, then starts the jobs of that minute: after five seconds they are all to be seen.
const startsAreOver = 5;
