export type {
  Key,
  KeyHead,
  NamedKey,
  NamesPage,
  QueueLength,
  RedisFacts,
  RedisReader,
  RedisWriter,
  StoredKey,
} from './contract.ts';
export {copyKeys} from './copy-keys.ts';
export {keysMatch} from './keys-match.ts';
export {queuesDrained} from './queues-drained.ts';
export {redisDatabase} from './target.ts';
