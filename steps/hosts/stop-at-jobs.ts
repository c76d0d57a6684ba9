import {z} from 'zod';
import {
  type Blocked,
  blocked,
  type Difference,
  defineStep,
  done,
  pending,
  waiting,
} from '../../src/index.ts';
import type {AtQueue, FileState, HostsLook} from './contract.ts';
import {editedFiles} from './files/set-aside.ts';
import {actionOn, onEveryHost, onHosts, type PerHost} from './group/per-host.ts';
import {countText, listText} from './group/text.ts';
import {atJobs, isAtBusy} from './processes/jobs.ts';
import {processText} from './processes/processes.ts';
import {hostGroup} from './target.ts';

const input = z.object({
  /** The folder in which atd keeps its jobs: by default that of Debian. On RHEL it is /var/spool/at. */
  spool: z
    .string()
    .regex(/^\/[\w./-]+$/)
    .default('/var/spool/cron/atjobs'),
});
type Input = z.output<typeof input>;

const job = z.object({
  path: z.string(),
  sha256: z.string(),
  mode: z.string(),
  owner: z.string(),
});
const before = z.object({hosts: z.array(z.object({host: z.string(), jobs: z.array(job)}))});

/** The queue of one host, and the files of its jobs. */
interface HostQueue {
  readonly host: string;
  readonly queue: AtQueue;
  readonly files: readonly FileState[];
}

/** Moves the waiting jobs of at and batch aside, and waits for the running ones. */
export const stopAtJobs = defineStep({
  name: 'hosts.stop-at-jobs',
  summary: 'Set aside the queued jobs of at, and wait until its running jobs have ended.',
  targets: {hosts: hostGroup},
  input,
  before,
  output: z.object({}),
  needs: {
    hosts: [
      'sudo without a password for /bin/sh (files in the spool of at and in /var/lib/switcharoo)',
    ],
  },
  reverses:
    'Restores each job file under its own number, byte for byte, and makes atd check at once for due jobs. Jobs that others have queued or removed meanwhile are left as they are.',
  // Jobs write as clients do: the freeze of the database is what refuses their writes.
  effects: [],
  timeoutMs: 3_600_000,
  neverSkip: 'Without it, a job of the old side runs during the cutover or after it.',

  async check(look) {
    const queues = await readQueues(look);
    const obstacle = queueObstacle(queues, look);
    if (obstacle !== null) {
      return obstacle;
    }
    const differences = queues.flatMap(differencesOn);
    if (differences.length > 0) {
      return pending({hosts: queues.map(beforeOn)}, ...differences);
    }
    const running = await runningJobs(look, queues);
    return running.length > 0 ? waiting(running.join('; ')) : done({});
  },

  async plan(look) {
    const jobs = pathsWhere(await readQueues(look), ({inPlace}) => inPlace !== null);
    return actionOn(jobs, {
      does: `move ${jobsText(jobs)} aside`,
      perform: (writer, signal) =>
        onHosts(writer, jobs, async (host, paths) => {
          for (const path of paths) {
            await host.moveAtJobAside(path, look.run, signal);
          }
        }),
    });
  },

  async isReversed(look) {
    const queues = await readQueues(look);
    return queues.every(({files}) => files.every(({kept}) => kept === null));
  },

  async reverse(look) {
    const jobs = pathsWhere(await readQueues(look), ({kept}) => kept !== null);
    return actionOn(jobs, {
      does: `restore ${jobsText(jobs)}, and make atd check at once for due jobs`,
      perform: (writer, signal) =>
        onHosts(writer, jobs, async (host, paths) => {
          for (const path of paths) {
            await host.restoreAtJob(path, look.run, signal);
          }
        }),
    });
  },
});

async function readQueues({
  input: {spool},
  targets,
  run,
  signal,
}: HostsLook<Input>): Promise<readonly HostQueue[]> {
  const hosts = await onEveryHost(targets.hosts.hosts, async (host) => {
    const queue = await host.atQueue(spool, run, signal);
    return {queue, files: await host.atJobs(queue.jobs, run, signal)};
  });
  return hosts.map(({host, value}) => ({host, ...value}));
}

function queueObstacle(
  queues: readonly HostQueue[],
  {input, run, targets}: HostsLook<Input>,
): Blocked | null {
  const misplaced = queues.find(({queue}) => queue.otherSpool !== null);
  if (misplaced !== undefined) {
    return blocked(
      `${misplaced.host} has no ${input.spool}, but it has ${misplaced.queue.otherSpool}.`,
      'Name the folder in which atd keeps its jobs: spool.',
    );
  }
  const edited = queues.flatMap(({host, files}) =>
    editedFiles(files).map(({path}) => `${path} on ${host}`),
  );
  if (edited.length > 0) {
    return blocked(
      `${edited.join(', ')} is in place again, with other content than the job that this run moved aside.`,
      'Another job has its number. List the jobs on that host with atq, and remove it with atrm.',
    );
  }
  const isMoved = queues.some(({files}) => files.some(({kept}) => kept !== null));
  return isMoved && !run.started
    ? blocked(
        `Jobs of at on ${targets.hosts.name} are already moved aside by this entry, but the journal has no record of it.`,
        {
          text: 'The jobs are on the host under /var/lib/switcharoo. Find the run that moved them with',
          command: 'runs',
        },
      )
    : null;
}

async function runningJobs(
  {targets, signal}: HostsLook<Input>,
  queues: readonly HostQueue[],
): Promise<readonly string[]> {
  const processes = await onEveryHost(targets.hosts.hosts, (host) => host.processes(signal));
  return [
    ...queues
      .filter(
        ({host, queue}) =>
          queue.running > 0 && processes.some((each) => each.host === host && isAtBusy(each.value)),
      )
      .map(({host, queue}) => `running jobs of at on ${host}: ${queue.running}`),
    ...processes.flatMap(({host, value}) =>
      atJobs(value).map((job) => `${host}: ${processText(job)} of ${job.user} is running`),
    ),
  ];
}

const differencesOn = ({host, files}: HostQueue): readonly Difference[] =>
  files
    .filter(({inPlace}) => inPlace !== null)
    .map(({path}) => ({what: `${path} on ${host}`, is: 'waiting', shouldBe: 'moved aside'}));

const beforeOn = ({host, files}: HostQueue) => ({
  host,
  jobs: files.flatMap(({path, inPlace}) => (inPlace === null ? [] : [{path, ...inPlace}])),
});

function pathsWhere(
  queues: readonly HostQueue[],
  matches: (file: FileState) => boolean,
): PerHost<readonly string[]> {
  return queues
    .map(({host, files}) => ({host, value: files.filter(matches).map(({path}) => path)}))
    .filter(({value}) => value.length > 0);
}

/** `2 jobs on web1 and 1 job on web2` */
const jobsText = (jobs: PerHost<readonly string[]>): string =>
  listText(jobs.map(({host, value}) => `${countText(value.length, 'job')} on ${host}`));
