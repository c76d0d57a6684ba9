import type {ObjectStore} from '../../src/model/object-store.ts';

interface Stored {
  readonly text: string;
  readonly atMs: number;
}

const simulatedCaller = {
  arn: 'arn:aws:iam::123456789012:role/operator',
  id: 'AROAEXAMPLEEXAMPLE001:kim',
};

/** How a host reaches the store: what becomes of each request. `serve`: what the store does when it arrives. */
export type Asking = <Result>(
  what: 'add' | 'other',
  serve: () => Result,
  signal: AbortSignal,
) => Promise<Result>;

/**
 * Objects under the laws of S3: a conditional write has one winner, what was written is read and listed from then on,
 * and times are those of the store's own clock. Whatever goes wrong, goes wrong on the way.
 */
export class SimulatedStore {
  readonly #objects = new Map<string, Stored>();
  readonly #nowMs: () => number;
  /** As some stores do that speak the protocol of S3. */
  readonly #ignoresConditions: boolean;

  constructor(nowMs: () => number, {ignoresConditions = false} = {}) {
    this.#nowMs = nowMs;
    this.#ignoresConditions = ignoresConditions;
  }

  /** `undefined` where there is none. */
  textAt(key: string): string | undefined {
    return this.#objects.get(key)?.text;
  }

  /** In the order of their bytes. */
  keys(prefix: string): readonly string[] {
    return [...this.#objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort((first, second) => Buffer.compare(Buffer.from(first), Buffer.from(second)));
  }

  add(key: string, text: string): 'added' | 'taken' {
    if (this.#objects.has(key) && !this.#ignoresConditions) {
      return 'taken';
    }
    this.#objects.set(key, {text, atMs: this.#nowMs()});
    return 'added';
  }

  /** `onAdded`: told of each object that is new. */
  openedBy(asking: Asking, onAdded: (key: string, text: string) => void = () => {}): ObjectStore {
    const add = (key: string, text: string) => {
      const end = this.add(key, text);
      if (end === 'added') {
        onAdded(key, text);
      }
      return end;
    };
    return {
      place: 's3://cutovers/simulated',
      add: (key, text, signal) => asking('add', () => add(key, text), signal),
      read: (key, signal) => asking('other', () => this.textAt(key) ?? null, signal),
      added: (key, signal) => asking('other', () => this.#added(key), signal),
      caller: (signal) => asking('other', () => simulatedCaller, signal),
      keys: (prefix, signal) => asking('other', () => this.keys(prefix), signal),
      publish: (key, {text}, signal) =>
        asking('other', () => void this.#objects.set(key, {text, atMs: this.#nowMs()}), signal),
      safeguards: {
        overwrite: (key, text, signal) =>
          asking(
            'other',
            () => {
              this.#objects.set(key, {text, atMs: this.#nowMs()});
              return 'done';
            },
            signal,
          ),
        remove: (key, signal) =>
          asking(
            'other',
            () => {
              this.#objects.delete(key);
              return 'done';
            },
            signal,
          ),
        keepsVersions: (signal) => asking('other', () => false, signal),
        retention: (signal) => asking('other', () => null, signal),
        history: (prefix, signal) =>
          asking(
            'other',
            () => this.keys(prefix).map((key) => ({key, versions: 1, deletions: 0, isKept: false})),
            signal,
          ),
        setup: async () => ({commands: [], policies: []}),
      },
    };
  }

  /** HTTP has whole seconds. */
  #added(key: string): {readonly at: Date; readonly ageMs: number; readonly bytes: number} | null {
    const stored = this.#objects.get(key);
    const wholeMs = (ms: number) => Math.floor(ms / 1_000) * 1_000;
    return stored
      ? {
          at: new Date(wholeMs(stored.atMs)),
          ageMs: wholeMs(this.#nowMs()) - wholeMs(stored.atMs),
          bytes: Buffer.byteLength(stored.text),
        }
      : null;
  }
}
