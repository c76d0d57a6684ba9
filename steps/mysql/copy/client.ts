import {spawn} from 'node:child_process';
import type {Readable, Writable} from 'node:stream';
import type {OptionFile} from './option-file.ts';

/** A client of MySQL or MariaDB that runs. */
export interface CopyProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly ended: Promise<CopyProcessEnd>;
  /** Ends it now, without letting it come to the end of its input. */
  kill(): Promise<void>;
}

interface CopyProcessEnd {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  /** The first error that it printed. */
  readonly output: string;
}

const graceMs = 500;

export function startClient(
  command: string,
  args: readonly string[],
  {words, descriptors}: OptionFile,
): CopyProcess {
  // A group of its own: a Ctrl-C in the terminal is for switcharoo, which then ends what it started.
  const child = spawn(command, [...words, ...args], {
    stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
    env: {PATH: process.env['PATH'] ?? '', LC_ALL: 'C'},
    detached: true,
  });
  const [stdin, stdout, stderr] = [child.stdin, child.stdout, child.stderr];
  if (!stdin || !stdout || !stderr) {
    throw new Error(`${command} has no streams`);
  }
  let output = '';
  stderr.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(0, longestOutput);
  });
  // The end of the process is reported by `ended`.
  stdin.on('error', () => {});
  const ended = new Promise<CopyProcessEnd>((resolve) => {
    child.once('error', (error) => resolve({code: null, output: error.message}));
    child.once('close', (code) => resolve({code, output: errorLineOf(output)}));
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

/** A client may be a script around the real one: all of it ends. */
function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    process.kill(-(pid ?? Number.NaN), signal);
  } catch {
    // It is gone already.
  }
}

const longestOutput = 10_000;
const longestWords = 300;

/** The first line that reports an error. What follows a syntax error's `near` is the dump's own text, which is data. */
function errorLineOf(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const line = lines.find((text) => /\berror\b|\bCouldn't\b/i.test(text)) ?? lines.at(-1);
  const words = (line ?? 'it printed nothing').replace(/ near '.*/, '');
  return words.length > longestWords ? `${words.slice(0, longestWords)}…` : words;
}
