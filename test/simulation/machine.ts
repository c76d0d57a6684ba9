import type {Machine} from '../../src/journal/process-identity.ts';

/** A machine with processes that can be killed, and that boots again after a power loss. */
export class SimulatedMachine implements Machine {
  readonly id: string;
  readonly #running = new Map<number, () => void>();
  #boots = 1;
  #lastPid = 100;
  #tokens: () => number;

  /** Machines that share a disk share the source of their tokens too. */
  constructor(id: string, tokens: () => number) {
    this.id = id;
    this.#tokens = tokens;
  }

  get boot(): string {
    return `${this.id} boot ${this.#boots}`;
  }

  /** A new process. `killed` is told when somebody else ends it. */
  start(killed: () => void): number {
    this.#lastPid += 1;
    this.#running.set(this.#lastPid, killed);
    return this.#lastPid;
  }

  ended(pid: number): void {
    this.#running.delete(pid);
  }

  /** All that runs is over; the next processes are of another boot. */
  reboot(): void {
    for (const pid of [...this.#running.keys()]) {
      this.kill(pid);
    }
    this.#boots += 1;
  }

  startTicksOf(pid: number): number | null {
    return this.#running.has(pid) ? pid : null;
  }

  isHidden(): boolean {
    return false;
  }

  kill(pid: number): void {
    const killed = this.#running.get(pid);
    if (!killed) {
      throw Object.assign(new Error(`ESRCH: ${pid}`), {code: 'ESRCH'});
    }
    this.#running.delete(pid);
    killed();
  }

  freshToken(): string {
    return `token-${this.#tokens()}`;
  }
}
