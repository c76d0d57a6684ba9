import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Session} from '../../../src/index.ts';
import type {RedisReader, RedisWriter} from '../../../steps/redis/contract.ts';
import {redisConfig} from '../../../steps/redis/server/config.ts';
import type {Command, Reply} from '../../../steps/redis/server/connection.ts';
import {RedisConnection} from '../../../steps/redis/server/connection.ts';
import {redisDatabase} from '../../../steps/redis/target.ts';

const program = '/usr/bin/redis-server';
export const hasRedis = existsSync(program);
if (!hasRedis) {
  console.warn('No redis-server here (Debian package redis-server): its tests are skipped.');
}

const {signal} = new AbortController();

export interface RealRedis {
  readonly port: number;
  readonly pid: number;
  session(name: string, config?: object): Promise<Session<RedisReader, RedisWriter>>;
  /** Commands of a test, as an application sends them. */
  ask(...commands: readonly Command[]): Promise<readonly Reply[]>;
  /** Every key of database 0 with its payload and expiry. */
  picture(): Promise<unknown>;
  stop(): Promise<void>;
}

/** A sentinel keeps what it knows in a file of its own, in its folder. */
export async function startSentinel(...monitor: readonly string[]): Promise<RealRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-'));
  const file = join(folder, 'sentinel.conf');
  writeFileSync(file, monitor.join('\n'));
  const sentinel = await startRedis(file, '--sentinel');
  return {
    ...sentinel,
    async stop() {
      await sentinel.stop();
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

export async function startRedis(...options: readonly string[]): Promise<RealRedis> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const own = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder];
  const args = options.includes('--sentinel')
    ? [...options, ...own]
    : [...own, '--save', '', ...options];
  const child = spawn(program, args, {stdio: 'ignore'});
  const connection = new RedisConnection('test', redisConfig.parse({host: '127.0.0.1', port}));
  const ask = (...commands: readonly Command[]) => connection.ask(commands, signal);
  await answering(ask);
  return {
    port,
    pid: child.pid ?? 0,
    ask,
    async session(name, config = {}) {
      const parsed = redisDatabase.config.parse({host: '127.0.0.1', port, ...config});
      return redisDatabase.open(parsed, {name, signal});
    },
    async picture() {
      const [names] = await ask(['KEYS', '*']);
      const keys = (names as readonly Buffer[]).map((key) => key.toString('latin1')).sort();
      const answers = await ask(
        ...keys.flatMap((key): Command[] => [
          ['DUMP', Buffer.from(key, 'latin1')],
          ['PEXPIRETIME', Buffer.from(key, 'latin1')],
        ]),
      );
      return keys.map((key, index) => [key, `${answers[2 * index]}`, answers[2 * index + 1]]);
    },
    async stop() {
      await connection.close();
      await ended(child);
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

async function answering(ask: RealRedis['ask']): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      await ask(['PING']);
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error('redis-server does not answer after 10 s');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exit;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address() as {port: number};
      server.close(() => resolve(port));
    });
  });
}
