import {readdirSync, readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

/** A process as /proc shows it (proc(5), /proc/pid/stat). */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly seconds: number;
}

/**
 * A group of processes: those that were started with its marker in the environment, and all their descendants. As with
 * systemd's control groups, a process stays a member when its parent is gone.
 */
export interface ProcessGroup {
  readonly marker: Readonly<Record<string, string>>;
  /** The running members, without zombies. */
  members(): readonly ProcessInfo[];
  /** SIGTERM for all of them, SIGKILL for those that are left after `graceMs`. */
  end(graceMs: number): Promise<void>;
}

/** The group of this name. It need not have started here: the processes of a killed supervisor are members too. */
export function processGroup(name: string): ProcessGroup {
  return {marker: {[variable]: name}, ...groupOf((each) => each === name)};
}

/** Ends every process of every group whose name begins so: those of a lab's hosts begin with the lab's folder. */
export async function endGroupsBelow(directory: string): Promise<void> {
  await groupOf((each) => each.startsWith(`${directory}/`)).end(1_000);
}

function groupOf(isName: (name: string) => boolean): Omit<ProcessGroup, 'marker'> {
  const members = () =>
    pids()
      .filter((pid) => isName(groupNameOf(pid)))
      .flatMap((pid) => processInfo(pid) ?? []);
  return {
    members,
    end: async (graceMs) => {
      if (!(await areGone(members, 'SIGTERM', graceMs))) {
        await areGone(members, 'SIGKILL', 1_000);
      }
    },
  };
}

const variable = 'SWITCHAROO_LAB_GROUP';

function groupNameOf(pid: number): string {
  try {
    const settings = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const own = settings.find((setting) => setting.startsWith(`${variable}=`));
    return own?.slice(variable.length + 1) ?? '';
  } catch {
    // It belongs to another account, or it has just ended.
    return '';
  }
}

/** Sends a signal to all members and waits until there is none; `false` when some are left. */
async function areGone(
  members: () => readonly ProcessInfo[],
  signal: NodeJS.Signals,
  withinMs: number,
): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  let left = members();
  for (const {pid} of left) {
    send(pid, signal);
  }
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(10);
    left = left.flatMap(({pid}) => processInfo(pid) ?? []);
    // All processes of the machine are looked through only then: one of them may have started another one.
    left = left.length > 0 ? left : members();
  }
  return left.length === 0;
}

const pids = () =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);

// USER_HZ is 100 on every architecture that Node runs on (time(7)).
const ticksPerSecond = 100;

function processInfo(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const end = stat.lastIndexOf(')');
    // The fields after the command's name, from field 3 on: state, ppid, …, 22: starttime.
    const fields = stat.slice(end + 2).split(' ');
    const upSeconds = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
    const startedAt = Number(fields[19]) / ticksPerSecond;
    return fields[0] === 'Z'
      ? null
      : {
          pid,
          parent: Number(fields[1]),
          name: stat.slice(stat.indexOf('(') + 1, end),
          seconds: Math.max(0, Math.floor(upSeconds - startedAt)),
        };
  } catch {
    return null;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
