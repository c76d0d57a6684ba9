import type {HostProcess} from '../contract.ts';
import type {Shell} from '../shell/shell.ts';

/** Prints a row for each process: its id, its parent's, its account, its age in seconds, its unit, its name. */
export const psRows = 'ps -eo pid=,ppid=,user:32=,etimes=,unit:128=,comm=';

/** All processes of a host. */
export async function readProcesses(
  shell: Shell,
  signal: AbortSignal,
): Promise<readonly HostProcess[]> {
  const [rows = '', logins = ''] = (await shell.run(processesScript, signal)).split(/^@\n/m);
  const loginOf = new Map(
    [...logins.matchAll(/^\/proc\/(\d+)\/environ:LOGNAME=(.+)$/gm)].map(([, pid, login = '']) => [
      Number(pid),
      login,
    ]),
  );
  return rows.split('\n').flatMap((line) => {
    const process = processIn(line);
    const login = process && loginOf.get(process.pid);
    return process ? [login === undefined ? process : {...process, login}] : [];
  });
}

// Nothing else of an environment leaves the host: it may hold a password.
const processesScript = `${psRows}
echo @
grep -saHz '^LOGNAME=' /proc/[0-9]*/environ | tr '\\0' '\\n' || :`;

function processIn(line: string): HostProcess | undefined {
  const [, pid, parent, user = '', seconds, unit = '', name = ''] =
    /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
  return pid === undefined
    ? undefined
    : {pid: Number(pid), parent: Number(parent), user, seconds: Number(seconds), unit, name};
}

/** `digest.sh (pid 4711, 34 s)` */
export const processText = ({name, pid, seconds}: HostProcess) =>
  `${name} (pid ${pid}, ${seconds} s)`;
