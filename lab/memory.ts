import {readFileSync} from 'node:fs';

const bytesPerPage = 4_096;

/** What a process has of the machine's memory now; 0 when it is gone. */
export function memoryMiBOf(pid: number | undefined): number {
  try {
    const [, resident = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    return (Number(resident) * bytesPerPage) / 2 ** 20;
  } catch {
    return 0;
  }
}
