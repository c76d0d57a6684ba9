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
  /** The server between the two, where the target does not replicate from the source itself. */
  readonly #over: MysqlReader | undefined;
  /** A position of the source on its way, and where the server between them had logged it. */
  #underWay: {readonly at: Position; logged: Position | null} | null = null;
  #executed: Position | null = null;
  /** A position of the source that the target has not reached yet. */
  #due: {readonly at: Position; readonly since: number} | null = null;
  #busy: string | null = null;

  constructor(
    servers: Both<MysqlReader>,
    limits: Limits & {readonly over?: MysqlReader | undefined},
    replicates: boolean,
  ) {
    this.#servers = servers;
    this.#over = limits.over;
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
    this.#executed = this.#over
      ? await this.#executedOver(this.#over, at, replication?.executed, signal)
      : (replication?.executed ?? null);
    if (this.#due && this.passed(this.#due.at)) {
      this.#due = null;
    }
    if (!this.#due && !this.passed(at)) {
      this.#due = {at, since: performance.now()};
    }
  }

  /** Each server has its own log: a position is followed from one to the next. */
  async #executedOver(
    over: MysqlReader,
    at: Position,
    onTarget: Position | undefined,
    signal: AbortSignal,
  ): Promise<Position | null> {
    const underWay = this.#underWay ?? {at, logged: null};
    this.#underWay = underWay;
    const onReplica = (await over.replication(signal))?.executed;
    if (!underWay.logged && onReplica && hasReached(onReplica, underWay.at)) {
      underWay.logged = await over.position(signal);
    }
    if (!underWay.logged || !onTarget || !hasReached(onTarget, underWay.logged)) {
      return this.#executed;
    }
    this.#underWay = null;
    return underWay.at;
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
