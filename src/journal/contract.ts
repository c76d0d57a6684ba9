import type {EntryOf, Fact, FactOf, JournalEntry} from '../model/journal.ts';

/** The append-only record of one run. */
export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** SHA-256 of the last line. */
  readonly head: string;
  /**
   * Returns once the entry is on the disk. It throws (`journal-unwritable`, `lock-lost`, `lock-unreadable`) when that
   * is not certain,
   * and from then on for every entry: the caller must not touch a target any more.
   * A fact that must not be written as it is (`secret-in-journal`, `journal-entry-malformed`) is refused, and that
   * alone.
   */
  append<Kind extends Fact['kind']>(fact: FactOf<Kind>): EntryOf<Kind>;
  /**
   * Resolves once all that was appended is where another host finds it; of a journal that no other host reads, at
   * once. It rejects `lock-lost` when somebody else owns the run now, and `store-unreachable` when nobody can tell.
   */
  shared(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** The right to act for one runbook and inventory. */
export interface Lock {
  /** Throws `lock-lost` when somebody else has taken over, and `lock-unreadable` when nobody can tell. */
  assertHeld(): void;
  release(): void;
}
