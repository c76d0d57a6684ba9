import {SwitcharooError} from '../../../src/index.ts';
import {gitFailed} from '../builder/problems.ts';
import {type ProgramEnd, runProgram} from '../builder/program.ts';

const readLimitMs = 20_000;

/** git on this machine. It never prompts: a question would hang the run. */
export class Git {
  readonly #builder: string;

  constructor(builder: string) {
    this.#builder = builder;
  }

  /** Its output; a problem where it did not do `what`. */
  async run(
    what: string,
    args: readonly string[],
    signal: AbortSignal,
    limitMs = readLimitMs,
  ): Promise<string> {
    const end = await runProgram(['git', ...args], {signal, limitMs, env: quiet});
    if (end.code !== 0) {
      throw this.#failed(what, end, limitMs);
    }
    return end.stdout;
  }

  /** Its output; nothing where its exit code was `noCode`, by which git answers no. */
  async ask(
    what: string,
    args: readonly string[],
    signal: AbortSignal,
    noCode = 1,
  ): Promise<string | undefined> {
    const end = await runProgram(['git', ...args], {signal, limitMs: readLimitMs, env: quiet});
    if (end.code !== 0 && end.code !== noCode) {
      throw this.#failed(what, end, readLimitMs);
    }
    return end.code === 0 ? end.stdout.replace(/\n$/, '') : undefined;
  }

  #failed(what: string, {message, timedOut}: ProgramEnd, limitMs: number): SwitcharooError {
    const reason = timedOut ? `it took longer than ${limitMs / 1_000} s` : message;
    return new SwitcharooError(gitFailed(this.#builder, what, reason));
  }
}

const quiet = {
  GIT_TERMINAL_PROMPT: '0',
  // A check writes nothing: `status` would refresh the index.
  GIT_OPTIONAL_LOCKS: '0',
  GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'] ?? 'ssh -o BatchMode=yes -o ConnectTimeout=5',
};
