import {z} from 'zod';
import {defineStep, done, pending, remarked, waiting} from '../../src/index.ts';
import type {HostProcess} from './contract.ts';
import {onEveryHost, type PerHost} from './group/per-host.ts';
import {orphansOfSupervisor} from './processes/jobs.ts';
import {startedAgain} from './processes/other-supervisor.ts';
import {processText} from './processes/processes.ts';
import {restoreProgram, stopProgram} from './supervisor/actions.ts';
import {programObstacle, programRemarks} from './supervisor/obstacles.ts';
import {
  beforeOf,
  changingProcesses,
  differencesOf,
  isPresent,
  programsBefore,
  programsInput,
  readPrograms,
} from './supervisor/state.ts';
import {hostGroup} from './target.ts';

/**
 * Takes programs out of supervisord. `supervisorctl stop` alone does not last: a restart of supervisord, a reboot or
 * configuration management starts every program that its files declare.
 */
export const stopSupervisorPrograms = defineStep({
  name: 'hosts.stop-supervisor-programs',
  summary: 'Stop programs of supervisord, and prevent it from starting them again.',
  targets: {hosts: hostGroup},
  input: programsInput,
  before: programsBefore,
  output: z.object({}),
  needs: {
    hosts: [
      'sudo without a password for /bin/sh (supervisorctl, files of supervisord and in /var/lib/switcharoo)',
    ],
  },
  reverses:
    'Restores each file, byte for byte, makes supervisord read it, and starts or stops each process as it was before.',
  effects: ({answerVisitors}) =>
    answerVisitors === true ? [{fact: 'application', of: 'hosts', is: 'stopped'}] : [],
  // As long as the longest stopwaitsecs that people set, and some minutes more.
  timeoutMs: 3_900_000,
  neverSkip: 'Without it, a worker of the old side keeps running during the cutover and after it.',

  async check(look) {
    const programs = await readPrograms(look);
    const obstacle = programObstacle(programs, look);
    const changing = changingProcesses(programs);
    if (obstacle !== null || changing.length > 0) {
      return obstacle ?? waiting(changing.join('; '));
    }
    const differences = programs.filter(isPresent).flatMap(differencesOf);
    if (differences.length > 0) {
      return remarked(
        pending({hosts: beforeOf(programs)}, ...differences),
        programRemarks(programs),
      );
    }
    const processes = await onEveryHost(look.targets.hosts.hosts, (host) =>
      host.processes(look.signal),
    );
    const orphans = orphansIn(processes);
    return orphans.length > 0
      ? waiting(`still running: ${orphans.join('; ')}`)
      : ((await startedAgain(look, processes)) ?? done({}));
  },

  async plan(look) {
    const programs = (await readPrograms(look)).filter(isPresent);
    return look.input.programs.flatMap(({group}) => stopProgram(group, programs, look));
  },

  async reverse(look, before) {
    // The files first: supervisord may be down, or not answer, because of them.
    const programs = await readPrograms(look, true);
    return look.input.programs
      .toReversed()
      .flatMap(({group}) => restoreProgram(group, programs, before, look));
  },
});

/** Without stopasgroup= and killasgroup= supervisord stops the process that it started, and none of its children. */
const orphansIn = (processes: PerHost<readonly HostProcess[]>): readonly string[] =>
  processes.flatMap(({host, value}) =>
    orphansOfSupervisor(value).map((each) => `${processText(each)} of ${each.unit} on ${host}`),
  );
