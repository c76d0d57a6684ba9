import {expect, test} from 'vitest';
import {liveSchedule, liveSchedules, storyOf} from './schedules.ts';
import {plainNight} from './systems.ts';

// Two files, so that two workers share them: 3,000 nights in all. More: `npm run drills -- --schedules 10000`.
test('1,500 random nights without an outage keep every promise', async () => {
  expect(await liveSchedules(1, 1_500, plainNight)).toBeUndefined();
});

test('a seed always gives the same night', async () => {
  const [one, other] = [await storyOf(7), await storyOf(7)];
  expect(one.length).toBeGreaterThan(50);
  expect(one).toEqual(other);
  expect(await liveSchedule(7)).toBeUndefined();
});
