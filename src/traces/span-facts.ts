import {sha256} from '../model/canonical.ts';
import type {EntryOf, JournalEntry} from '../model/journal.ts';
import {beginningOf, endOf, reversalKey, sessionKey} from './span-limits.ts';

/** A span that has ended. Its ids follow from the journal: each process makes the same ones. */
export interface SpanFact {
  readonly id: string;
  /** None of the first process of a run. */
  readonly parent?: string;
  readonly name: string;
  readonly startUtc: string;
  readonly endUtc: string;
  readonly attributes: Readonly<Record<string, string | boolean>>;
  /** What went wrong is told by a code, and never by a text: that could hold the value of a parameter. */
  readonly isError: boolean;
}

type OpenSpan = Omit<SpanFact, 'endUtc' | 'isError'>;

/** Of a run: 32 hexadecimal digits. */
export const traceIdOf = (run: string): string => sha256(`switcharoo run ${run}`).slice(0, 32);

/** What another process says of the one before, after that has ended. */
const aboutEarlier: ReadonlySet<string> = new Set([
  'lock-taken-over',
  'earlier-holder-stopped',
  'unshared-added',
  // A take-over writes it between these. That of a live process is followed by its next entry.
  'operator-identified',
  'tail-cut',
]);

/**
 * Makes spans of the entries of a journal: one of each process of a run, of each entry, action, question and reversal.
 * `kindOf`: what kind of system a target is.
 */
export class SpanFacts {
  readonly #kindOf: (target: string) => string | undefined;
  readonly #open = new Map<string, OpenSpan>();
  #started: EntryOf<'run-started'> | undefined;
  #root: string | undefined;
  #lastUtc = '';
  #ended: SpanFact[] = [];

  constructor(kindOf: (target: string) => string | undefined) {
    this.#kindOf = kindOf;
  }

  /** No process works on the run, as far as the journal tells. */
  get isAtRest(): boolean {
    return !this.#open.has(sessionKey);
  }

  /** The spans that end with this entry. */
  hear(entry: JournalEntry): readonly SpanFact[] {
    this.#ended = [];
    if (entry.kind === 'run-started') {
      this.#started = entry;
    }
    if (entry.kind === 'run-resumed') {
      this.#endAll(this.#lastUtc, 'interrupted', 'run-interrupted');
    }
    this.#begin(entry);
    const end = endOf(entry);
    if (end?.of === 'all') {
      this.#endAll(entry.atUtc, end.outcome, end.code);
    } else if (end) {
      this.#end(end.of, entry.atUtc, end.outcome, end.code);
    }
    if (!aboutEarlier.has(entry.kind)) {
      this.#lastUtc = entry.atUtc;
    }
    return this.#ended;
  }

  #begin(entry: JournalEntry): void {
    const started = this.#started;
    const beginning = started && beginningOf(entry, started, this.#kindOf);
    if (!beginning) {
      return;
    }
    const {key, within, name, attributes} = beginning;
    // What started before under the same key has not ended, and does not any more.
    this.#end(key, entry.atUtc, 'repeated');
    const id = sha256(`switcharoo run ${started.run} entry ${entry.seq}`).slice(0, 16);
    const around = within.map((each) => this.#open.get(each)?.id).find((open) => open);
    const parent = around ?? this.#root;
    this.#root ??= id;
    this.#open.set(key, {
      ...{id, name, startUtc: entry.atUtc},
      ...(parent === undefined ? {} : {parent}),
      attributes: {'switcharoo.run': started.run, ...attributes},
    });
  }

  #end(key: string, endUtc: string, outcome: string, code?: string): void {
    const span = this.#open.get(key);
    if (span) {
      this.#open.delete(key);
      const error = code === undefined ? {} : {'error.type': code};
      const attributes = {...span.attributes, 'switcharoo.outcome': outcome, ...error};
      this.#ended.push({...span, endUtc, attributes, isError: code !== undefined});
    }
  }

  /** The process ends, and with it what it was at: the newest first, so that a parent ends last. */
  #endAll(endUtc: string, outcome: string, code?: string): void {
    for (const key of [...this.#open.keys()].reverse()) {
      if (key === sessionKey || key === reversalKey) {
        this.#end(key, endUtc, outcome, code);
      } else {
        this.#end(key, endUtc, 'open');
      }
    }
  }
}
