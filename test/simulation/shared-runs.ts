import {hashOf} from '../../src/journal/chain.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {type Progress, progressAfter} from '../../src/model/progress.ts';

interface Known {
  text: string;
  readonly entries: JournalEntry[];
  count: number;
  head: string;
  progress: Progress | undefined;
}

/** What the store says of each run, held against the promises of a shared journal as each object arrives. */
export class SharedRuns {
  readonly #runs = new Map<string, Known>();
  readonly #refute: (words: string) => void;

  constructor(refute: (words: string) => void) {
    this.#refute = refute;
  }

  /** A new object. Those of processes that have ended are no part of a journal. */
  added(key: string, text: string): void {
    const [, run, seq] = /^(\d{8}-\d{6}-[0-9a-f]{4})\/(\d{8})\.jsonl$/.exec(key) ?? [];
    if (run === undefined) {
      return;
    }
    const known = this.#runs.get(run) ?? {
      text: '',
      entries: [],
      count: 0,
      head: '',
      progress: undefined,
    };
    this.#runs.set(run, known);
    if (Number(seq) !== known.count) {
      this.#refute(`${key} was added, and entry ${known.count} is due`);
    }
    if (!text.endsWith('\n')) {
      this.#refute(`${key} has no whole lines`);
    }
    for (const line of text.split('\n').slice(0, -1)) {
      const {hash: _, ...entry} = JSON.parse(line) as JournalEntry & {readonly hash: string};
      if (entry.seq !== known.count || (known.count > 0 && entry.prev !== known.head)) {
        this.#refute(`entry ${entry.seq} of ${key} does not follow from the one before it`);
      }
      known.count += 1;
      known.head = hashOf(line);
      known.entries.push(entry as JournalEntry);
      known.progress = progressAfter(known.progress, entry as JournalEntry);
    }
    known.text += text;
  }

  progressOf(run: string): Progress | undefined {
    return this.#runs.get(run)?.progress;
  }

  textOf(run: string): string {
    return this.#runs.get(run)?.text ?? '';
  }

  entriesOf(run: string): readonly JournalEntry[] {
    return this.#runs.get(run)?.entries ?? [];
  }

  countOf(run: string): number {
    return this.#runs.get(run)?.count ?? 0;
  }
}
