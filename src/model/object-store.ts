/**
 * A place that every host of a team reaches. An object in it is written once, and never changed: of two hosts that add
 * the same key at once, one is told that it is taken.
 */
export interface ObjectStore {
  /** For people: `s3://our-cutovers/shop`. */
  readonly place: string;
  /**
   * Adds a text where there is none. `taken`: there is one, and it was left as it is. After an error, nobody knows
   * whether it was added.
   */
  add(key: string, text: string, signal: AbortSignal): Promise<'added' | 'taken'>;
  /** `null` where there is none. */
  read(key: string, signal: AbortSignal): Promise<string | null>;
  /** All keys that begin with a prefix, in order. */
  keys(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
}
