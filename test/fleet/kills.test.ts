import {expect} from 'vitest';
import {drillFleet} from '../drills/fleet-kills.ts';
import {test} from './with-postgres.ts';

// 200 units, 20 and 50 kills: `npm run drills -- --fleet`.
test('PostgreSQL and runners killed at random: each unit is moved once, and none is lost', async () => {
  const drill = {units: 6, waves: 1, postgresKills: 1, runnerKills: 2, seed: 1};
  const lines: string[] = [];
  const result = await drillFleet(drill, (text) => lines.push(text));
  expect(result.problems, lines.join('\n')).toEqual([]);
  expect([result.postgresKilled, result.runnersKilled, result.startsKilled]).toEqual([1, 2, 2]);
});
