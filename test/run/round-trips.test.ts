import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import type {TargetKind} from '../../src/model/target.ts';
import {measureRoundTrips} from '../../src/run/round-trips.ts';

const {signal} = new AbortController();

/** A target whose answers take these times, the last of them from then on. */
function targetThatTakes(...ms: readonly number[]) {
  const asked: number[] = [];
  const kind = {
    ping: {
      what: 'call',
      send: async () => {
        asked.push(ms[Math.min(asked.length, ms.length - 1)] ?? 0);
        await sleep(asked.at(-1));
      },
    },
  };
  const session = async () => ({reader: {}, close: async () => {}});
  return {asked, distant: {target: 'far', kind: kind as unknown as TargetKind, session}};
}

test('a near target is asked five times, one that is far away twice', async () => {
  const near = targetThatTakes(0);
  const far = targetThatTakes(600);
  await measureRoundTrips([near.distant, far.distant] as never, signal);
  expect([near.asked.length, far.asked.length]).toEqual([5, 2]);
});

test('what the first call waited for its turn is no round trip', async () => {
  const {distant} = targetThatTakes(1_000, 10);
  const [trip] = await measureRoundTrips([distant] as never, signal);
  expect(trip).toMatchObject({target: 'far', what: 'call'});
  expect(trip?.ms).toBeLessThan(1_000);
});
