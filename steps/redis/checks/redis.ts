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
    expects: 'The server answers, is a master, is no cluster, and is Redis 4 or newer.',
    consequence: 'No key can be copied from it, or to it.',
    fix: 'Do what the finding says.',
    find: async (redis, _others, signal) =>
      observedIn(obstacleAtServer(redis, await redis.facts(signal))),
  },
  {
    name: 'redis-reads-refused',
    severity: 'blocks',
    expects: 'The account may read all keys.',
    consequence: 'No key can be copied from it, and nothing can be compared.',
    fix: 'Do what the finding says.',
    find: async (redis, _others, signal) => observedIn(await refusedAt(redis, ['read'], signal)),
  },
  {
    name: 'redis-writes-refused',
    severity: 'warns',
    expects: 'The account may restore and remove keys.',
    consequence:
      'redis.copy-keys refuses to copy to it, and from it, too, as long as a reversal is to bring keys back.',
    fix: 'Do what the finding says.',
    find: async (redis, _others, signal) =>
      observedIn(await refusedAt(redis, ['write', 'note'], signal)),
  },
  {
    name: 'redis-memory-small',
    severity: 'warns',
    expects: 'There is memory for the keys of each other Redis of the inventory.',
    consequence: 'If these keys are copied to it, its memory is full before the end.',
    fix: 'Take a larger node, or raise maxmemory.',
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
    expects: 'Each Redis of the inventory takes what DUMP of each other one gives.',
    consequence: 'Keys cannot be copied between them in this direction.',
    fix: 'Do what the finding says.',
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
    expects: 'The maxmemory-policy evicts no key that does not expire.',
    consequence:
      'When the memory is full, keys of queues and sessions vanish, and a reversal cannot bring them back.',
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
