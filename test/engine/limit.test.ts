import {expect, test} from 'vitest';
import type {World} from '../../src/engine/context.ts';
import type {EngineEvent} from '../../src/engine/events.ts';
import {limitedBy, TimeIsUp} from '../../src/engine/limit.ts';
import {withinReadingLimit} from '../../src/engine/look.ts';
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

test('what a long look says of its progress is shown once it has lasted two seconds', async () => {
  const clock = new FakeClock();
  const shown: unknown[] = [];
  const world = {
    clock,
    aborting: new AbortController().signal,
    observe: (event: EngineEvent) => shown.push(event),
  } as unknown as World; // all that a limit takes
  const {signal} = new AbortController();
  await withinReadingLimit({world, entry: 'ready-source', signal}, async (limited, tell) => {
    tell('150 of 10,000 tables');
    for (let piece = 2; piece <= 4; piece += 1) {
      await clock.sleep(1_000, limited);
      tell(`${piece * 150} of 10,000 tables`);
    }
  });
  expect(shown).toEqual([
    {kind: 'progress', entry: 'ready-source', text: '450 of 10,000 tables'},
    {kind: 'progress', entry: 'ready-source', text: '600 of 10,000 tables'},
  ]);
});
