import {expect, test} from 'vitest';
import {drillCuts} from '../drills/fleet-cuts.ts';
import {whyNoNetwork} from './cut-network.ts';

const why = whyNoNetwork();
if (why) {
  console.warn(`SKIPPED: the network of a runner is not cut: ${why}`);
}

// More hosts, longer cuts: `npm run drills -- --fleet --network-cut`.
test.skipIf(why !== undefined)(
  'a run whose runner is cut off from PostgreSQL in its outage ends, and is reported afterwards',
  async () => {
    const inOutage = [{outage: 2, cut: 8}];
    const drill = {hosts: 1, units: 1, cuts: 0, inOutage, seed: 1};
    const lines: string[] = [];
    const result = await drillCuts(drill, (text) => lines.push(text));
    expect(result.problems, lines.join('\n')).toEqual([]);
    expect(result.cuts).toBe(1);
  },
  60_000,
);
