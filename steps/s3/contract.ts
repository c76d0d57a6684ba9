import type {ObjectHistory} from '../../src/index.ts';

/** What may be asked of a bucket. Nothing here changes it. */
export interface BucketReader {
  /** `bucket shop-config`. */
  readonly name: string;
  /** The time by the clock of AWS, to a minute. */
  now(): Date;
  /** All keys that begin with a prefix, in order. */
  keys(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  read(key: string, signal: AbortSignal): Promise<Uint8Array>;
  /** All objects whose keys begin with a prefix, by key in the order of S3. */
  objects(prefix: string, signal: AbortSignal): Promise<readonly StoredObject[]>;
  /** Its size, when it was written, and how long ago, by the clock of S3 to a second; `null` where there is none. */
  written(
    key: string,
    signal: AbortSignal,
  ): Promise<{readonly at: Date; readonly ageMs: number; readonly bytes: number} | null>;
  /** The SHA-256 of an object in hexadecimal, whatever its size; `null` where there is none. */
  sha256(key: string, signal: AbortSignal): Promise<string | null>;
  /**
   * A URL with which anybody may make one request until it ends, 15 minutes later or with the session's own keys. It is
   * a secret: it must not reach a verdict, a plan or the journal.
   */
  signedUrl(method: 'GET' | 'PUT', key: string, signal: AbortSignal): Promise<string>;
  /** Whether it keeps what was overwritten or deleted. */
  keepsVersions(signal: AbortSignal): Promise<boolean>;
  /** What was ever written under keys that begin with a prefix, also what was replaced or deleted since. */
  history(prefix: string, signal: AbortSignal): Promise<readonly ObjectHistory[]>;
  /** For how long Object Lock keeps a new object, in words; `null` where it keeps none. */
  retention(signal: AbortSignal): Promise<string | null>;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Without its quotes. The MD5 of the content, unless it came in parts or is encrypted with a key of KMS. */
  readonly etag: string;
  /** By the clock of S3, in whole seconds. */
  readonly modified: Date;
}

/** What S3 sends with an object. */
export interface Served {
  readonly type: string;
  readonly cacheControl: string;
}

/** What may be changed in a bucket. */
export interface BucketWriter extends BucketReader {
  /** Writes an object where there is none (API reference, PutObject, `If-None-Match`). `taken`: there is one. */
  add(key: string, text: string, signal: AbortSignal): Promise<'added' | 'taken'>;
  /** `served`: how browsers are to take it. */
  write(key: string, text: string, signal: AbortSignal, served?: Served): Promise<void>;
  /** Does nothing where there is no such object. */
  remove(key: string, signal: AbortSignal): Promise<void>;
}
