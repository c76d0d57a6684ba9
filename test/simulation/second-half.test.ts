import {expect, test} from 'vitest';
import {liveSchedules} from './schedules.ts';

test('5,000 random nights with an outage keep every promise', async () => {
  expect(await liveSchedules(5_001, 5_000)).toBeUndefined();
}, 300_000);
