import {setTimeout as sleep} from 'node:timers/promises';
import {pickPort} from '../network.ts';
import type {Processes} from '../processes.ts';
import {RedisClient} from './client.ts';
import {findRedis} from './find-redis.ts';

/** The Redis of the old side, and the one in place of ElastiCache. */
export interface RedisServers {
  readonly old: RedisClient;
  readonly new: RedisClient;
  readonly ports: RedisPorts;
  stop(): Promise<void>;
}

export interface RedisPorts {
  readonly old: number;
  readonly new: number;
}

const startedWithinMs = 10_000;

/** `undefined` where this machine has no redis-server. */
export async function chooseRedisPorts(): Promise<RedisPorts | undefined> {
  return findRedis() === undefined
    ? undefined
    : {old: await pickPort('127.0.0.1'), new: await pickPort('127.0.0.1')};
}

/** Starts two real servers, the old one with visitors of earlier days. */
export async function startRedisServers(
  directory: string,
  processes: Processes,
  ports: RedisPorts,
): Promise<RedisServers> {
  const start = async (name: 'old' | 'new') => {
    const options = ['--port', `${ports[name]}`, '--bind', '127.0.0.1', '--save', ''];
    processes.spawn(`redis-${name}`, findRedis() ?? '', [...options, '--dir', directory]);
    const client = new RedisClient(ports[name]);
    await answering(name, client);
    return client;
  };
  const [old, next] = await Promise.all([start('old'), start('new')]);
  await old.ask(...seed());
  return {
    ...{old, new: next, ports},
    // The processes themselves end with the lab.
    stop: async () => {
      old.close();
      next.close();
    },
  };
}

async function answering(name: string, client: RedisClient): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 20) {
    try {
      await client.ask(['PING']);
      return;
    } catch (error) {
      if (waitedMs >= startedWithinMs) {
        throw new Error(`redis-server (${name}) does not answer: ${(error as Error).message}`);
      }
      await sleep(20);
    }
  }
}

/** Sessions of visitors who come back tomorrow. */
export const earlierSessions = Array.from({length: 200}, (_, at) => `session:earlier-${at + 1}`);

const daySeconds = 86_400;

function seed(): readonly (readonly (string | number)[])[] {
  const commands: (readonly (string | number)[])[] = [];
  for (const [at, session] of earlierSessions.entries()) {
    commands.push(
      ['SADD', session, `earlier-${at + 1}`],
      ['EXPIRE', session, daySeconds],
      ['HSET', `cart:${at + 1}`, 'chair', at % 5, 'lamp', 1],
      ['SET', `cache:page-${at + 1}`, 'x'.repeat(200), 'EX', daySeconds],
      ['ZADD', 'bestsellers', at, `article ${at + 1}`],
    );
  }
  return commands;
}
