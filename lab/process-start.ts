import {readFileSync} from 'node:fs';

/** When a process began, in clock ticks since boot: with the pid it names one process. `null` when it has ended. */
export function startTicksOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name is in parentheses and may hold anything; the fields that matter come after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // proc(5): field 22 is starttime; a zombie (Z) has ended, only its parent has not asked yet.
    return fields[0] === 'Z' ? null : Number(fields[19]);
  } catch {
    return null;
  }
}
