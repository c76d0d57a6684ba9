import {createHash} from 'node:crypto';
import type {Session} from '../../../src/index.ts';
import type {
  CommandUse,
  Key,
  NamedKey,
  RedisFacts,
  RedisReader,
  RedisWriter,
} from '../../../steps/redis/contract.ts';
import {payloadVersion} from '../../../steps/redis/server/payload.ts';

export interface FakeKey {
  readonly value: string;
  readonly type?: string;
  readonly expiresAtMs?: number | null;
}

interface Settings {
  readonly keys?: Readonly<Record<string, FakeKey>>;
  readonly facts?: Partial<RedisFacts>;
  /** The version of the RDB format that it writes, and the newest that it reads. */
  readonly rdb?: number;
  readonly refused?: readonly string[];
}

/** A small true model of one database: what the writer changes, the reader shows. */
export class FakeRedis implements RedisWriter {
  readonly name: string;
  readonly address = '10.0.0.1:6379';
  readonly db = 0;
  readonly keys = new Map<string, {value: string; type: string; expiresAtMs: number | null}>();
  /** Round trips. */
  trips = 0;
  /** Is called before each restore: it may throw, as a connection that is lost. */
  beforeRestore: () => void = () => {};
  told: RedisFacts;
  readonly #rdb: number;
  readonly #refused: readonly string[];

  constructor(name: string, {keys = {}, facts = {}, rdb = 10, refused = []}: Settings = {}) {
    this.name = name;
    this.#rdb = rdb;
    this.#refused = refused;
    this.told = {
      ...{server: 'Redis 7.0.15', version: '7.0.15', runId: `id-${name}`, replicaOf: undefined},
      ...{isCluster: false, usedBytes: 1_000, maxBytes: 0, policy: 'noeviction', evicted: 0},
      databases: new Map(),
      ...facts,
    };
    for (const [key, {value, type = 'string', expiresAtMs = null}] of Object.entries(keys)) {
      this.keys.set(key, {value, type, expiresAtMs});
    }
  }

  get session(): Session<RedisReader, RedisWriter> {
    return {reader: this, writer: this, close: async () => {}};
  }

  picture(): unknown {
    this.#expire();
    return Object.fromEntries(
      [...this.keys].sort(([first], [second]) => (first < second ? -1 : 1)),
    );
  }

  async facts(signal: AbortSignal): Promise<RedisFacts> {
    this.#trip(signal);
    const {size} = this.keys;
    const databases = new Map([...this.told.databases, ...(size > 0 ? [[0, size] as const] : [])]);
    return {...this.told, databases};
  }

  async nowMs(signal: AbortSignal): Promise<number> {
    this.#trip(signal);
    return Date.now();
  }

  async names(cursor: string, signal: AbortSignal) {
    this.#trip(signal);
    const all = [...this.keys.keys()].sort();
    // The cursor is the last name: what is removed meanwhile hides no other name.
    const rest = all.filter((key) => cursor === '0' || key > cursor.slice(1));
    const page = rest.slice(0, 2);
    return {
      cursor: rest.length > 2 ? `>${page.at(-1)}` : '0',
      keys: page.map((key) => Buffer.from(key, 'latin1')),
    };
  }

  async sizes(keys: readonly Key[], signal: AbortSignal) {
    this.#trip(signal);
    return keys.map((key) => this.#of(key)?.value.length ?? 0);
  }

  async heads(keys: readonly Key[], signal: AbortSignal) {
    this.#trip(signal);
    return keys.map((key) => {
      const found = this.#of(key);
      return found ? {type: found.type, expiresAtMs: found.expiresAtMs} : null;
    });
  }

  async stored(keys: readonly Key[], signal: AbortSignal) {
    this.#trip(signal);
    return keys.map((key) => {
      const found = this.#of(key);
      const footer = Buffer.alloc(10);
      footer.writeUInt16LE(this.#rdb);
      return found
        ? {
            payload: Buffer.concat([Buffer.from(`${found.type} ${found.value}`), footer]),
            expiresAtMs: found.expiresAtMs,
          }
        : null;
    });
  }

  async contentHash(key: Key, signal: AbortSignal) {
    this.#trip(signal);
    const found = this.#of(key);
    return found ? createHash('sha256').update(`${found.type} ${found.value}`).digest('hex') : null;
  }

  async text(key: string, signal: AbortSignal) {
    this.#trip(signal);
    return this.keys.get(key)?.value ?? null;
  }

  async takesPayloads(versions: readonly number[], signal: AbortSignal) {
    this.#trip(signal);
    return versions.map((version) => (version <= this.#rdb ? ('yes' as const) : ('no' as const)));
  }

  async refusedCommands(use: CommandUse, signal: AbortSignal) {
    this.#trip(signal);
    const commands = {read: ['DUMP', 'SCAN'], write: ['UNLINK', 'RESTORE'], note: ['SET']};
    return commands[use].filter((command) => this.#refused.includes(command));
  }

  async queueLengths(names: readonly string[], signal: AbortSignal) {
    this.#trip(signal);
    return names.map((name) => {
      const found = this.keys.get(name);
      const waiting = found && found.type !== 'string' ? found.value.length : 0;
      return {type: found?.type ?? 'none', waiting, pending: 0};
    });
  }

  async restore(keys: readonly NamedKey[], signal: AbortSignal) {
    for (const {key, payload, expiresAtMs} of keys) {
      this.#trip(signal);
      this.beforeRestore();
      if (payloadVersion(payload) > this.#rdb) {
        throw new Error('ERR DUMP payload version or checksum are wrong');
      }
      const [type = '', ...words] = payload.subarray(0, -10).toString().split(' ');
      this.keys.set(key.toString('latin1'), {type, value: words.join(' '), expiresAtMs});
    }
    this.#expire();
  }

  async remove(keys: readonly Key[], signal: AbortSignal) {
    this.#trip(signal);
    for (const key of keys) {
      this.keys.delete(key.toString('latin1'));
    }
  }

  async setText(key: string, value: string, signal: AbortSignal) {
    this.#trip(signal);
    this.keys.set(key, {type: 'string', value, expiresAtMs: null});
  }

  set(key: string, value: string): void {
    this.keys.set(key, {type: 'string', value, expiresAtMs: null});
  }

  #of(key: Key) {
    this.#expire();
    return this.keys.get(key.toString('latin1'));
  }

  #expire(): void {
    for (const [key, {expiresAtMs}] of this.keys) {
      if (expiresAtMs !== null && expiresAtMs <= Date.now()) {
        this.keys.delete(key);
      }
    }
  }

  #trip(signal: AbortSignal): void {
    signal.throwIfAborted();
    this.trips += 1;
  }
}
