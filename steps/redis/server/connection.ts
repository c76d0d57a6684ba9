import {setMaxListeners} from 'node:events';
import type {ErrorReply} from '@redis/client';
import {SwitcharooError} from '../../../src/index.ts';
import type {RedisConfig} from './config.ts';
import {redisLoginRefused, redisUnreachable, sentinelsSilent} from './problems.ts';

type Sdk = typeof import('@redis/client');

/** An answer: strings as bytes. A command that was refused gives its error, and the others of its pipeline go on. */
export type Reply = null | number | string | Buffer | readonly Reply[] | Refusal;
export class Refusal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Command = readonly (string | Buffer)[];

interface Place {
  readonly host: string;
  readonly port: number;
}

interface Login {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

const connectLimitMs = 5_000;
/** For all commands that are on their way: some thousands, or a large key. */
const answerLimitMs = 30_000;
/** Ends a connection that a firewall has forgotten before somebody waits for it. */
const pingIntervalMs = 30_000;

/** One connection to a database, opened with the first command, and again when it was lost. */
export class RedisConnection {
  readonly #name: string;
  readonly #config: RedisConfig;
  #client: Client | undefined;
  #opening: Promise<Client> | undefined;
  #address: string;

  constructor(name: string, config: RedisConfig) {
    this.#name = name;
    this.#config = config;
    this.#address = config.sentinel
      ? `master ${config.sentinel.master}`
      : `${config.host}:${config.port}`;
  }

  get address(): string {
    return this.#address;
  }

  /** Sends all of them at once, and waits for their answers: one round trip. */
  async ask(commands: readonly Command[], signal: AbortSignal): Promise<readonly Reply[]> {
    signal.throwIfAborted();
    const client = await unlessAborted(this.#connected(), signal);
    try {
      return await unlessAborted(withLimit(client.ask(commands), answerLimitMs), signal);
    } catch (cause) {
      // Also what was not sent yet is over with the connection: nothing is written later.
      client.destroy();
      signal.throwIfAborted();
      throw new SwitcharooError(redisUnreachable(this.#name, this.#address, cause as Error), {
        cause,
      });
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {});
    this.#client?.destroy();
  }

  async #connected(): Promise<Client> {
    if (this.#client?.isOpen()) {
      return this.#client;
    }
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    this.#client = await this.#opening;
    return this.#client;
  }

  async #open(): Promise<Client> {
    const {sentinel, host = '', port, db, user, password, tls} = this.#config;
    const place = sentinel ? await masterOf(this.#name, {...sentinel, tls}) : {host, port};
    this.#address = `${place.host}:${place.port}`;
    try {
      return await connect(place, {user, password}, {db, tls});
    } catch (cause) {
      const {message} = cause as Error;
      const problem = /^(WRONGPASS|NOAUTH|ERR .*(auth|AUTH|password))/.test(message)
        ? redisLoginRefused(this.#name, this.#address, message)
        : redisUnreachable(this.#name, this.#address, cause as Error);
      throw new SwitcharooError(problem, {cause});
    }
  }
}

interface Client {
  ask(commands: readonly Command[]): Promise<readonly Reply[]>;
  isOpen(): boolean;
  destroy(): void;
}

interface Settings {
  readonly db?: number;
  readonly tls: RedisConfig['tls'];
}

async function connect({host, port}: Place, {user, password}: Login, {db, tls}: Settings) {
  const sdk = await import('@redis/client');
  const limits = {connectTimeout: connectLimitMs, reconnectStrategy: false as const};
  const {ca} = tls ?? {};
  const client = sdk.createClient({
    // Redis before 6 has no other protocol.
    RESP: 2,
    socket: tls
      ? {host, port, tls: true, ...(ca === undefined ? {} : {ca}), ...limits}
      : {host, port, ...limits},
    ...(user === undefined ? {} : {username: user}),
    ...(password === undefined ? {} : {password}),
    ...(db ? {database: db} : {}),
    pingInterval: pingIntervalMs,
    disableOfflineQueue: true,
    disableClientInfo: true,
    // A timer for each command would cost more than the command: a pipeline has one limit.
    commandOptions: {timeout: 0, typeMapping: {[sdk.RESP_TYPES.BLOB_STRING]: Buffer}},
  });
  // Without a listener, a lost connection would end the process. The next command tells it.
  client.on('error', () => {});
  await withLimit(client.connect(), 2 * connectLimitMs).catch((error) => {
    client.destroy();
    throw error;
  });
  return {
    ask: (commands: readonly Command[]) => askAll(sdk, client, commands),
    isOpen: () => client.isReady,
    destroy: () => {
      if (client.isOpen) {
        client.destroy();
      }
    },
  } satisfies Client;
}

/** What is sent within one turn of the event loop is written together. */
async function askAll(
  {ErrorReply}: Sdk,
  client: {sendCommand(args: (string | Buffer)[]): Promise<unknown>},
  commands: readonly Command[],
): Promise<readonly Reply[]> {
  const answers = await Promise.allSettled(
    commands.map((command) => client.sendCommand([...command])),
  );
  return answers.map((answer) => {
    if (answer.status === 'fulfilled') {
      // The client decodes RESP 2 into these types and no others.
      return answer.value as Reply;
    }
    const {reason} = answer as {reason: ErrorReply};
    if (reason instanceof ErrorReply) {
      return new Refusal(reason.message);
    }
    throw reason;
  });
}

/** Asks one sentinel after the other who is the master now (Redis documentation, "Sentinel clients"). */
async function masterOf(
  name: string,
  {master, at, user, password, tls}: NonNullable<RedisConfig['sentinel']> & Settings,
): Promise<Place> {
  const answers: string[] = [];
  for (const place of at) {
    const where = `${place.host}:${place.port}`;
    try {
      const sentinel = await connect(place, {user, password}, {tls});
      try {
        const asked = sentinel.ask([['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master]]);
        const [answer] = await withLimit(asked, answerLimitMs);
        if (Array.isArray(answer)) {
          const [host, port] = answer.map(String);
          return {host: host ?? '', port: Number(port)};
        }
        const text = answer instanceof Refusal ? answer.text : `it knows no master ${master}`;
        answers.push(`${where}: ${text}`);
      } finally {
        sentinel.destroy();
      }
    } catch (error) {
      answers.push(`${where}: ${(error as Error).message}`);
    }
  }
  throw new SwitcharooError(sentinelsSilent(name, master, answers));
}

/** The time in which this process could take an answer: a busy machine may let it wait while the answer is there. */
async function withLimit<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
  const slices = 10;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    const wait = (left: number) => {
      timer = setTimeout(() => {
        if (left > 1) {
          wait(left - 1);
        } else {
          reject(new Error(`no answer within ${limitMs} ms`));
        }
      }, limitMs / slices);
    };
    wait(slices);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  // All pipelines that are on their way listen to the same signal.
  setMaxListeners(0, signal);
  work.catch(() => {});
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, {once: true});
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
