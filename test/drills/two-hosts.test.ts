import {expect, test} from 'vitest';
import {raceTwoHosts} from './two-hosts-races.ts';

// More: `npm run drills -- --two-hosts --races 200`.
test('of 5 races of two hosts each has one winner, and the loser starts no action', async () => {
  const races = await raceTwoHosts({count: 5, seed: 1});
  expect(races.flatMap(({problems}) => problems)).toEqual([]);
  expect(races.map(({kind}) => kind)).toContain('two take-overs');
  expect(new Set(races.map(({winner}) => winner)).size).toBeGreaterThan(1);
}, 120_000);
