import type {Key, RedisReader} from '../contract.ts';

/** Each page of names that `has` lets through. A name may come twice, as SCAN says. */
export async function* pagesOf(
  redis: RedisReader,
  has: (key: Key) => boolean,
  signal: AbortSignal,
): AsyncGenerator<readonly Key[]> {
  let cursor = '0';
  do {
    const page = await redis.names(cursor, signal);
    cursor = page.cursor;
    const keys = page.keys.filter(has);
    if (keys.length > 0) {
      yield keys;
    }
  } while (cursor !== '0');
}

const mostKeys = 1_000;
const mostBytes = 16 * 1024 ** 2;

/** Parts of the pages that fit into memory: one key may be larger, and comes alone. */
export async function* batchesOf(
  redis: RedisReader,
  has: (key: Key) => boolean,
  signal: AbortSignal,
): AsyncGenerator<readonly Key[]> {
  for await (const keys of pagesOf(redis, has, signal)) {
    yield* partsOf(redis, keys, signal);
  }
}

export async function* partsOf(
  redis: RedisReader,
  keys: readonly Key[],
  signal: AbortSignal,
): AsyncGenerator<readonly Key[]> {
  const sizes = await redis.sizes(keys, signal);
  let part: Key[] = [];
  let bytes = 0;
  for (const [index, key] of keys.entries()) {
    const size = sizes[index] ?? 0;
    if (part.length === mostKeys || (part.length > 0 && bytes + size > mostBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(key);
    bytes += size;
  }
  if (part.length > 0) {
    yield part;
  }
}

/** So many batches are on their way at once: the memory that a copy takes is so many times that of a batch. */
const atOnce = 4;

/** Works on several batches side by side. The first failure ends all of them, and is thrown once each has ended. */
export async function sideBySide<Batch>(
  batches: AsyncGenerator<Batch>,
  work: (batch: Batch) => Promise<void>,
): Promise<void> {
  const worker = async () => {
    // A generator gives one batch after the other, to several workers too.
    for (let next = await batches.next(); !next.done; next = await batches.next()) {
      await work(next.value);
    }
  };
  const stopping = async () => {
    try {
      await worker();
    } catch (error) {
      void batches.return(undefined);
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({length: atOnce}, stopping));
  for (const end of ends) {
    if (end.status === 'rejected') {
      throw end.reason;
    }
  }
}
