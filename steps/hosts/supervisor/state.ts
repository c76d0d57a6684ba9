import {z} from 'zod';
import {type Difference, SwitcharooError} from '../../../src/index.ts';
import type {HostReader, HostsLook, ProgramFile, SupervisorProcess} from '../contract.ts';
import {onEveryHost} from '../group/per-host.ts';
import {watchSeconds} from '../processes/other-supervisor.ts';

const program = z.object({
  /** The group, or the program where it has no group. */
  group: z.string().regex(/^\w[\w.-]*$/),
  /** The file that declares it, and nothing else. */
  file: z.string().regex(/^\/[\w./-]+$/),
});
type Program = z.output<typeof program>;

export const programsInput = z.object({
  programs: z.array(program).min(1),
  control: z.array(z.string()).min(1).default(['supervisorctl']),
  /** Visitors are answered by one of the programs: stopping it begins an outage. Only `verify` needs to know. */
  answerVisitors: z.boolean().optional(),
  watchSeconds,
});
export type ProgramsInput = z.output<typeof programsInput>;

export const programsBefore = z.object({
  hosts: z.array(
    z.object({
      host: z.string(),
      programs: z.array(
        z.object({
          group: z.string(),
          sha256: z.string(),
          mode: z.string(),
          owner: z.string(),
          /** Its running processes, and the others. */
          up: z.array(z.string()),
          down: z.array(z.string()),
        }),
      ),
    }),
  ),
});
export type ProgramsBefore = z.output<typeof programsBefore>;

/** A program on one host: its file, and its processes, `null` when supervisord does not know the group. */
export interface HostProgram extends Program {
  readonly host: string;
  readonly inPlace: ProgramFile | null;
  readonly kept: ProgramFile | null;
  readonly processes: readonly SupervisorProcess[] | null;
}

/** `withoutAnswer`: what supervisord does not answer counts as unknown to it. A reversal has to begin without it. */
export async function readPrograms(
  {input, targets, run, signal}: HostsLook<ProgramsInput>,
  withoutAnswer = false,
): Promise<readonly HostProgram[]> {
  const processesOf = (host: HostReader, group: string) =>
    host.supervisorProcesses(group, input.control, signal).catch((error: unknown) => {
      if (withoutAnswer && isCommandFailure(error)) {
        return null;
      }
      throw error;
    });
  const hosts = await onEveryHost(targets.hosts.hosts, async (host) => {
    const files = await host.programFiles(
      input.programs.map(({file}) => file),
      run,
      signal,
    );
    const programs: HostProgram[] = [];
    for (const [index, each] of input.programs.entries()) {
      const {inPlace = null, kept = null} = files[index] ?? {};
      const processes =
        inPlace === null && kept === null ? null : await processesOf(host, each.group);
      programs.push({...each, host: host.name, inPlace, kept, processes});
    }
    return programs;
  });
  return hosts.flatMap(({value}) => value);
}

const isCommandFailure = (error: unknown): boolean =>
  error instanceof SwitcharooError && error.problem.code === 'host-command-failed';

export const isPresent = ({inPlace, kept}: HostProgram): boolean =>
  inPlace !== null || kept !== null;

const isUp = ({state}: SupervisorProcess): boolean => state === 'STARTING' || state === 'RUNNING';

/** Each of these becomes another state by itself: after a number of tries BACKOFF is FATAL. */
const changingStates = ['STARTING', 'STOPPING', 'BACKOFF'];

/** Processes that are neither up nor down yet. */
export const changingProcesses = (programs: readonly HostProgram[]): readonly string[] =>
  programs.flatMap(({host, processes}) =>
    (processes ?? [])
      .filter(({state}) => changingStates.includes(state))
      .map(({name, state}) => `${name} on ${host} is ${state}`),
  );

export const differencesOf = ({
  host,
  group,
  inPlace,
  processes,
}: HostProgram): readonly Difference[] =>
  inPlace === null && processes === null
    ? []
    : [
        {
          what: `${group} on ${host}`,
          is: `${(processes ?? []).filter(isUp).length} processes run, its file is ${inPlace ? 'in place' : 'moved aside'}`,
          shouldBe: 'unknown to supervisord, its file moved aside',
        },
      ];

export const beforeOf = (programs: readonly HostProgram[]): ProgramsBefore['hosts'] =>
  [...new Set(programs.map(({host}) => host))].map((host) => ({
    host,
    programs: programs.flatMap((each) =>
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

/** The program in the before-image; `undefined` where it was not there. */
export const programBefore = ({hosts}: ProgramsBefore, {host, group}: HostProgram) =>
  hosts.find((each) => each.host === host)?.programs.find((each) => each.group === group);

/** Whether its processes run, or not, as they did before. */
export function isAsBefore(program: HostProgram, before: ProgramsBefore): boolean {
  const {up = [], down = []} = programBefore(before, program) ?? {};
  const running = namesWhere(program, isUp);
  return (
    program.processes !== null &&
    up.every((name) => running.includes(name)) &&
    down.every((name) => !running.includes(name))
  );
}

const namesWhere = (
  {processes}: HostProgram,
  matches: (process: SupervisorProcess) => boolean,
): string[] =>
  (processes ?? [])
    .filter(matches)
    .map(({name}) => name)
    .sort();
