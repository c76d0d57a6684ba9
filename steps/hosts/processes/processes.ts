import type {HostProcess} from '../contract.ts';
import type {Shell} from '../shell/shell.ts';

/** All processes of a host. */
export async function readProcesses(
  shell: Shell,
  signal: AbortSignal,
): Promise<readonly HostProcess[]> {
  const output = await shell.run('ps -eo pid=,ppid=,user:32=,etimes=,unit:128=,comm=', signal);
  return output.split('\n').flatMap((line) => {
    const [, pid, parent, user = '', seconds, unit = '', name = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined
      ? []
      : [{pid: Number(pid), parent: Number(parent), user, seconds: Number(seconds), unit, name}];
  });
}

/** `digest.sh (pid 4711, 34 s)` */
export const processText = ({name, pid, seconds}: HostProcess) =>
  `${name} (pid ${pid}, ${seconds} s)`;
