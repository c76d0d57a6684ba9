import {connect, type Socket} from 'node:net';

/** An answer of Redis. Lists are of texts: nothing here asks for other ones. */
export type Reply = string | number | null | readonly (string | null)[];

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

const answerWithinMs = 1_500;

/** One connection to a Redis server (its protocol RESP2), opened with the first command and again after a fault. */
export class RedisClient {
  readonly #port: number;
  readonly #waiting: Waiting[] = [];
  #socket: Socket | undefined;
  #received = Buffer.alloc(0);

  constructor(port: number) {
    this.#port = port;
  }

  /** Commands in one round trip, each with its answer. An error of one of them is thrown. */
  ask(...commands: readonly (readonly (string | number)[])[]): Promise<readonly Reply[]> {
    const socket = this.#open();
    const answers = commands.map(
      () => new Promise<Reply>((resolve, reject) => this.#waiting.push({resolve, reject})),
    );
    socket.write(commands.map(encoded).join(''));
    return Promise.all(answers);
  }

  close(): void {
    this.#fail(new Error('this side has closed the connection'));
  }

  #open(): Socket {
    if (this.#socket) {
      return this.#socket;
    }
    const socket = connect({host: '127.0.0.1', port: this.#port}).setNoDelay(true);
    this.#received = Buffer.alloc(0);
    socket.setTimeout(answerWithinMs, () => {
      if (this.#waiting.length > 0) {
        this.#fail(new Error(`Redis has not answered for ${answerWithinMs} ms`));
      }
    });
    socket.on('data', (chunk) => this.#take(chunk));
    const ended = (error?: Error) => {
      if (this.#socket === socket) {
        this.#fail(error ?? new Error('Redis has closed the connection'));
      }
    };
    socket.on('error', ended);
    socket.on('close', () => ended());
    this.#socket = socket;
    return socket;
  }

  #fail(error: Error): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    for (const {reject} of this.#waiting.splice(0)) {
      reject(error);
    }
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (let read = replyAt(this.#received, 0); read; read = replyAt(this.#received, 0)) {
      this.#received = this.#received.subarray(read.end);
      const {resolve, reject} = this.#waiting.shift() ?? {};
      if (read.value instanceof Error) {
        reject?.(read.value);
      } else {
        resolve?.(read.value);
      }
    }
  }
}

const encoded = (command: readonly (string | number)[]): string =>
  `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(`${word}`)}\r\n${word}\r\n`).join('')}`;

interface Read {
  readonly value: Reply | Error;
  /** Where the next answer begins. */
  readonly end: number;
}

/** The answer that begins there; `undefined` while a part of it is still to come. */
function replyAt(bytes: Buffer, start: number): Read | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd === -1) {
    return undefined;
  }
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const after = lineEnd + 2;
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case ':':
      return {value: Number(line), end: after};
    case '-':
      return {value: new Error(line), end: after};
    case '$':
      return textAt(bytes, after, Number(line));
    case '*':
      return listAt(bytes, after, Number(line));
    default:
      return {value: line, end: after};
  }
}

function textAt(bytes: Buffer, start: number, length: number): Read | undefined {
  if (length < 0) {
    return {value: null, end: start};
  }
  const end = start + length;
  return bytes.length < end + 2
    ? undefined
    : {value: bytes.toString('utf8', start, end), end: end + 2};
}

function listAt(bytes: Buffer, start: number, length: number): Read | undefined {
  const members: (string | null)[] = [];
  let end = start;
  for (let member = 0; member < length; member += 1) {
    const read = replyAt(bytes, end);
    if (!read) {
      return undefined;
    }
    members.push(read.value === null ? null : `${read.value}`);
    end = read.end;
  }
  return {value: members, end};
}
