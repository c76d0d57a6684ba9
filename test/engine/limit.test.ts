import {expect, test} from 'vitest';
import {limitedBy, TimeIsUp} from '../../src/engine/limit.ts';
import {FakeClock} from '../../src/testing/fake-clock.ts';

const limitMs = 30_000;

/** Reads ten pieces, of 20 s each. */
async function read(clock: FakeClock, afterPiece: () => void): Promise<string> {
  for (let piece = 0; piece < 10; piece += 1) {
    await clock.sleep(20_000, new AbortController().signal);
    afterPiece();
  }
  return 'read';
}

test('work that makes progress may take longer than its limit', async () => {
  const clock = new FakeClock();
  const time = {clock, ms: limitMs};
  expect(await limitedBy([], time, (_signal, startAgain) => read(clock, startAgain))).toBe('read');
  expect(clock.elapsedMs).toBe(200_000);
});

test('work that stops making progress ends at its limit, and so does work that makes none', async () => {
  const clock = new FakeClock();
  const time = {clock, ms: limitMs};
  await expect(limitedBy([], time, () => read(clock, () => {}))).rejects.toThrow(TimeIsUp);
  const stuck = limitedBy([], time, async (signal, startAgain) => {
    startAgain();
    await clock.sleep(limitMs, signal);
    await new Promise(() => {});
  });
  await expect(stuck).rejects.toThrow(TimeIsUp);
});
