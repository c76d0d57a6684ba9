/** An answer of Redis. Lists are of texts: nothing here asks for other ones. */
export type Reply = string | number | null | readonly (string | null)[];

interface Connection {
  sendCommand(words: string[]): Promise<unknown>;
  destroy(): void;
}

const answerWithinMs = 1_500;

/** One connection to a Redis server, opened with the first command and again after a fault. */
export class RedisClient {
  readonly #port: number;
  #connection: Promise<Connection> | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Commands in one round trip, each with its answer. An error of one of them is thrown. */
  async ask(...commands: readonly (readonly (string | number)[])[]): Promise<readonly Reply[]> {
    this.#connection ??= connectionTo(this.#port);
    const opening = this.#connection;
    try {
      const connection = await opening;
      const answers = commands.map((command) => connection.sendCommand(command.map(String)));
      // Only such commands are sent here.
      return (await Promise.all(answers)) as readonly Reply[];
    } catch (error) {
      if (this.#connection === opening) {
        this.close();
      }
      throw error;
    }
  }

  close(): void {
    const closing = this.#connection;
    this.#connection = undefined;
    closing?.then((connection) => connection.destroy()).catch(() => {});
  }
}

async function connectionTo(port: number): Promise<Connection> {
  const {createClient} = await import('@redis/client');
  const connection = createClient({
    RESP: 2,
    socket: {host: '127.0.0.1', port, connectTimeout: answerWithinMs, reconnectStrategy: false},
    disableOfflineQueue: true,
    disableClientInfo: true,
    commandOptions: {timeout: answerWithinMs},
  });
  // Without a listener, a lost connection would end the process. The next command tells it.
  connection.on('error', () => {});
  await connection.connect();
  return connection;
}
