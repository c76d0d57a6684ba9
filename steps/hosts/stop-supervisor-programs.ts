import {z} from 'zod';
import {blocked, type Difference, defineStep, done, pending, waiting} from '../../src/index.ts';
import type {CronFileState} from './cron/crontabs.ts';
import {inWords, leftBySupervised} from './processes/jobs.ts';
import {placesOf} from './shell/host-text.ts';
import type {SupervisedProcess} from './supervisor/supervisor.ts';
import {
  type HostsAction,
  type HostsLook,
  hostGroup,
  onEvery,
  onThose,
  type PerHost,
  whenAny,
} from './target.ts';

const program = z.object({
  /** The group, or the program where it has no group. */
  group: z.string().regex(/^\w[\w.-]*$/),
  /** The file that declares it, and nothing else. */
  file: z.string().regex(/^\/[\w./-]+$/),
});
type Program = z.output<typeof program>;

const input = z.object({
  programs: z.array(program).min(1),
  control: z.array(z.string()).min(1).default(['supervisorctl']),
});
type Input = z.output<typeof input>;

const before = z.object({
  hosts: z.array(
    z.object({
      host: z.string(),
      programs: z.array(
        z.object({
          group: z.string(),
          sha256: z.string(),
          mode: z.string(),
          owner: z.string(),
          /** Which of its processes ran. */
          up: z.array(z.string()),
          down: z.array(z.string()),
        }),
      ),
    }),
  ),
});
type Before = z.output<typeof before>;

interface FoundProgram extends Program {
  readonly host: string;
  readonly inPlace: CronFileState['inPlace'];
  readonly kept: CronFileState['kept'];
  readonly processes: readonly SupervisedProcess[] | null;
}

/**
 * Takes programs out of supervisord. `supervisorctl stop` alone does not last: a restart of supervisord, a reboot or
 * configuration management starts what its files declare.
 */
export const stopSupervisorPrograms = defineStep({
  name: 'hosts.stop-supervisor-programs',
  summary: 'Stop programs of supervisord, and take what declares them out of its sight.',
  targets: {hosts: hostGroup},
  input,
  before,
  output: z.object({}),
  needs: {
    hosts: [
      'sudo without a password for /bin/sh (supervisorctl, files of supervisord and in /var/lib/switcharoo)',
    ],
  },
  reverses:
    'Puts back each file byte for byte, lets supervisord read it, and starts or stops each process as it was.',
  timeoutMs: 180_000,

  async check(look) {
    const found = await find(look);
    const why = whyNot(found, look);
    if (why) {
      return why;
    }
    const moving = found.flatMap(({host, processes}) =>
      (processes ?? [])
        .filter(({state}) => moves.includes(state))
        .map(({name, state}) => `${name} on ${host} is ${state}`),
    );
    if (moving.length > 0) {
      return waiting(moving.join('; '));
    }
    const differences = found.filter(isPresent).flatMap(differencesOf);
    if (differences.length > 0) {
      return pending({hosts: beforeIn(found)}, ...differences);
    }
    const left = await leftovers(look);
    return left.length > 0 ? waiting(`still running: ${left.join('; ')}`) : done({});
  },

  async plan(look) {
    const found = (await find(look)).filter(isPresent);
    return look.input.programs.flatMap(({group}) => stopProgram(group, found, look));
  },

  async reverse(look, was) {
    const found = await find(look);
    return look.input.programs
      .toReversed()
      .flatMap(({group}) => restoreProgram(group, found, was, look));
  },
});

async function find({
  input,
  targets,
  run,
  signal,
}: HostsLook<Input>): Promise<readonly FoundProgram[]> {
  const all = await onEvery(targets.hosts.hosts, async (host) => {
    const files = await host.cronFiles(
      input.programs.map(({file}) => file),
      run,
      signal,
    );
    const found: FoundProgram[] = [];
    for (const [index, each] of input.programs.entries()) {
      const {inPlace = null, kept = null} = files[index] ?? {};
      const processes =
        inPlace === null && kept === null
          ? null
          : await host.supervised(each.group, input.control, signal);
      found.push({...each, host: host.name, inPlace, kept, processes});
    }
    return found;
  });
  return all.flatMap(({value}) => value);
}

/** supervisord ends the process that it started, and without stopasgroup= and killasgroup= none that came of it. */
async function leftovers({targets, signal}: HostsLook<Input>): Promise<readonly string[]> {
  const all = await onEvery(targets.hosts.hosts, (host) => host.processes(signal));
  return all.flatMap(({host, value}) =>
    leftBySupervised(value).map((each) => `${inWords(each)} of ${each.unit} on ${host}`),
  );
}

const isPresent = ({inPlace, kept}: FoundProgram): boolean => inPlace !== null || kept !== null;
/** From each of these it comes to another state by itself: after so many tries BACKOFF is FATAL. */
const moves = ['STARTING', 'STOPPING', 'BACKOFF'];
const isUp = ({state}: SupervisedProcess): boolean => state === 'STARTING' || state === 'RUNNING';

function whyNot(found: readonly FoundProgram[], {input, targets, run}: HostsLook<Input>) {
  const absent = input.programs.filter(({file}) =>
    found.every((each) => each.file !== file || !isPresent(each)),
  );
  if (absent.length > 0) {
    return blocked(
      `No host of ${targets.hosts.name} has the file ${absent.map(({file}) => file).join(', ')}.`,
      'Correct the name in the runbook, or the hosts in the inventory.',
    );
  }
  const edited = found.find(
    ({inPlace, kept}) => inPlace !== null && kept !== null && inPlace.sha256 !== kept.sha256,
  );
  if (edited) {
    return blocked(
      `${edited.file} is back on ${edited.host}, with other content than the file that this run moved aside.`,
      'Someone, or configuration management, wrote it. Find out who, and move it elsewhere.',
    );
  }
  const along = found.find((each) => alongWith(each, input).length > 0);
  if (along) {
    return blocked(
      `${along.file} on ${along.host} declares ${alongWith(along, input).join(', ')} too, which nobody named.`,
      'Name it in the runbook too, or give it a file of its own.',
    );
  }
  const stranger = found.find(({inPlace, processes}) => inPlace !== null && processes === null);
  if (stranger && !run.started) {
    return blocked(
      `supervisord on ${stranger.host} knows no group ${stranger.group}, although ${stranger.file} is there.`,
      'Its file is not read yet (supervisorctl reread tells), or the group has another name: correct the runbook.',
    );
  }
  return found.some(({kept}) => kept !== null) && !run.started
    ? blocked(
        `Programs on ${targets.hosts.name} are already moved aside by this entry, although the journal says nothing of it.`,
        'Find out whose journal it is in: switcharoo runs. The files are kept on the host under /var/lib/switcharoo.',
      )
    : null;
}

/** What a file declares beside what is named of it: it would be out of supervisord's sight too, without being stopped. */
function alongWith({file, inPlace}: FoundProgram, {programs}: Input): readonly string[] {
  const named = programs.filter((each) => each.file === file).map(({group}) => group);
  const declared = inPlace?.declares ?? [];
  // A program may belong to a group that another file declares.
  return declared.some((name) => named.includes(name))
    ? declared.filter((name) => !named.includes(name))
    : [];
}

const differencesOf = ({host, group, inPlace, processes}: FoundProgram): readonly Difference[] =>
  inPlace === null && processes === null
    ? []
    : [
        {
          what: `${group} on ${host}`,
          is: `${(processes ?? []).filter(isUp).length} processes run, its file is ${inPlace ? 'in place' : 'moved aside'}`,
          shouldBe: 'unknown to supervisord, its file moved aside',
        },
      ];

function beforeIn(found: readonly FoundProgram[]): Before['hosts'] {
  return [...new Set(found.map(({host}) => host))].map((host) => ({
    host,
    programs: found.flatMap((each) =>
      each.host !== host || each.inPlace === null
        ? []
        : [
            {
              group: each.group,
              sha256: each.inPlace.sha256,
              mode: each.inPlace.mode,
              owner: each.inPlace.owner,
              up: namesWhere(each, isUp),
              down: namesWhere(each, (process) => !isUp(process)),
            },
          ],
    ),
  }));
}

const namesWhere = (
  {processes}: FoundProgram,
  holds: (process: SupervisedProcess) => boolean,
): string[] =>
  (processes ?? [])
    .filter(holds)
    .map(({name}) => name)
    .sort();

/** The file first: between a stop and a move, anything could start it again. */
function stopProgram(
  group: string,
  found: readonly FoundProgram[],
  {input, run}: HostsLook<Input>,
): readonly HostsAction[] {
  const inPlace = where(found, group, (each) => each.inPlace !== null);
  const known = where(found, group, ({processes}) => processes !== null);
  return [
    ...whenAny(inPlace, {
      does: `move the file of ${group} out of supervisord's sight on ${hostsOf(inPlace)}`,
      perform: (writer, signal) =>
        onThose(writer, inPlace, (host, {file}) => host.moveCronFile(file, run, signal)),
    }),
    ...whenAny(known, {
      does: `let supervisord stop and forget ${group} on ${hostsOf(known)}`,
      perform: (writer, signal, say) => {
        say(`waiting until ${group} has stopped`);
        return onThose(writer, known, (host) => host.updateGroup(group, input.control, signal));
      },
    }),
  ];
}

/** supervisord starts what its file says starts by itself: what was down before is stopped right after. */
function restoreProgram(
  group: string,
  found: readonly FoundProgram[],
  was: Before,
  {input, run}: HostsLook<Input>,
): readonly HostsAction[] {
  const {control} = input;
  const kept = where(found, group, (each) => each.kept !== null);
  const forgotten = where(
    found,
    group,
    (each) => isPresent(each) && each.processes === null && wasOn(was, each) !== undefined,
  );
  const again = where(
    found,
    group,
    (each) => wasOn(was, each) !== undefined && !isAsBefore(each, was),
  );
  return [
    ...whenAny(kept, {
      does: `put the file of ${group} back on ${hostsOf(kept)}`,
      perform: (writer, signal) =>
        onThose(writer, kept, (host, {file}) => host.returnCronFile(file, run, signal)),
    }),
    ...whenAny(forgotten, {
      does: `let supervisord read ${group} again on ${hostsOf(forgotten)}`,
      perform: (writer, signal) =>
        onThose(writer, forgotten, (host) => host.updateGroup(group, control, signal)),
    }),
    ...whenAny(again, {
      does: `start and stop the processes of ${group} as they were on ${hostsOf(again)}`,
      perform: (writer, signal) =>
        onThose(writer, again, async (host, each) => {
          const {up = [], down = []} = wasOn(was, each) ?? {};
          await host.startSupervised(up, control, signal);
          await host.stopSupervised(down, control, signal);
        }),
    }),
  ];
}

const wasOn = ({hosts}: Before, {host, group}: FoundProgram) =>
  hosts.find((each) => each.host === host)?.programs.find((each) => each.group === group);

function isAsBefore(found: FoundProgram, was: Before): boolean {
  const {up = [], down = []} = wasOn(was, found) ?? {};
  const running = namesWhere(found, isUp);
  return (
    found.processes !== null &&
    up.every((name) => running.includes(name)) &&
    down.every((name) => !running.includes(name))
  );
}

function where(
  found: readonly FoundProgram[],
  group: string,
  holds: (each: FoundProgram) => boolean,
): PerHost<FoundProgram> {
  return found
    .filter((each) => each.group === group && holds(each))
    .map((each) => ({host: each.host, value: each}));
}

const hostsOf = (those: PerHost<FoundProgram>): string => placesOf(those.map(({host}) => host));
