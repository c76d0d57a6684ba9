import {type Blocked, blocked} from '../../../src/index.ts';
import type {HostsLook} from '../contract.ts';
import {editedFiles} from '../files/set-aside.ts';
import {type HostProgram, isPresent, type ProgramsInput} from './state.ts';

/** Why these programs cannot be stopped and restored, if anything prevents it. */
export function programObstacle(
  programs: readonly HostProgram[],
  {input, targets, run}: HostsLook<ProgramsInput>,
): Blocked | null {
  const group = targets.hosts.name;
  const missing = input.programs.filter(({file}) =>
    programs.every((each) => each.file !== file || !isPresent(each)),
  );
  if (missing.length > 0) {
    return blocked(
      `No host of ${group} has the file ${missing.map(({file}) => file).join(', ')}.`,
      'Correct the name in the runbook, or the hosts in the inventory.',
    );
  }
  const obstacle =
    editObstacle(programs) ?? settingsObstacle(programs) ?? unnamedObstacle(programs, input);
  if (obstacle !== null || run.started) {
    return obstacle;
  }
  const unread = programs.find(({inPlace, processes}) => inPlace !== null && processes === null);
  if (unread) {
    return blocked(
      `supervisord on ${unread.host} knows no group ${unread.group}, although ${unread.file} is there.`,
      `Load the file, or correct the group in the runbook. On ${unread.host}: ${input.control.join(' ')} reread`,
    );
  }
  return programs.some(({kept}) => kept !== null)
    ? blocked(
        `Programs on ${group} are already moved aside by this entry, but the journal has no record of it.`,
        {
          text: 'The files are on the host under /var/lib/switcharoo. Find the run that moved them with',
          command: 'runs',
        },
      )
    : null;
}

/** What the operator should know of a stop before the plan is approved. */
export const programRemarks = (programs: readonly HostProgram[]): readonly string[] =>
  programs.flatMap(({group, host, inPlace}) =>
    inPlace !== null && inPlace.stopSeconds > longStopSeconds
      ? [
          `${group} on ${host} may take ${inPlace.stopSeconds} s to stop (stopwaitsecs): the step waits for it.`,
        ]
      : [],
  );

const longStopSeconds = 60;

/** Without this file nobody could talk to supervisord any more, and it could not be started again. */
function settingsObstacle(programs: readonly HostProgram[]): Blocked | null {
  const program = programs.find(({inPlace}) => (inPlace?.settings ?? []).length > 0);
  return program === undefined
    ? null
    : blocked(
        `${program.file} on ${program.host} also has settings of supervisord itself (${program.inPlace?.settings.join(', ')}): without that file neither supervisord nor supervisorctl works.`,
        `Move ${program.group} to a file of its own that [include] names, such as /etc/supervisor/conf.d/${program.group}.conf. That restarts nothing. Then run on ${program.host}: supervisorctl reread`,
      );
}

function editObstacle(programs: readonly HostProgram[]): Blocked | null {
  const edited = programs.find(
    ({file, inPlace, kept}) => editedFiles([{path: file, inPlace, kept}]).length > 0,
  );
  return edited === undefined
    ? null
    : blocked(
        `${edited.file} is in place again on ${edited.host}, with other content than the file that this run moved aside.`,
        `Move it elsewhere, and stop configuration management on ${edited.host}.`,
      );
}

function unnamedObstacle(programs: readonly HostProgram[], input: ProgramsInput): Blocked | null {
  const program = programs.find((each) => unnamedIn(each, input).length > 0);
  return program === undefined
    ? null
    : blocked(
        `${program.file} on ${program.host} also declares ${unnamedIn(program, input).join(', ')}, which the runbook does not name.`,
        'Name it in the runbook too, or give it a file of its own.',
      );
}

/** Groups of a file that the runbook does not name: supervisord would lose them too, without a stop. */
function unnamedIn({file, inPlace}: HostProgram, {programs}: ProgramsInput): readonly string[] {
  const named = programs.filter((each) => each.file === file).map(({group}) => group);
  const declared = inPlace?.declares ?? [];
  // A program may belong to a group that another file declares.
  return declared.some((name) => named.includes(name))
    ? declared.filter((name) => !named.includes(name))
    : [];
}
