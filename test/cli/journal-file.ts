import {appendFileSync, mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {hashOf, lineOf, noPrev} from '../../src/journal/chain.ts';
import type {Fact} from '../../src/model/journal.ts';

/** A journal that grows while another process reads it. */
export class JournalFile {
  readonly path: string;
  #prev = noPrev;
  readonly #startMs: number;
  #seq = 0;

  constructor(stateFolder: string, run: string, startsAt = new Date('2026-03-01T03:00:00Z')) {
    this.#startMs = startsAt.getTime();
    this.path = join(stateFolder, run, 'journal.jsonl');
    mkdirSync(dirname(this.path), {recursive: true});
    writeFileSync(this.path, '');
  }

  lineWith(fact: Fact): string {
    const atUtc = new Date(this.#startMs + this.#seq * 1_000).toISOString();
    const line = lineOf({seq: this.#seq, atUtc, ...fact, prev: this.#prev});
    this.#prev = hashOf(line);
    this.#seq += 1;
    return `${line}\n`;
  }

  /** The number of its last entry. */
  get seq(): number {
    return this.#seq - 1;
  }

  write(text: string): void {
    appendFileSync(this.path, text);
  }

  add(...facts: readonly Fact[]): void {
    this.write(facts.map((fact) => this.lineWith(fact)).join(''));
  }
}
