import {spawn} from 'node:child_process';
import type {Readable} from 'node:stream';
import {StringDecoder} from 'node:string_decoder';

interface ProgramRun {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its standard input: for secrets, which the list of processes would show. */
  readonly input?: string;
  readonly signal: AbortSignal;
  readonly limitMs: number;
  /** Takes each line that it writes. */
  readonly report?: (line: string) => void;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  /** The last error that it wrote to either stream, or else the last line. */
  readonly message: string;
  readonly timedOut: boolean;
}

const graceMs = 500;
const keptLines = 5;

/** Runs a program to its end. When the signal or the time limit ends it, all that it started ends with it. */
export async function runProgram(
  [command, ...args]: readonly [string, ...(readonly string[])],
  {cwd, env, input, signal, limitMs, report}: ProgramRun,
): Promise<ProgramEnd> {
  signal.throwIfAborted();
  // A process group of its own: Ctrl-C in the terminal is for switcharoo, which then ends this group.
  const child = spawn(command, args, {
    cwd,
    env: {...process.env, LC_ALL: 'C', ...env},
    detached: true,
  });
  const stdout: Buffer[] = [];
  const lines: string[] = [];
  const read = (line: string) => {
    lines.push(line);
    report?.(line);
    lines.splice(0, lines.length - keptLines);
  };
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  readLines(child.stdout, read);
  readLines(child.stderr, read);
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');

  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
    child.once('error', (error) => {
      lines.push(error.message);
      resolve(null);
    });
  });
  const limit = AbortSignal.timeout(limitMs);
  const either = AbortSignal.any([signal, limit]);
  const end = () => endGroup(child.pid, ended);
  either.addEventListener('abort', end, {once: true});
  const code = await ended;
  either.removeEventListener('abort', end);
  signal.throwIfAborted();
  return {
    code,
    stdout: Buffer.concat(stdout).toString(),
    // An error comes before the advice about it; git and builders mark it.
    message:
      lines.findLast((line) => /^(fatal|error):/i.test(line)) ?? lines.at(-1) ?? 'it wrote nothing',
    timedOut: limit.aborted,
  };
}

/** Whole lines: a secret that comes in two parts would be in neither of them. */
function readLines(stream: Readable, read: (line: string) => void): void {
  const decoder = new StringDecoder();
  let remainder = '';
  const take = (text: string) => {
    const parts = (remainder + text).split(/[\r\n]+/);
    remainder = parts.pop() ?? '';
    for (const line of parts.map((part) => part.trim()).filter(Boolean)) {
      read(line);
    }
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stream.on('end', () => take(`${decoder.end()}\n`));
}

function endGroup(pid: number | undefined, ended: Promise<unknown>): void {
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(-(pid ?? Number.NaN), signal);
    } catch {
      // It has ended already.
    }
  };
  kill('SIGTERM');
  const timer = setTimeout(() => kill('SIGKILL'), graceMs);
  void ended.then(() => clearTimeout(timer));
}
