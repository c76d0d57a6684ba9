import {SwitcharooError} from '../../../src/index.ts';
import type {
  CommandUse,
  Key,
  KeyHead,
  NamedKey,
  NamesPage,
  QueueLength,
  RedisFacts,
  RedisWriter,
  StoredKey,
} from '../contract.ts';
import {type Command, type RedisConnection, Refusal, type Reply} from './connection.ts';
import {contentHashOf} from './content.ts';
import {factsIn, isAtLeast} from './facts.ts';
import {keyText} from './key-text.ts';
import {emptyPayload} from './payload.ts';
import {probes} from './probes.ts';
import {redisKeyRefused, redisRefused} from './problems.ts';
import {queueLengthOf} from './queue-length.ts';

/** How many names SCAN looks through for a page: a server is busy with it for less than a millisecond. */
const pageSize = 1_000;

/** One database of a server, through its connection. */
export class RedisServer implements RedisWriter {
  readonly name: string;
  readonly db: number;
  readonly #connection: RedisConnection;
  /** Of the server that it is connected to; an update of it needs a new run. */
  #version: string | undefined;

  constructor(name: string, db: number, connection: RedisConnection) {
    this.name = name;
    this.db = db;
    this.#connection = connection;
  }

  get address(): string {
    return this.#connection.address;
  }

  async facts(signal: AbortSignal): Promise<RedisFacts> {
    // INFO without a section has no cluster_enabled before 7, and some services refuse INFO everything.
    const sections = ['server', 'replication', 'cluster', 'memory', 'stats', 'keyspace'];
    const answers = await this.#ask(
      sections.map((section) => ['INFO', section]),
      signal,
    );
    const facts = factsIn(answers.map(String).join('\n'));
    this.#version = facts.version;
    return facts;
  }

  async nowMs(signal: AbortSignal): Promise<number> {
    return timeOf((await this.#ask([['TIME']], signal))[0]);
  }

  async names(cursor: string, signal: AbortSignal): Promise<NamesPage> {
    const [answer] = await this.#ask([['SCAN', cursor, 'COUNT', `${pageSize}`]], signal);
    const [next, keys] = listOf(answer);
    return {cursor: String(next), keys: listOf(keys).map(bytesOf)};
  }

  async sizes(keys: readonly Key[], signal: AbortSignal): Promise<readonly number[]> {
    const answers = await this.#ask(
      keys.map((key) => ['MEMORY', 'USAGE', key]),
      signal,
    );
    return answers.map((answer) => (answer === null ? 0 : Number(answer)));
  }

  async heads(keys: readonly Key[], signal: AbortSignal): Promise<readonly (KeyHead | null)[]> {
    const expiries = await this.#expiryCommand(signal);
    const answers = await this.#ask(
      [
        ['TIME'],
        ...keys.flatMap((key): Command[] => [
          ['TYPE', key],
          [expiries, key],
        ]),
      ],
      signal,
    );
    const nowMs = timeOf(answers[0]);
    return keys.map((_key, index) => {
      const type = String(answers[1 + 2 * index]);
      const expiry = Number(answers[2 + 2 * index]);
      return type === 'none' || expiry === -2
        ? null
        : {type, expiresAtMs: expiresAt(expiry, expiries, nowMs)};
    });
  }

  async stored(keys: readonly Key[], signal: AbortSignal): Promise<readonly (StoredKey | null)[]> {
    const expiries = await this.#expiryCommand(signal);
    const answers = await this.#ask(
      [
        ['TIME'],
        ...keys.flatMap((key): Command[] => [
          ['DUMP', key],
          [expiries, key],
        ]),
      ],
      signal,
    );
    const nowMs = timeOf(answers[0]);
    return keys.map((_key, index) => {
      const payload = answers[1 + 2 * index];
      const expiry = Number(answers[2 + 2 * index]);
      // It may expire between the two.
      return payload === null || payload === undefined || expiry === -2
        ? null
        : {payload: bytesOf(payload), expiresAtMs: expiresAt(expiry, expiries, nowMs)};
    });
  }

  contentHash(key: Key, signal: AbortSignal): Promise<string | null> {
    return contentHashOf(this.name, key, (commands) => this.#ask(commands, signal));
  }

  async text(key: string, signal: AbortSignal): Promise<string | null> {
    const [answer] = await this.#ask([['GET', key]], signal);
    return answer === null || answer === undefined ? null : String(answer);
  }

  async takesPayloads(versions: readonly number[], signal: AbortSignal) {
    const answers = await this.#connection.ask(
      versions.map((version) => ['RESTORE', probes.key, '0', emptyPayload(version)]),
      signal,
    );
    return answers.map((answer) => {
      const text = answer instanceof Refusal ? answer.text : '';
      return text.startsWith('ERR Bad data format')
        ? ('yes' as const)
        : /version or checksum/.test(text)
          ? ('no' as const)
          : ('not-told' as const);
    });
  }

  async refusedCommands(use: CommandUse, signal: AbortSignal): Promise<readonly string[]> {
    const commands = probes[use];
    const answers = await this.#connection.ask(commands, signal);
    const refused = commands.filter((_command, index) => {
      const answer = answers[index];
      return answer instanceof Refusal && answer.text.startsWith('NOPERM');
    });
    return refused.map(commandName);
  }

  async queueLengths(
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly QueueLength[]> {
    const ask = (commands: readonly Command[]) => this.#ask(commands, signal);
    const types = await ask(names.map((name) => ['TYPE', name]));
    return Promise.all(names.map((name, index) => queueLengthOf(name, String(types[index]), ask)));
  }

  async restore(keys: readonly NamedKey[], signal: AbortSignal): Promise<void> {
    if (keys.length === 0) {
      return;
    }
    const isAbsolute = isAtLeast(await this.#serverVersion(signal), '5.0');
    const nowMs = isAbsolute ? 0 : await this.nowMs(signal);
    const commands = keys.map(({key, payload, expiresAtMs}): Command => {
      const ttl = expiresAtMs === null ? 0 : Math.max(1, expiresAtMs - nowMs);
      return isAbsolute && expiresAtMs !== null
        ? ['RESTORE', key, `${ttl}`, payload, 'REPLACE', 'ABSTTL']
        : ['RESTORE', key, `${ttl}`, payload, 'REPLACE'];
    });
    const answers = await this.#connection.ask(commands, signal);
    for (const [index, answer] of answers.entries()) {
      const key = keys[index]?.key;
      if (answer instanceof Refusal && key) {
        throw new SwitcharooError(redisKeyRefused(this.name, keyText(key), answer.text));
      }
    }
  }

  async remove(keys: readonly Key[], signal: AbortSignal): Promise<void> {
    if (keys.length > 0) {
      await this.#ask([['UNLINK', ...keys]], signal);
    }
  }

  async setText(key: string, text: string, signal: AbortSignal): Promise<void> {
    await this.#ask([['SET', key, text]], signal);
  }

  async #serverVersion(signal: AbortSignal): Promise<string> {
    return this.#version ?? (await this.facts(signal)).version;
  }

  /** Since 7.0, a server tells the time of an expiry; before, how long until then. */
  async #expiryCommand(signal: AbortSignal): Promise<'PEXPIRETIME' | 'PTTL'> {
    return isAtLeast(await this.#serverVersion(signal), '7.0') ? 'PEXPIRETIME' : 'PTTL';
  }

  async #ask(commands: readonly Command[], signal: AbortSignal): Promise<readonly Reply[]> {
    const answers = await this.#connection.ask(commands, signal);
    for (const [index, answer] of answers.entries()) {
      if (answer instanceof Refusal) {
        throw new SwitcharooError(
          redisRefused(this.name, commandName(commands[index] ?? []), answer.text),
        );
      }
    }
    return answers;
  }
}

const listOf = (reply: Reply | undefined): readonly Reply[] => (Array.isArray(reply) ? reply : []);

const bytesOf = (reply: Reply): Buffer =>
  Buffer.isBuffer(reply) ? reply : Buffer.from(`${reply}`);

/** `MEMORY USAGE`; never an argument, which may be a secret. */
const commandName = ([first, second]: Command): string =>
  first === 'MEMORY' || first === 'XINFO' ? `${first} ${second}` : String(first);

/** Seconds and microseconds. */
function timeOf(reply: Reply | undefined): number {
  const [seconds, microseconds] = listOf(reply).map(Number);
  return (seconds ?? 0) * 1_000 + Math.floor((microseconds ?? 0) / 1_000);
}

const expiresAt = (
  expiry: number,
  command: 'PEXPIRETIME' | 'PTTL',
  nowMs: number,
): number | null => (expiry < 0 ? null : command === 'PTTL' ? nowMs + expiry : expiry);
