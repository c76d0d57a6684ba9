import {
  type CheckWords,
  type Observation,
  observedIn,
  type Preflight,
  survey,
} from '../../../src/index.ts';
import type {RedisReader} from '../contract.ts';
import {memoryObstacle, obstacleAtServer, payloadObstacle, refusedAt} from './obstacles.ts';

interface RedisCheck extends CheckWords {
  find(
    redis: RedisReader,
    others: readonly RedisReader[],
    signal: AbortSignal,
  ): Promise<readonly Observation[]>;
}

const checks: readonly RedisCheck[] = [
  {
    name: 'redis-not-usable',
    severity: 'blocks',
    expects:
      'The server answers. It is a master, has cluster mode disabled, and runs Redis 4.0 or later.',
    consequence: 'Keys can be copied neither from it nor to it.',
    fix: 'The finding says what to do.',
    find: async (redis, _others, signal) =>
      observedIn(obstacleAtServer(redis, await redis.facts(signal))),
  },
  {
    name: 'redis-reads-refused',
    severity: 'blocks',
    expects: 'The account may read all keys.',
    consequence: 'Its keys can be neither copied nor compared.',
    fix: 'The finding says what to do.',
    find: async (redis, _others, signal) => observedIn(await refusedAt(redis, ['read'], signal)),
  },
  {
    name: 'redis-writes-refused',
    severity: 'warns',
    expects: 'The account may restore and remove keys.',
    consequence:
      'redis.copy-keys refuses to copy keys to it. It also refuses to copy from it, unless "bringBack" is false.',
    fix: 'The finding says what to do.',
    find: async (redis, _others, signal) =>
      observedIn(await refusedAt(redis, ['write', 'note'], signal)),
  },
  {
    name: 'redis-memory-small',
    severity: 'warns',
    expects:
      'The server has enough free memory for the keys of each other Redis target of the inventory.',
    consequence: 'If those keys are copied to it, its memory is full before the copy ends.',
    fix: 'Use a larger node, or raise maxmemory.',
    find: async (redis, others, signal) => {
      const target = await redis.facts(signal);
      const obstacles = await Promise.all(
        others.map(async (source) =>
          memoryObstacle({source, target: redis}, {source: await source.facts(signal), target}),
        ),
      );
      return obstacles.flatMap(observedIn);
    },
  },
  {
    name: 'redis-payload-refused',
    severity: 'warns',
    expects:
      'The server can restore what DUMP on each other Redis target of the inventory returns.',
    consequence: 'Keys cannot be copied from that server to this one.',
    fix: 'The finding says what to do.',
    find: async (redis, others, signal) => {
      const target = await redis.facts(signal);
      const obstacles = await Promise.all(
        others.map(async (source) => {
          const facts = {source: await source.facts(signal), target};
          return payloadObstacle({source, target: redis}, facts, false, signal);
        }),
      );
      return obstacles.flatMap(observedIn);
    },
  },
  {
    name: 'redis-evicts-any-key',
    severity: 'warns',
    expects: 'The maxmemory-policy never evicts a key without an expiry.',
    consequence:
      'When the memory is full, keys of queues and sessions are evicted, and a reversal cannot restore them.',
    fix: 'Set maxmemory-policy to noeviction or a volatile policy, unless the database is a cache.',
    find: async (redis, _others, signal) => {
      const {policy, server} = await redis.facts(signal);
      return policy.startsWith('allkeys-')
        ? [{is: `${redis.name} (${server}) has maxmemory-policy ${policy}`}]
        : [];
    },
  },
];

/** Whether a server can be the old or the new side. */
export const redisPreflight: Preflight<RedisReader> = {
  checks,
  look: (redis, others, signal) => {
    const servers = others.filter(isRedisReader).filter((other) => other !== redis);
    return survey(checks, '', (check) => check.find(redis, servers, signal));
  },
};

const isRedisReader = (reader: unknown): reader is RedisReader =>
  typeof reader === 'object' && reader !== null && 'takesPayloads' in reader;
