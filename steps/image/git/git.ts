import {SwitcharooError} from '../../../src/index.ts';
import {gitFailed} from '../builder/problems.ts';
import {type Ended, runProgram} from '../builder/program.ts';

/** git on this machine. It asks nobody: a question would hang the run. */
export interface Git {
  /** What it wrote; a problem where it did not do `what`. */
  run(
    what: string,
    args: readonly string[],
    signal: AbortSignal,
    limitMs?: number,
  ): Promise<string>;
  /** What it wrote; nothing where its exit code was `no`, which is an answer, too. */
  ask(
    what: string,
    args: readonly string[],
    signal: AbortSignal,
    no?: number,
  ): Promise<string | undefined>;
}

const readLimitMs = 20_000;

export function gitOn(builder: string): Git {
  const failed = (what: string, {said, timedOut}: Ended, limitMs: number) =>
    new SwitcharooError(
      gitFailed(builder, what, timedOut ? `it took longer than ${limitMs / 1_000} s` : said),
    );
  return {
    async run(what, args, signal, limitMs = readLimitMs) {
      const ended = await runProgram(['git', ...args], {signal, limitMs, env: quiet});
      if (ended.code !== 0) {
        throw failed(what, ended, limitMs);
      }
      return ended.stdout;
    },
    async ask(what, args, signal, no = 1) {
      const ended = await runProgram(['git', ...args], {signal, limitMs: readLimitMs, env: quiet});
      if (ended.code !== 0 && ended.code !== no) {
        throw failed(what, ended, readLimitMs);
      }
      return ended.code === 0 ? ended.stdout.replace(/\n$/, '') : undefined;
    },
  };
}

const quiet = {
  GIT_TERMINAL_PROMPT: '0',
  // A look writes nothing: `status` would refresh the index.
  GIT_OPTIONAL_LOCKS: '0',
  GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'] ?? 'ssh -o BatchMode=yes -o ConnectTimeout=5',
};
