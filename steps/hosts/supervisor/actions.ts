import type {Control, HostsAction, HostsLook} from '../contract.ts';
import {actionOn, onHosts, type PerHost} from '../group/per-host.ts';
import {hostsText} from '../group/text.ts';
import {
  type HostProgram,
  isAsBefore,
  isPresent,
  type ProgramsBefore,
  type ProgramsInput,
  programBefore,
} from './state.ts';

/** The file first: between a stop and a move, anything could start it again. */
export function stopProgram(
  group: string,
  programs: readonly HostProgram[],
  {input, run}: HostsLook<ProgramsInput>,
): readonly HostsAction[] {
  const inPlace = programsWhere(programs, group, (each) => each.inPlace !== null);
  const running = programsWhere(programs, group, ({processes}) => processes !== null);
  return [
    ...actionOn(inPlace, {
      does: `move the file of ${group} aside on ${hostsText(inPlace)}`,
      perform: (writer, signal) =>
        onHosts(writer, inPlace, (host, {file}) => host.moveAside(file, run, signal)),
    }),
    ...actionOn(running, {
      does: `stop ${group} and remove it from supervisord on ${hostsText(running)}`,
      perform: (writer, signal, say) => {
        const seconds = Math.max(...running.map(({value}) => stopSecondsOf(value)));
        say(`waiting until ${group} has stopped (stopwaitsecs: ${seconds})`);
        return onHosts(writer, running, (host, each) =>
          host.removeGroup(group, controlOf(each, input, 'stopSeconds'), run, signal),
        );
      },
    }),
  ];
}

/** supervisord starts the programs that its file starts automatically: those that were down are stopped right after. */
export function restoreProgram(
  group: string,
  programs: readonly HostProgram[],
  before: ProgramsBefore,
  {input, run}: HostsLook<ProgramsInput>,
): readonly HostsAction[] {
  const {control} = input;
  const wasThere = (each: HostProgram) => programBefore(before, each) !== undefined;
  const kept = programsWhere(programs, group, (each) => each.kept !== null);
  const removed = programsWhere(
    programs,
    group,
    (each) => isPresent(each) && each.processes === null && wasThere(each),
  );
  const changed = programsWhere(
    programs,
    group,
    (each) => wasThere(each) && !isAsBefore(each, before),
  );
  return [
    ...actionOn(kept, {
      does: `restore the file of ${group} on ${hostsText(kept)}`,
      perform: (writer, signal) =>
        onHosts(writer, kept, async (host, {file}) => {
          await host.forgetStopped(run, signal);
          await host.restoreFile(file, run, signal);
        }),
    }),
    ...actionOn(removed, {
      does: `add ${group} to supervisord again on ${hostsText(removed)}`,
      perform: (writer, signal) =>
        onHosts(writer, removed, (host) => host.updateGroup(group, control, signal)),
    }),
    ...actionOn(changed, {
      does: `start and stop the processes of ${group} as they were before on ${hostsText(changed)}`,
      perform: (writer, signal) =>
        onHosts(writer, changed, async (host, each) => {
          const {up = [], down = []} = programBefore(before, each) ?? {};
          await host.startProcesses(up, controlOf(each, input, 'startSeconds'), signal);
          await host.stopProcesses(down, controlOf(each, input, 'stopSeconds'), signal);
        }),
    }),
  ];
}

const fileOf = ({inPlace, kept}: HostProgram) => inPlace ?? kept;
const stopSecondsOf = (program: HostProgram) => fileOf(program)?.stopSeconds ?? 10;

const controlOf = (
  program: HostProgram,
  {control: command}: ProgramsInput,
  limit: 'stopSeconds' | 'startSeconds',
): Control => ({command, limitMs: (fileOf(program)?.[limit] ?? 0) * 1_000});

function programsWhere(
  programs: readonly HostProgram[],
  group: string,
  matches: (each: HostProgram) => boolean,
): PerHost<HostProgram> {
  return programs
    .filter((each) => each.group === group && matches(each))
    .map((each) => ({host: each.host, value: each}));
}
