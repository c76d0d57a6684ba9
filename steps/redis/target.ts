import {defineTarget, type Session} from '../../src/index.ts';
import {redisPreflight} from './checks/redis.ts';
import type {RedisReader, RedisWriter} from './contract.ts';
import {redisConfig} from './server/config.ts';
import {RedisConnection} from './server/connection.ts';
import {RedisServer} from './server/redis-server.ts';

/** A database of a Redis or Valkey server, or of ElastiCache with cluster mode disabled. */
export const redisDatabase = defineTarget({
  kind: 'redis',
  config: redisConfig,
  preflight: redisPreflight,
  async open(config, {name}): Promise<Session<RedisReader, RedisWriter>> {
    const connection = new RedisConnection(name, config);
    const server = new RedisServer(name, config.db, connection);
    return {reader: server, writer: server, close: () => connection.close()};
  },
});
