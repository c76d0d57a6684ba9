import type {Expected} from '../contract.ts';
import {DumpParts} from './dump-parts.ts';

/** The progress of a dump that is being loaded, read from the comments that start each of its parts. */
export class DumpProgress {
  readonly #expected: Expected;
  #bytes = 0;
  #tables = 0;
  #schema = '';
  #table = '';
  #head = '';
  readonly parts: DumpParts;
  /** Whether the dump has ended with its comment of completion. */
  complete = false;

  constructor(expected: Expected, parts = new DumpParts()) {
    this.#expected = expected;
    this.parts = parts;
  }

  /** Reads only the start of each line: a line of data has up to a megabyte. */
  feed(chunk: Buffer): void {
    this.#bytes += chunk.length;
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(lineFeed, from);
      const until = end < 0 ? chunk.length : end;
      if (this.#head.length < longestHead) {
        this.#head += chunk.toString('latin1', from, Math.min(until, from + longestHead));
      }
      if (end < 0) {
        return;
      }
      this.#readLine(Buffer.from(this.#head, 'latin1').toString());
      this.#head = '';
      from = end + 1;
    }
  }

  /** "table 3 of 12 (shop.orders), 1.2 GB dumped of about 3.4 GB of data". */
  text(): string {
    const at = this.#table === '' ? '' : ` (${this.#schema}.${this.#table})`;
    return `table ${this.#tables} of ${this.#expected.tables}${at}, ${bytesText(this.#bytes)} dumped of about ${bytesText(this.#expected.bytes)} of data`;
  }

  get bytes(): number {
    return this.#bytes;
  }

  #readLine(line: string): void {
    this.parts.read(line);
    const [, what, name = ''] =
      /^-- (Current Database|Table structure for table):? `(.+)`/.exec(line) ?? [];
    if (what === 'Current Database') {
      this.#schema = name;
    } else if (what !== undefined) {
      this.#tables += 1;
      this.#table = name;
    } else if (line.startsWith('-- Dump completed')) {
      this.complete = true;
    }
  }
}

const lineFeed = 10;
const longestHead = 200;

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

function bytesText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1_000 ** power;
  return `${power === 0 ? bytes : value.toFixed(1)} ${units[power]}`;
}
