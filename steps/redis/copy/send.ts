import type {ReportProgress} from '../../../src/index.ts';
import type {Key, NamedKey, RedisReader, RedisWriter} from '../contract.ts';
import {batchesOf, pagesOf, sideBySide} from '../scope/names.ts';
import type {Scope} from '../scope/scope.ts';
import {keyCount} from '../server/key-text.ts';

interface Sending {
  readonly from: RedisReader;
  readonly to: RedisWriter;
  readonly scope: Scope;
  readonly signal: AbortSignal;
  readonly say: ReportProgress;
}

interface Sent {
  readonly copied: number;
  readonly dropped: number;
}

/** Copies each key of the scope, whatever the other side has of it. Safe to do again. */
export async function sendAll({from, to, scope, signal, say}: Sending): Promise<Sent> {
  let copied = 0;
  let dropped = 0;
  const has = (key: Key) => {
    const is = scope.of(key);
    dropped += is === 'copied' || is === 'own' ? 0 : 1;
    return is === 'copied';
  };
  await sideBySide(batchesOf(from, has, signal), async (keys) => {
    const stored = await storedOf(from, keys, signal);
    await to.restore(stored, signal);
    copied += stored.length;
    say(`${keyCount(copied)} copied`);
  });
  return {copied, dropped};
}

/** Those that are still there. */
export async function storedOf(
  redis: RedisReader,
  keys: readonly Key[],
  signal: AbortSignal,
): Promise<readonly NamedKey[]> {
  const stored = await redis.stored(keys, signal);
  return keys.flatMap((key, index) => {
    const each = stored[index];
    return each ? [{key, ...each}] : [];
  });
}

/** Removes all keys of a database, except the notes of switcharoo. */
export async function removeAll(
  redis: RedisWriter,
  scope: Scope,
  signal: AbortSignal,
): Promise<void> {
  const has = (key: Key) => scope.of(key) !== 'own';
  await sideBySide(pagesOf(redis, has, signal), (keys) => redis.remove(keys, signal));
}
