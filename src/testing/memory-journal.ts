import {hashOf, lineOf, noPrev, readChain} from '../journal/chain.ts';
import type {Journal} from '../journal/contract.ts';
import {
  type EntryOf,
  entryOf,
  type Fact,
  type FactOf,
  type JournalEntry,
} from '../model/journal.ts';
import {FakeClock} from './fake-clock.ts';

export interface Watching {
  readonly now?: () => Date;
  /** May throw: then the entry was never written. */
  before?(fact: Fact): void;
  /** May throw: then the entry is there, and its writer does not know. */
  after?(entry: JournalEntry): void;
}

/** A journal under the same contract as the one on the disk, kept as the same lines. */
export class MemoryJournal implements Journal {
  readonly #watching: Watching;
  readonly #now: () => Date;
  readonly #lines: string[];
  readonly #entries: JournalEntry[];
  #closed = false;

  /** Over the lines that an earlier one left, which are read and verified as those of a file are. */
  constructor(watching: Watching = {}, lines: readonly string[] = []) {
    this.#watching = watching;
    const clock = new FakeClock();
    this.#now = watching.now ?? (() => clock.now());
    this.#lines = [...lines];
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    this.#entries = [...readChain('memory', bytes).entries];
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  get head(): string {
    const last = this.#lines.at(-1);
    return last === undefined ? noPrev : hashOf(last);
  }

  append<Kind extends Fact['kind']>(fact: FactOf<Kind>): EntryOf<Kind> {
    if (this.#closed) {
      throw new Error('the journal is closed');
    }
    this.#watching.before?.(fact);
    const place = {
      seq: this.#entries.length,
      atUtc: this.#now().toISOString(),
      prev: this.head,
    };
    const entry = entryOf(place, fact);
    this.#lines.push(lineOf(entry));
    this.#entries.push(entry);
    this.#watching.after?.(entry);
    return entry;
  }

  shared(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#closed = true;
  }
}
