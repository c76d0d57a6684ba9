/**
 * Takes NO_AUTO_CREATE_USER out of the modes that routines, triggers and events of a passing dump were made with:
 * MySQL 5.7
 * has it by default, MySQL 8.0 refuses it (errno 1231), and inside of them it means nothing.
 */
export class RemovedMode {
  /** The beginning of a line that may set a mode, held until its end has come. */
  #held: Buffer = none;
  /** The line that is passing sets none. */
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

  /** What is still held when the dump ends. */
  rest(): Buffer {
    return this.#held;
  }

  #part(part: Buffer, isEnd: boolean): Buffer {
    const line = this.#passes ? part : Buffer.concat([this.#held, part]);
    const may = !this.#passes && maySetMode(line);
    this.#held = may && !isEnd ? line : none;
    this.#passes = !isEnd && !may;
    return may ? (isEnd ? withoutMode(line) : none) : line;
  }
}

const none: Buffer = Buffer.alloc(0);
const lineFeed = 10;
// As every dump client writes it, for each object again.
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
