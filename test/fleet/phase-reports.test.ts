import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {outageWatch, phaseReports} from '../../src/fleet/phase-reports.ts';
import type {UnitPhase} from '../../src/fleet/unit-claims.ts';

test('where a run is is written one at a time, the latest, and again until it is written', async () => {
  const written: string[] = [];
  let isAway = true;
  let [atOnce, most] = [0, 0];
  const write = async ({phase}: UnitPhase): Promise<void> => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await sleep(10);
    atOnce -= 1;
    if (isAway) {
      throw new Error('PostgreSQL is away');
    }
    written.push(phase);
  };
  const report = phaseReports(write, new AbortController().signal);
  for (const phase of ['Prepare', 'Cut over', 'Open']) {
    report({phase, inOutage: false, changes: 0});
  }
  await sleep(50);
  isAway = false;
  await expect.poll(() => written).toEqual(['Open']);
  report({phase: 'Clean up', inOutage: false, changes: 0});
  await expect.poll(() => written).toEqual(['Open', 'Clean up']);
  expect(most).toBe(1);
});

test('an outage lasts from its claim until the journal says that it is over', () => {
  const {claimed, isIn} = outageWatch();
  expect(isIn(false)).toBe(false);
  claimed();
  expect([false, true, true, false].map(isIn)).toEqual([true, true, true, false]);
});
