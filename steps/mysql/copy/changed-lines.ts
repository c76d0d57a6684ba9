/** Changes the lines of a dump that start with a text, however it is cut into pieces. */
export class ChangedLines {
  readonly #start: Buffer;
  readonly #change: (line: string) => string;
  /** The start of a line that may have to be changed, kept until the line is complete. */
  #kept: Buffer = none;
  /** The current line stays as it is. */
  #passes = false;

  constructor(start: string, change: (line: string) => string) {
    this.#start = Buffer.from(start);
    this.#change = change;
  }

  feed(chunk: Buffer): Buffer {
    const out: Buffer[] = [];
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(lineFeed, from);
      const until = end < 0 ? chunk.length : end + 1;
      out.push(this.#part(chunk.subarray(from, until), end >= 0));
      from = until;
    }
    return Buffer.concat(out);
  }

  /** What is still kept when the dump ends. */
  rest(): Buffer {
    return this.#kept;
  }

  #part(part: Buffer, isEnd: boolean): Buffer {
    const line = this.#passes ? part : Buffer.concat([this.#kept, part]);
    const mayChange = !this.#passes && this.#mayStart(line);
    this.#kept = mayChange && !isEnd ? line : none;
    this.#passes = !isEnd && !mayChange;
    return mayChange ? (isEnd ? this.#changed(line) : none) : line;
  }

  #mayStart(line: Buffer): boolean {
    const length = Math.min(line.length, this.#start.length);
    return line.subarray(0, length).equals(this.#start.subarray(0, length));
  }

  /** Each byte is one character, so none is lost. */
  #changed(line: Buffer): Buffer {
    return Buffer.from(this.#change(line.toString('latin1')), 'latin1');
  }
}

const none: Buffer = Buffer.alloc(0);
const lineFeed = 10;
