import {setTimeout as sleep} from 'node:timers/promises';
import type {MysqlReader, Position} from '../contract.ts';
import {hasReached} from '../replication/position.ts';
import type {Both, Moment, Passing} from './sums.ts';

export interface Limits {
  /** How far the target may be behind before the comparison waits for it. */
  readonly lagMsMax: number;
  /** How many statements a server may be running before the comparison waits. */
  readonly threadsRunningMax: number;
}

/** Watches replication and load while data is compared. */
export class Throttle implements Passing {
  readonly #servers: Both<MysqlReader>;
  readonly #limits: Limits;
  /** Whether the target follows the source; one that follows nobody has all that it will ever have. */
  readonly #follows: boolean;
  #executed: Position | null = null;
  /** A place that the source had reached at some time, and the target has not yet. */
  #due: {readonly at: Position; readonly since: number} | null = null;
  #busy: string | null = null;

  constructor(servers: Both<MysqlReader>, limits: Limits, follows: boolean) {
    this.#servers = servers;
    this.#limits = limits;
    this.#follows = follows;
  }

  async now(): Promise<Moment> {
    return this.#follows ? this.#servers.source.position() : null;
  }

  passed(since: Moment): boolean {
    return since === null || (this.#executed !== null && hasReached(this.#executed, since));
  }

  /** Why the comparison has to wait, in words; `null` while it may go on. */
  get waitsFor(): string | null {
    const {lagMsMax} = this.#limits;
    const lagMs = this.#due ? performance.now() - this.#due.since : 0;
    return lagMs > lagMsMax
      ? `${this.#servers.target.name} is more than ${lagMsMax} ms behind`
      : this.#busy;
  }

  /** Looks again and again, until `over`. */
  async watch(over: AbortSignal, signal: AbortSignal): Promise<void> {
    for (let looks = 0; !over.aborted; looks += 1) {
      await this.#lookAtReplication(signal);
      if (looks % looksPerLoad === 0) {
        await this.#lookAtLoad(signal);
      }
      await sleep(betweenLooksMs, undefined, {signal: AbortSignal.any([over, signal])}).catch(
        () => {},
      );
    }
    signal.throwIfAborted();
  }

  async #lookAtReplication(signal: AbortSignal): Promise<void> {
    if (!this.#follows) {
      return;
    }
    const at = await this.#servers.source.position(signal);
    const replication = await this.#servers.target.replication(signal);
    this.#executed = replication?.executed ?? null;
    if (this.#due && this.passed(this.#due.at)) {
      this.#due = null;
    }
    if (!this.#due && !this.passed(at)) {
      this.#due = {at, since: performance.now()};
    }
  }

  async #lookAtLoad(signal: AbortSignal): Promise<void> {
    const {threadsRunningMax} = this.#limits;
    const running = await Promise.all(
      [this.#servers.source, this.#servers.target].map(async (server) => {
        const [row] = await server.query("SHOW GLOBAL STATUS LIKE 'Threads_running'", [], signal);
        return {name: server.name, threads: Number(row?.['Value'] ?? 0)};
      }),
    );
    const busy = running.find(({threads}) => threads > threadsRunningMax);
    this.#busy = busy
      ? `${busy.name} runs ${busy.threads} statements at once, more than ${threadsRunningMax}`
      : null;
  }
}

const betweenLooksMs = 50;
const looksPerLoad = 10;
