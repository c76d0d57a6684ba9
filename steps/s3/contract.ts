/** What may be asked of a bucket. Nothing here changes it. */
export interface BucketReader {
  /** `bucket shop-config`. */
  readonly name: string;
  /** All keys that begin with a prefix, in order. */
  keys(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  read(key: string, signal: AbortSignal): Promise<Uint8Array>;
}
