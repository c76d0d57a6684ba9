import type {Principal} from './principal.ts';

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
  /** When a text was added, and how long ago that is, by the clock of the store; `null` where there is none. */
  added(
    key: string,
    signal: AbortSignal,
  ): Promise<{readonly at: Date; readonly ageMs: number; readonly bytes: number} | null>;
  /** Whom the store takes this process for. */
  caller(signal: AbortSignal): Promise<Principal>;
  /** All keys that begin with a prefix, in order. */
  keys(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Writes a file for browsers, over what is there. No run relies on an object with such a key. */
  publish(
    key: PageKey,
    {text, type}: {readonly text: string; readonly type: string},
    signal: AbortSignal,
  ): Promise<void>;
  readonly safeguards: StoreSafeguards;
}

/** Of the page of a run. No run has such a name. */
export type PageKey = `live/${string}`;

/** What keeps an object as it is, against those who may write to the store. No run needs it. */
interface StoreSafeguards {
  /** Writes an object without asking whether there is one. */
  overwrite(key: string, text: string, signal: AbortSignal): Promise<'done' | 'denied'>;
  remove(key: string, signal: AbortSignal): Promise<'done' | 'denied'>;
  /** Whether the store keeps what was overwritten or deleted. */
  keepsVersions(signal: AbortSignal): Promise<boolean>;
  /** For how long nobody can delete an object, in words; `null` where anybody with the right can. */
  retention(signal: AbortSignal): Promise<string | null>;
  /** Of each key that begins with a prefix and was ever written, in order. */
  history(prefix: string, signal: AbortSignal): Promise<readonly ObjectHistory[]>;
  /** How its administrator makes it. Asks nothing, and makes nothing. */
  setup(): Promise<StoreSetup>;
}

/** What a store knows of a key that was written. */
export interface ObjectHistory {
  readonly key: string;
  /** How often it was written, as far as versions are kept. */
  readonly versions: number;
  /** How many delete markers it has. */
  readonly deletions: number;
  /** Whether the store keeps what is replaced or deleted there. */
  readonly isKept: boolean;
}

export interface StoreSetup {
  /** In this order. They read the policies from files with the names of the policies. */
  readonly commands: readonly {readonly does: string; readonly command: string}[];
  readonly policies: readonly {
    readonly file: string;
    /** Whom or what it is attached to. */
    readonly of: string;
    readonly document: unknown;
  }[];
}
