import {expect, test} from 'vitest';
import {fenced} from '../../src/run/fence.ts';

test('after an error there is nothing any more, and nothing is thrown', () => {
  let calls = 0;
  const read = fenced((name: string) => {
    calls += 1;
    if (name === 'broken') {
      throw new Error('EMFILE');
    }
    return name;
  });
  expect([read('one'), read('broken'), read('one')]).toEqual(['one', undefined, undefined]);
  expect(calls).toBe(2);
});

test('what takes too long is not asked again for a while, and the first time may take longer', () => {
  let now = 0;
  const busy = fenced(
    (ms: number) => {
      const before = process.cpuUsage();
      for (let passed = 0; passed < ms * 1000; ) {
        const {user, system} = process.cpuUsage(before);
        passed = user + system;
      }
      return ms;
    },
    {firstMs: 400, laterMs: 200, restMs: 30_000},
    () => now,
  );
  expect([busy(300), busy(1), busy(300), busy(1)]).toEqual([300, 1, 300, undefined]);
  now = 29_999;
  expect(busy(1)).toBeUndefined();
  now = 30_000;
  expect([busy(1), busy(1)]).toEqual([1, 1]);
});
