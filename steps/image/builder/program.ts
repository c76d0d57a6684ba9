import {spawn} from 'node:child_process';

export interface ProgramRun {
  readonly cwd?: string;
  /** Beside this process' own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** For its standard input: what must not be in the list of processes. */
  readonly input?: string;
  readonly signal: AbortSignal;
  readonly limitMs: number;
  /** Told each line that it writes. */
  readonly say?: (line: string) => void;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** The last error that it said on either stream, or else the last line. */
  readonly said: string;
  readonly timedOut: boolean;
}

const graceMs = 500;
const keptLines = 5;

/** Runs a program to its end. When the signal or the time ends it, everything that it started ends with it. */
export async function runProgram(
  [command, ...args]: readonly [string, ...(readonly string[])],
  {cwd, env, input, signal, limitMs, say}: ProgramRun,
): Promise<Ended> {
  signal.throwIfAborted();
  // A group of its own: Ctrl-C in the terminal is for switcharoo, which then ends what it started.
  const child = spawn(command, args, {
    cwd,
    env: {...process.env, LC_ALL: 'C', ...env},
    detached: true,
  });
  const stdout: Buffer[] = [];
  const lines: string[] = [];
  const hear = (chunk: Buffer) => {
    const heard = chunk.toString().split(/[\r\n]+/);
    for (const line of heard.map((one) => one.trim()).filter(Boolean)) {
      lines.push(line);
      say?.(line);
    }
    lines.splice(0, lines.length - keptLines);
  };
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk);
    hear(chunk);
  });
  child.stderr.on('data', hear);
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
    // What went wrong comes before what one should see to; git and builders mark it.
    said:
      lines.findLast((line) => /^(fatal|error):/i.test(line)) ?? lines.at(-1) ?? 'it said nothing',
    timedOut: limit.aborted,
  };
}

function endGroup(pid: number | undefined, ended: Promise<unknown>): void {
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(-(pid ?? Number.NaN), signal);
    } catch {
      // It is gone already.
    }
  };
  kill('SIGTERM');
  const timer = setTimeout(() => kill('SIGKILL'), graceMs);
  void ended.then(() => clearTimeout(timer));
}
