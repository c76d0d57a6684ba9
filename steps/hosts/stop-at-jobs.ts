import {z} from 'zod';
import {blocked, type Difference, defineStep, done, pending, waiting} from '../../src/index.ts';
import type {AtQueue} from './at/queue.ts';
import type {CronFileState} from './cron/crontabs.ts';
import {atJobs, inWords, isAtBusy} from './processes/jobs.ts';
import {placesOf} from './shell/host-text.ts';
import {type HostsLook, hostGroup, onEvery, onThose, type PerHost, whenAny} from './target.ts';

const input = z.object({
  /** Where atd keeps its jobs: Debian's place. RHEL has them in /var/spool/at. */
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

interface Found {
  readonly host: string;
  readonly queue: AtQueue;
  readonly files: readonly CronFileState[];
}

/** Moves what waits in the queue of at and batch aside, and waits for the jobs that run. */
export const stopAtJobs = defineStep({
  name: 'hosts.stop-at-jobs',
  summary: 'Let atd start none of its waiting jobs, and wait until the running ones have ended.',
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
    'Puts back each job file under its own number, byte for byte. atd looks at once for what has become due meanwhile; what others have queued or removed meanwhile stays so.',
  timeoutMs: 3_600_000,

  async check(look) {
    const found = await find(look);
    const astray = found.find(({queue}) => queue.elsewhere !== null);
    if (astray !== undefined) {
      return blocked(
        `${astray.host} has no ${look.input.spool}, but it has ${astray.queue.elsewhere}.`,
        'Name the folder in which atd keeps its jobs: spool.',
      );
    }
    const edited = found.flatMap(({host, files}) =>
      files
        .filter(
          ({inPlace, kept}) => inPlace !== null && kept !== null && inPlace.sha256 !== kept.sha256,
        )
        .map(({path}) => `${path} on ${host}`),
    );
    if (edited.length > 0) {
      return blocked(
        `${edited.join(', ')} is there again, with other content than the job that this run moved aside.`,
        'Somebody queued a job in its place. Find out who, and remove it with atrm.',
      );
    }
    const kept = found.some(({files}) => files.some((file) => file.kept !== null));
    if (kept && !look.run.started) {
      return blocked(
        `Jobs of at on ${look.targets.hosts.name} are already moved aside by this entry, although the journal says nothing of it.`,
        'Find out whose journal it is in: switcharoo runs. The jobs are kept on the host under /var/lib/switcharoo.',
      );
    }
    const differences = found.flatMap(differencesOn);
    if (differences.length > 0) {
      return pending({hosts: found.map(beforeOn)}, ...differences);
    }
    const running = await runningJobs(look, found);
    return running.length > 0 ? waiting(running.join('; ')) : done({});
  },

  async plan(look) {
    const those = pathsWhere(await find(look), ({inPlace}) => inPlace !== null);
    return whenAny(those, {
      does: `move ${countsOf(those)} out of atd's sight`,
      perform: (writer, signal) =>
        onThose(writer, those, async (host, paths) => {
          for (const path of paths) {
            await host.moveAtJob(path, look.run, signal);
          }
        }),
    });
  },

  isReversed: isNothingKept,

  async reverse(look) {
    const those = pathsWhere(await find(look), ({kept}) => kept !== null);
    return whenAny(those, {
      does: `put ${countsOf(those)} back, and let atd look at once for what is due`,
      perform: (writer, signal) =>
        onThose(writer, those, async (host, paths) => {
          for (const path of paths) {
            await host.returnAtJob(path, look.run, signal);
          }
        }),
    });
  },
});

async function isNothingKept(look: HostsLook<Input>): Promise<boolean> {
  return (await find(look)).every(({files}) => files.every(({kept}) => kept === null));
}

async function find({
  input: {spool},
  targets,
  run,
  signal,
}: HostsLook<Input>): Promise<readonly Found[]> {
  const all = await onEvery(targets.hosts.hosts, async (host) => {
    const queue = await host.atQueue(spool, run, signal);
    return {queue, files: await host.cronFiles(queue.jobs, run, signal)};
  });
  return all.map(({host, value}) => ({host, ...value}));
}

async function runningJobs(
  {targets, signal}: HostsLook<Input>,
  found: readonly Found[],
): Promise<readonly string[]> {
  const processes = await onEvery(targets.hosts.hosts, (host) => host.processes(signal));
  return [
    ...found
      .filter(
        ({host, queue}) =>
          queue.running > 0 && processes.some((each) => each.host === host && isAtBusy(each.value)),
      )
      .map(({host, queue}) => `${queue.running} jobs of at are running on ${host}`),
    ...processes.flatMap(({host, value}) =>
      atJobs(value).map((job) => `${host}: ${inWords(job)} of ${job.user} is running`),
    ),
  ];
}

const differencesOn = ({host, files}: Found): readonly Difference[] =>
  files
    .filter(({inPlace}) => inPlace !== null)
    .map(({path}) => ({what: `${path} on ${host}`, is: 'waiting', shouldBe: 'moved aside'}));

const beforeOn = ({host, files}: Found) => ({
  host,
  jobs: files.flatMap(({path, inPlace}) =>
    inPlace === null
      ? []
      : [{path, sha256: inPlace.sha256, mode: inPlace.mode, owner: inPlace.owner}],
  ),
});

function pathsWhere(
  found: readonly Found[],
  holds: (file: CronFileState) => boolean,
): PerHost<readonly string[]> {
  return found
    .map(({host, files}) => ({host, value: files.filter(holds).map(({path}) => path)}))
    .filter(({value}) => value.length > 0);
}

const countsOf = (those: PerHost<readonly string[]>): string =>
  placesOf(
    those.map(
      ({host, value}) => `${value.length} ${value.length === 1 ? 'job' : 'jobs'} on ${host}`,
    ),
  );
