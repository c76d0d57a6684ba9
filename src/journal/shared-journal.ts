import type {EntryOf, Fact, FactOf, JournalEntry} from '../model/journal.ts';
import type {Journal} from './contract.ts';
import type {SharedLog} from './shared-log.ts';

/** A journal on this disk that is also where other hosts find it. What was appended is shared at the next barrier. */
export class SharedJournal implements Journal {
  readonly #journal: Journal;
  readonly #log: SharedLog;
  readonly #closed = new AbortController();

  constructor(journal: Journal, log: SharedLog) {
    this.#journal = journal;
    this.#log = log;
    void log.watch(journal.entries, this.#closed.signal);
  }

  get entries(): readonly JournalEntry[] {
    return this.#journal.entries;
  }

  get head(): string {
    return this.#journal.head;
  }

  append<Kind extends Fact['kind']>(fact: FactOf<Kind>): EntryOf<Kind> {
    this.#log.assertOwn();
    return this.#journal.append(fact);
  }

  shared(signal: AbortSignal): Promise<void> {
    return this.#log.add(this.#journal.entries, signal);
  }

  close(): void {
    this.#closed.abort();
    this.#journal.close();
  }
}
