import {expect, test} from 'vitest';
import {loadRunbook, runbookWith} from '../../src/inventory/runbook-file.ts';
import {barriersInOutage} from '../../src/model/expected-time.ts';
import {sampleParams} from '../../src/run/sample-params.ts';

/** The steps that may write between the freeze and the moment when writes are open again: each waits for the store. */
test.for([
  ['bare-metal-to-ecs', 7, 14],
  ['warm-cutover', 5, 5],
  ['seamless-cutover', 2, 3],
] as const)(
  '%s waits %i times for its store in the freeze, and %i times in its outage',
  async ([name, inFreeze, inOutage]) => {
    const loaded = await loadRunbook(name);
    const runbook = runbookWith(loaded, sampleParams(loaded.runbook.head.params, {}));
    const ids = runbook.entries.map(({id}) => id);
    const freeze = runbook.entries.slice(ids.indexOf('freeze'), ids.indexOf('open-writes') + 1);
    const waits = freeze.filter(({unit}) => unit.kind !== 'gate').map(({id}) => id);
    expect(waits).toHaveLength(inFreeze);
    expect(waits.length).toBeLessThanOrEqual(8);
    expect(barriersInOutage(runbook)).toBe(inOutage);
  },
);
