import type {ChildProcess} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';

/** Processor time of a process, and of the children that it has waited for. */
export interface CpuSeconds {
  readonly own: number;
  readonly children: number;
}

const ticksPerSecond = 100;

/** Of proc(5), from the second field after the name, which is in parentheses. */
function fieldsOf(pid: number | string): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return []; // it has ended
  }
}

const secondsOf = (fields: readonly string[]): CpuSeconds => {
  const [own, ownOfKernel, children, childrenOfKernel] = fields.slice(11, 15).map(Number);
  return {
    own: ((own ?? 0) + (ownOfKernel ?? 0)) / ticksPerSecond,
    children: ((children ?? 0) + (childrenOfKernel ?? 0)) / ticksPerSecond,
  };
};

export const cpuOf = ({pid}: Pick<ChildProcess, 'pid'>): CpuSeconds =>
  secondsOf(fieldsOf(pid ?? process.pid));

/** Of a server and its children: those that have ended, and those that run. */
export function cpuOfFamily(pid: number): CpuSeconds {
  const server = cpuOf({pid});
  const running = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(fieldsOf)
    .filter((fields) => Number(fields[1]) === pid)
    .map((fields) => secondsOf(fields).own);
  return {
    own: server.own,
    children: running.reduce((sum, seconds) => sum + seconds, server.children),
  };
}
