/** A key of Redis: any bytes. */
export type Key = Buffer;

/** A key as DUMP gives it. */
export interface StoredKey {
  readonly payload: Buffer;
  /** Unix time in ms; `null` where it does not expire. */
  readonly expiresAtMs: number | null;
}

export interface NamedKey extends StoredKey {
  readonly key: Key;
}

/** What can be told of a key without its content. */
export interface KeyHead {
  /** `string`, `list`, `set`, `zset`, `hash`, `stream`, or the name that a module gave it. */
  readonly type: string;
  readonly expiresAtMs: number | null;
}

export interface NamesPage {
  /** For the next page; `0` after the last one. */
  readonly cursor: string;
  /** SCAN may give a name twice. */
  readonly keys: readonly Key[];
}

/** What INFO says about a server. */
export interface RedisFacts {
  /** `Redis 7.0.15`, `Valkey 8.0.1` */
  readonly server: string;
  readonly version: string;
  /** A new one after each restart. */
  readonly runId: string;
  /** `undefined` for a master. */
  readonly replicaOf: string | undefined;
  readonly isCluster: boolean;
  readonly usedBytes: number;
  /** 0 without a limit. */
  readonly maxBytes: number;
  /** `noeviction`, `volatile-lru`; empty where INFO does not say it. */
  readonly policy: string;
  /** How many keys were evicted since the start. */
  readonly evicted: number;
  /** How many keys each database has, by its number. */
  readonly databases: ReadonlyMap<number, number>;
}

/** How much waits in a queue. */
export interface QueueLength {
  /** `none` where there is no such key: Redis removes an empty list. */
  readonly type: string;
  /** Messages that nobody took; of a stream, those that a group has not been given. */
  readonly waiting: number;
  /** Messages of a stream that a consumer was given and has not acknowledged. */
  readonly pending: number;
}

/** To read keys, to restore and remove them, and to leave a note of switcharoo. */
export type CommandUse = 'read' | 'write' | 'note';

/** One database of a Redis server. All lists of keys are asked in one round trip. */
export interface RedisReader {
  /** As the inventory names it. */
  readonly name: string;
  /** `redis1.example.com:6379`, or the master that the sentinels name. */
  readonly address: string;
  /** Its number. */
  readonly db: number;
  facts(signal: AbortSignal): Promise<RedisFacts>;
  /** Its clock, as Unix time in ms. */
  nowMs(signal: AbortSignal): Promise<number>;
  /** A page of names, from the cursor of the last one; `0` begins. */
  names(cursor: string, signal: AbortSignal): Promise<NamesPage>;
  /** How many bytes each key takes about; 0 for one that is gone. */
  sizes(keys: readonly Key[], signal: AbortSignal): Promise<readonly number[]>;
  heads(keys: readonly Key[], signal: AbortSignal): Promise<readonly (KeyHead | null)[]>;
  stored(keys: readonly Key[], signal: AbortSignal): Promise<readonly (StoredKey | null)[]>;
  /** A hash of the content that is the same on every version, however it is stored; `null` for a key that is gone. */
  contentHash(key: Key, signal: AbortSignal): Promise<string | null>;
  /** The text of a key; `null` where there is none. */
  text(key: string, signal: AbortSignal): Promise<string | null>;
  /** Whether RESTORE takes payloads of these versions. It is asked with payloads that hold nothing. */
  takesPayloads(
    versions: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly ('yes' | 'no' | 'not-told')[]>;
  /** The commands that this account may not use, of those that one use needs. Nothing is changed. */
  refusedCommands(use: CommandUse, signal: AbortSignal): Promise<readonly string[]>;
  queueLengths(names: readonly string[], signal: AbortSignal): Promise<readonly QueueLength[]>;
}

export interface RedisWriter extends RedisReader {
  /** Replaces each key. One that has expired meanwhile is not there afterwards. */
  restore(keys: readonly NamedKey[], signal: AbortSignal): Promise<void>;
  remove(keys: readonly Key[], signal: AbortSignal): Promise<void>;
  setText(key: string, text: string, signal: AbortSignal): Promise<void>;
}
