import type {OpenShell} from './open-shell.ts';

/** A firewall may have forgotten a connection that was idle for longer. */
const freshMs = 20_000;
const mostIdle = 4;

const isFresh = ({isUsable, answeredAt}: OpenShell): boolean =>
  isUsable && performance.now() - answeredAt < freshMs;

/** The open shells of one machine: a script takes one that is free, or opens one. */
export class IdleShells {
  readonly #openOne: () => OpenShell;
  #idle: readonly OpenShell[] = [];
  readonly #open = new Set<OpenShell>();

  constructor(openOne: () => OpenShell) {
    this.#openOne = openOne;
  }

  /** Whether the next script finds an open shell. */
  get hasFree(): boolean {
    return this.#idle.some(isFresh);
  }

  /** With a shell that nobody else uses meanwhile. */
  async with<Result>(work: (shell: OpenShell) => Promise<Result>): Promise<Result> {
    const shell = this.#take();
    try {
      return await work(shell);
    } finally {
      this.#giveBack(shell);
    }
  }

  close(): void {
    for (const shell of this.#open) {
      this.#discard(shell);
    }
  }

  #take(): OpenShell {
    for (const shell of this.#idle.filter((each) => !isFresh(each))) {
      this.#discard(shell);
    }
    const [free] = this.#idle;
    const shell = free ?? this.#openOne();
    this.#idle = this.#idle.filter((each) => each !== shell);
    this.#open.add(shell);
    return shell;
  }

  #giveBack(shell: OpenShell): void {
    if (shell.isUsable && this.#idle.length < mostIdle) {
      this.#idle = [shell, ...this.#idle];
    } else {
      this.#discard(shell);
    }
  }

  #discard(shell: OpenShell): void {
    shell.close();
    this.#open.delete(shell);
    this.#idle = this.#idle.filter((each) => each !== shell);
  }
}
