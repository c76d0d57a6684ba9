import {setTimeout as sleep} from 'node:timers/promises';
import type {MysqlReader, Position} from '../contract.ts';
import {hasReached} from '../replication/position.ts';
import type {Both, CatchUp, Moment} from './sums.ts';

export interface Limits {
  /** The lag of the target beyond which the comparison waits. */
  readonly lagMsMax: number;
  /** The number of running statements beyond which the comparison waits. */
  readonly threadsRunningMax: number;
}

/** Watches replication and load while data is compared. */
export class Throttle implements CatchUp {
  readonly #servers: Both<MysqlReader>;
  readonly #limits: Limits;
  /** Whether the target replicates from the source; without replication there is nothing to wait for. */
  readonly #replicates: boolean;
  #executed: Position | null = null;
  /** A position of the source that the target has not reached yet. */
  #due: {readonly at: Position; readonly since: number} | null = null;
  #busy: string | null = null;

  constructor(servers: Both<MysqlReader>, limits: Limits, replicates: boolean) {
    this.#servers = servers;
    this.#limits = limits;
    this.#replicates = replicates;
  }

  async now(): Promise<Moment> {
    return this.#replicates ? this.#servers.source.position() : null;
  }

  passed(since: Moment): boolean {
    return since === null || (this.#executed !== null && hasReached(this.#executed, since));
  }

  /** Why the comparison waits, as text; `null` while it may continue. */
  get waitReason(): string | null {
    const {lagMsMax} = this.#limits;
    const lagMs = this.#due ? performance.now() - this.#due.since : 0;
    return lagMs > lagMsMax
      ? `${this.#servers.target.name} is more than ${lagMsMax} ms behind`
      : this.#busy;
  }

  /** Checks lag and load repeatedly, until `over`. */
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
    if (!this.#replicates) {
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
