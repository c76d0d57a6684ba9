import {widthOf} from '../../report/text.ts';
import type {Write} from './broken-terminal.ts';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const eraseToLineEnd = '\u001b[K';
const eraseBelow = '\u001b[J';
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A\r` : '\r');

/** The lines at the end of a terminal that are drawn over and over. Only lines that changed are sent. */
export class LiveRegion {
  readonly #write: Write;
  #drawn: readonly string[] = [];
  #columns = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  draw(lines: readonly string[], columns: number): void {
    if (this.#drawn.length === 0) {
      this.#write(hideCursor);
    }
    const resized = columns !== this.#columns && this.#drawn.length > 0;
    if (resized) {
      // A terminal that became narrower may have broken the drawn lines: the rows that they take now are erased.
      this.#write(up(rowsOf(this.#drawn, columns)) + eraseBelow);
      this.#drawn = [];
    }
    this.#columns = columns;
    const text = this.#changesTo(lines);
    if (text) {
      this.#write(text);
    }
    this.#drawn = lines;
  }

  /** Leaves the drawn lines in their place, and the cursor below it. */
  leave(): void {
    if (this.#drawn.length > 0) {
      this.#write(showCursor);
      this.#drawn = [];
    }
  }

  #changesTo(lines: readonly string[]): string {
    const was = this.#drawn;
    if (was.length === lines.length && was.every((line, at) => line === lines[at])) {
      return '';
    }
    const drawn = lines.map((line, at) => (line === was[at] ? '\n' : `${line}${eraseToLineEnd}\n`));
    return up(was.length) + drawn.join('') + (was.length > lines.length ? eraseBelow : '');
  }
}

const rowsOf = (lines: readonly string[], columns: number): number =>
  lines.reduce(
    (rows, line) => rows + Math.max(1, Math.ceil(widthOf(line) / Math.max(1, columns))),
    0,
  );
