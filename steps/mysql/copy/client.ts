import {spawn} from 'node:child_process';
import type {Readable, Writable} from 'node:stream';
import type {OptionFile} from './option-file.ts';

/** A running client of MySQL or MariaDB. */
export interface CopyProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly ended: Promise<CopyProcessEnd>;
  /** Ends it now, without waiting for the end of its input. */
  kill(): Promise<void>;
}

interface CopyProcessEnd {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  /** What it printed beside its output: its errors and warnings. */
  readonly printed: string;
}

const graceMs = 500;

export function startClient(
  command: string,
  args: readonly string[],
  {options, descriptors}: OptionFile,
): CopyProcess {
  // Its own process group: Ctrl-C in the terminal reaches only switcharoo, which then ends its clients.
  const child = spawn(command, [...options, ...args], {
    stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
    env: {PATH: process.env['PATH'] ?? '', LC_ALL: 'C'},
    detached: true,
  });
  const [stdin, stdout, stderr] = [child.stdin, child.stdout, child.stderr];
  if (!stdin || !stdout || !stderr) {
    throw new Error(`${command} has no streams`);
  }
  let printed = '';
  stderr.on('data', (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(0, longestOutput);
  });
  // The end of the process is reported by `ended`.
  stdin.on('error', () => {});
  const ended = new Promise<CopyProcessEnd>((resolve) => {
    child.once('error', (error) => resolve({code: null, printed: error.message}));
    child.once('close', (code) => resolve({code, printed}));
  });
  return {
    stdin,
    stdout,
    ended,
    kill: async () => {
      endGroup(child.pid, 'SIGTERM');
      const timer = setTimeout(() => endGroup(child.pid, 'SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The client may be a wrapper script: its whole group ends. */
function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    process.kill(-(pid ?? Number.NaN), signal);
  } catch {
    // It has ended already.
  }
}

const longestOutput = 200_000;
