import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {ObjectStore} from '../../src/model/object-store.ts';

/** What becomes of the next write. */
type Fate = 'answer lost' | 'request lost' | 'conflict' | 'silence';

interface TriedStore {
  readonly store: ObjectStore;
  /** Absent where nothing can be made to go wrong. */
  readonly nextWrite?: (fate: Fate) => void;
  close(): Promise<void>;
}

const never = new AbortController().signal;

/** What a shared journal relies on, of whatever keeps its objects. */
export function storeLaws(name: string, open: () => Promise<TriedStore>): void {
  describe(name, () => {
    let tried: TriedStore;
    let store: ObjectStore;
    let number = 0;
    /** A key that nobody has used. */
    const fresh = (): string => {
      number += 1;
      return `laws/${String(number).padStart(8, '0')}.jsonl`;
    };
    beforeAll(async () => {
      tried = await open();
      ({store} = tried);
    });
    afterAll(() => tried.close());

    test('adds an object once, and leaves it as it is after that', async () => {
      const key = fresh();
      expect(await store.read(key, never)).toBeNull();
      expect(await store.added(key, never)).toBeNull();
      expect(await store.add(key, '{"märz":"€"}\n', never)).toBe('added');
      expect(await store.add(key, 'other\n', never)).toBe('taken');
      expect(await store.add(key, '{"märz":"€"}\n', never)).toBe('taken');
      expect(await store.read(key, never)).toBe('{"märz":"€"}\n');
      const {at, ageMs} = (await store.added(key, never)) ?? {ageMs: -1};
      expect([ageMs >= 0, ageMs % 1_000]).toEqual([true, 0]);
      expect((at?.getTime() ?? -1) % 1_000).toBe(0);
    });

    test('lists what was added, in the order of the keys, by their beginning', async () => {
      const keys = ['b/2', 'b/10', 'a/1', 'b/1'].map((key) => `listed/${key}`);
      for (const key of keys) {
        await store.add(key, 'text\n', never);
      }
      expect(await store.keys('listed/b/', never)).toEqual([
        'listed/b/1',
        'listed/b/10',
        'listed/b/2',
      ]);
      expect(await store.keys('listed/none', never)).toEqual([]);
    });

    test('lets one of two win who add the same key at once, and tells the other', async () => {
      for (let race = 0; race < 20; race += 1) {
        const key = fresh();
        const ends = await Promise.all(
          ['one\n', 'two\n'].map(async (text) => ({
            text,
            // S3 may tell one of them to try again.
            end: await store.add(key, text, never).catch(() => 'unknown'),
          })),
        );
        const winners = ends.filter(({end}) => end === 'added');
        expect(winners).toHaveLength(1);
        expect(await store.read(key, never)).toBe(winners[0]?.text);
      }
    });

    test('has the object or not, whatever becomes of an answer', async ({skip}) => {
      const nextWrite = tried.nextWrite ?? skip();
      for (const [fate, isThere] of [
        ['answer lost', true],
        ['request lost', false],
        ['conflict', false],
        ['silence', false],
      ] as const) {
        const key = fresh();
        nextWrite(fate);
        await expect(store.add(key, 'text\n', AbortSignal.timeout(500)), fate).rejects.toThrow();
        expect([fate, await store.read(key, never)]).toEqual([fate, isThere ? 'text\n' : null]);
        expect(await store.add(key, 'later\n', never)).toBe(isThere ? 'taken' : 'added');
      }
    });
  });
}
