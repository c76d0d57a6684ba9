import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

export type SideName = 'old' | 'new';

interface Side {
  writable: boolean;
  readonly rows: number[];
}

/** What was set, by whom, in order. */
export interface Effect {
  readonly by: string;
  readonly what: string;
  readonly value: string;
  readonly atMs: number;
}

export interface ShopState {
  readonly settings: Readonly<Record<string, string>>;
  /** Rows that a side still lacks. */
  readonly behind: Readonly<Record<SideName, number>>;
}

/** How the writes of its client ended. */
export interface WriteCount {
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicated: number;
  /** How often both sides accepted writes at once. */
  readonly splits: number;
}

const copyMs = 10;
const writeMs = 20;

/**
 * The smallest shop that can be cut over: two sides that accept writes or refuse them, replication to the one that
 * refuses them, a client that writes where the traffic goes, and settings that cost nothing.
 */
export class SmallShop {
  readonly effects: Effect[] = [];
  /** How long it takes to set something: half of it before it has its effect. */
  actMs = 0;
  readonly #sides: Readonly<Record<SideName, Side>> = {
    old: {writable: true, rows: []},
    new: {writable: false, rows: []},
  };
  readonly #settings = new Map<string, string>([['traffic', 'old']]);
  readonly #acknowledged = new Set<number>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #next = 0;
  #splits = 0;

  async open(): Promise<string> {
    this.#timers.push(setInterval(() => this.#copy(), copyMs));
    this.#timers.push(setInterval(() => this.#write(), writeMs));
    // A connection that is closed as idle while a request is on its way would be no fault of either host.
    this.#server.keepAliveTimeout = 10 * 60_000;
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) {
      clearInterval(timer);
    }
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get state(): ShopState {
    const {old, new: fresh} = this.#sides;
    const settings = {
      ...Object.fromEntries([...this.#settings].sort()),
      'old.writable': String(old.writable),
      'new.writable': String(fresh.writable),
    };
    return {settings, behind: {old: lacking(fresh, old).length, new: lacking(old, fresh).length}};
  }

  /** Held against the side that is in charge, once what is to be copied to it has been. */
  async count(): Promise<WriteCount> {
    await sleep(5 * copyMs);
    const {rows} = this.#sides[this.#inCharge];
    const kept = new Set(rows);
    return {
      acknowledged: this.#acknowledged.size,
      lost: [...this.#acknowledged].filter((id) => !kept.has(id)).length,
      duplicated: rows.length - kept.size,
      splits: this.#splits,
    };
  }

  get #inCharge(): SideName {
    return this.#settings.get('traffic') === 'new' ? 'new' : 'old';
  }

  /** A write that is refused is tried again, and nothing else before it. */
  #write(): void {
    const side = this.#sides[this.#inCharge];
    if (side.writable) {
      side.rows.push(this.#next);
      this.#acknowledged.add(this.#next);
      this.#next += 1;
    }
  }

  /** Only into a side that refuses writes: nobody copies between two that have each their own. */
  #copy(): void {
    const {old, new: fresh} = this.#sides;
    if (!fresh.writable) {
      fresh.rows.push(...lacking(old, fresh));
    }
    if (!old.writable) {
      old.rows.push(...lacking(fresh, old));
    }
  }

  #set(what: string, value: string): void {
    const [, side] = /^(old|new)\.writable$/.exec(what) ?? [];
    if (side === undefined) {
      this.#settings.set(what, value);
      return;
    }
    this.#sides[side as SideName].writable = value === 'true';
    this.#splits += this.#sides.old.writable && this.#sides.new.writable ? 1 : 0;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) {
        chunks.push(chunk);
      }
      const {by, what, value} = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      await sleep(this.actMs / 2);
      this.#set(what, value);
      this.effects.push({by, what, value, atMs: performance.now()});
      await sleep(this.actMs / 2);
    }
    response.end(JSON.stringify(this.state));
  }
}

function lacking(from: Side, to: Side): readonly number[] {
  const there = new Set(to.rows);
  return from.rows.filter((id) => !there.has(id));
}
