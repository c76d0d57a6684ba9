import {expect, test} from 'vitest';
import {liveSchedules} from './schedules.ts';

test('1,500 random nights with an outage keep every promise', async () => {
  expect(await liveSchedules(5_001, 1_500)).toBeUndefined();
});
