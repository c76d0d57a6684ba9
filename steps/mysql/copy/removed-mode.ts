/**
 * Removes NO_AUTO_CREATE_USER from the sql_mode of routines, triggers and events in a dump: MySQL 5.7 has it by
 * default,
 * MySQL 8.0 refuses it (errno 1231), and inside these objects it has no effect.
 */
export class RemovedMode {
  /** The start of a line that may set a mode, kept until the line is complete. */
  #kept: Buffer = none;
  /** The current line sets no mode. */
  #passes = false;

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
    const maySet = !this.#passes && maySetMode(line);
    this.#kept = maySet && !isEnd ? line : none;
    this.#passes = !isEnd && !maySet;
    return maySet ? (isEnd ? withoutMode(line) : none) : line;
  }
}

const none: Buffer = Buffer.alloc(0);
const lineFeed = 10;
// Every dump client writes this line for each object.
const setsMode = Buffer.from('/*!50003 SET sql_mode ');

function maySetMode(line: Buffer): boolean {
  const length = Math.min(line.length, setsMode.length);
  return line.subarray(0, length).equals(setsMode.subarray(0, length));
}

const withoutMode = (line: Buffer): Buffer =>
  Buffer.from(
    line.toString('latin1').replace(/,NO_AUTO_CREATE_USER\b|\bNO_AUTO_CREATE_USER,?/g, ''),
    'latin1',
  );
