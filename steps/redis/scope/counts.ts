import type {RedisReader} from '../contract.ts';
import {keyCount} from '../server/key-text.ts';
import {pagesOf} from './names.ts';
import type {Scope} from './scope.ts';

/** What is copied and what is dropped, a sentence each. */
export async function countsOf(
  redis: RedisReader,
  scope: Scope,
  signal: AbortSignal,
  stillReading?: (progress: string) => void,
): Promise<readonly string[]> {
  let copied = 0;
  const dropped = new Map<string, number>();
  for await (const keys of pagesOf(redis, () => true, signal)) {
    for (const key of keys) {
      const is = scope.of(key);
      if (is === 'copied') {
        copied += 1;
      } else if (is !== 'own') {
        dropped.set(is.droppedBy, (dropped.get(is.droppedBy) ?? 0) + 1);
      }
    }
    stillReading?.(`counting the keys of ${redis.name}: ${keyCount(copied)}`);
  }
  return [
    `${keyCount(copied)} of ${redis.name} (database ${redis.db}) will be copied.`,
    ...[...dropped].map(
      ([prefix, count]) =>
        `${keyCount(count)} ${prefix === '' ? 'without a prefix of "keep"' : `with the prefix ${prefix}`} will not be copied: ${count === 1 ? 'it stays' : 'they stay'} in ${redis.name} only.`,
    ),
  ];
}
