import {expect, test} from 'vitest';
import {drillBarriers} from './two-hosts-barriers.ts';
import {raceTwoHosts} from './two-hosts-races.ts';

// More: `npm run drills -- --two-hosts --races 200`.
test('of 5 races of two hosts each has one winner, and the loser starts no action', async () => {
  const races = await raceTwoHosts({count: 5, seed: 1});
  expect(races.flatMap(({problems}) => problems)).toEqual([]);
  expect(races.map(({kind}) => kind)).toContain('two take-overs');
  expect(new Set(races.map(({winner}) => winner)).size).toBeGreaterThan(1);
});

// All of them: `npm run drills -- --two-hosts --barriers`.
test('whatever becomes of the first host or the store at a barrier in the freeze, nothing is lost', async () => {
  const lived = await drillBarriers({only: [9, 34, 51, 60, 72, 82]}, () => {});
  expect(lived.flatMap(({problems}) => problems)).toEqual([]);
  expect(new Set(lived.map(({event}) => event)).size).toBe(6);
  expect(lived.map(({barrier}) => barrier.where)).toEqual(lived.map(() => 'in the freeze'));
});
