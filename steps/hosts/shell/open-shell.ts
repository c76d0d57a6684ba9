import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {Socket} from 'node:net';

/** What one script wrote, and how it ended. */
export interface Ended {
  /** The exit code of the script, or of ssh when the connection ended before the script did. */
  readonly code: number | null;
  /** Whether the script began. */
  readonly started: boolean;
  /** Whether the login ran our command, and not a menu, a message or sftp. */
  readonly loggedIn: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const loginLine = '@switcharoo logged in@';

/**
 * For any login shell, also one that is not POSIX (fish, csh): two words and one in single quotes. Nothing that it
 * prints is taken for an answer before this line, and without it something else has run. `/` belongs to root, and
 * testing that starts no process; in a container it may not, and `id` prints the user.
 */
const asRoot = `/bin/sh -c 'echo "${loginLine}"; { test -O / || test "$(id -u)" = 0; } && exec /bin/sh -s; exec sudo -n /bin/sh -s'`;

const beginLine = '@switcharoo begins@';
const endLine = '@switcharoo ended@';

// The script is one function, called after its last line: half a script, of a broken connection, does nothing.
// Its commands must not read the next script as their own input.
const wrapped = (script: string) => `main() {
${script}
}
echo '${beginLine}'
( set -eu; main ) </dev/null; code=$?; printf '\\n%s\\n' '${endLine}' >&2; printf '\\n%s %s\\n' '${endLine}' "$code"
`;

const environment = `LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
`;

/** The exit code of ssh without a connection (ssh(1)). */
export const noConnection = 255;

/** The end of the output of a script: its exit code follows on stdout. */
const endOf = new RegExp(`\\n${endLine}(?: (\\d+))?\\n$`);

/** A root shell on a host, over ssh. It logs in when the first script is run. `sshArguments`: up to the address. */
export const rootShell = (sshArguments: readonly string[]) =>
  new OpenShell('ssh', [...sshArguments, asRoot], environment);

/** A shell on this machine, of the account that runs switcharoo. */
export const ownShell = () => new OpenShell('/bin/sh', ['-s'], '');

/**
 * A shell that stays open: a script costs one round trip, and starts no process here (as this one has much memory, that
 * would take longer than most scripts). It runs one script at a time.
 */
export class OpenShell {
  readonly #shell: ChildProcessWithoutNullStreams;
  #isUsable = true;
  #isClosed = false;
  #isLoggedIn = false;
  #exitCode: number | null = null;
  #stdout = '';
  #stderr = '';
  #changed = () => {};
  /** When it last answered, on the clock of `performance.now`. */
  answeredAt = performance.now();

  /** `beginning`: for the shell, before its first script. */
  constructor(program: string, words: readonly string[], beginning: string) {
    // Detached: Ctrl-C in the operator's terminal is for switcharoo, which then ends its children.
    this.#shell = spawn(program, words, {detached: true});
    // ssh may end before it has read all of it, for instance when it is refused: its exit code is the reason.
    this.#shell.stdin.on('error', () => {});
    this.#shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#changed();
    });
    this.#shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#changed();
    });
    this.#shell.once('exit', () => {
      this.#isUsable = false;
    });
    const end = (code: number | null) => {
      this.#isUsable = false;
      this.#exitCode = code;
      this.#isClosed = true;
      this.#changed();
    };
    this.#shell.once('close', end);
    this.#shell.once('error', ({message}) => {
      this.#stderr += message;
      end(noConnection);
    });
    this.#shell.stdin.write(beginning);
    this.#holdsProcess(false);
  }

  /** Whether the next script may be sent: no script was interrupted in it, and its connection has not ended. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** What the login has printed instead of running our command; absent where it printed nothing, or did run it. */
  get printedInstead(): string | undefined {
    return this.#isLoggedIn || this.#stdout.trim() === '' ? undefined : this.#stdout;
  }

  /** Rejects with the reason of `signal`, and never otherwise. `connected`: the host has answered. */
  async run(script: string, signal: AbortSignal, connected: () => void): Promise<Ended> {
    this.#stdout = '';
    this.#stderr = '';
    this.#holdsProcess(true);
    try {
      this.#shell.stdin.write(wrapped(script));
      return await this.#result(signal, connected);
    } finally {
      this.#holdsProcess(false);
      this.#changed = () => {};
    }
  }

  /** Ends the shell, or its connection. A script that is running ends when it writes. */
  close(): void {
    this.#isUsable = false;
    this.#shell.kill();
  }

  #result(signal: AbortSignal, connected: () => void): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.close();
        reject(signal.reason);
      };
      if (signal.aborted) {
        abort();
        return;
      }
      signal.addEventListener('abort', abort, {once: true});
      this.#changed = () => {
        if (this.#stdout !== '') {
          connected();
        }
        const ended = this.#endOfScript();
        if (ended) {
          signal.removeEventListener('abort', abort);
          this.answeredAt = performance.now();
          resolve(ended);
        }
      };
      this.#changed();
    });
  }

  #endOfScript(): Ended | undefined {
    const [stdout, stderr] = [endOf.exec(this.#stdout), endOf.exec(this.#stderr)];
    this.#isLoggedIn ||= this.#stdout.includes(`${loginLine}\n`);
    const loggedIn = this.#isLoggedIn;
    const begin = this.#stdout.indexOf(`${beginLine}\n`);
    const started = begin >= 0;
    const written = started ? this.#stdout.slice(begin + beginLine.length + 1) : this.#stdout;
    if (started && stdout && stderr) {
      return {
        code: Number(stdout[1]),
        started,
        loggedIn,
        stdout: written.replace(endOf, ''),
        stderr: this.#stderr.replace(endOf, ''),
      };
    }
    return this.#isClosed
      ? {code: this.#exitCode, started, loggedIn, stdout: written, stderr: this.#stderr}
      : undefined;
  }

  /** An open shell without a script is no reason for this process to stay. */
  #holdsProcess(isHeld: boolean): void {
    const {stdin, stdout, stderr} = this.#shell;
    const streams = [stdin, stdout, stderr].filter((stream) => stream instanceof Socket);
    for (const each of [this.#shell, ...streams]) {
      isHeld ? each.ref() : each.unref();
    }
  }
}
