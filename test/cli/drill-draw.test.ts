import {expect, test} from 'vitest';
import {labFaults} from '../../lab/faults.ts';
import bareMetalToEcs from '../../runbooks/bare-metal-to-ecs.ts';
import {drawFault} from '../../src/cli/actions/drill-draw.ts';
import type {AnyRunbook} from '../../src/model/runbook.ts';

const runbook: AnyRunbook = bareMetalToEcs;
// All that the draw reads of a plan: which entries will begin.
const plan = {
  items: runbook.entries.map(({id}) => ({kind: 'entry', entry: id, outlook: 'change'})),
} as never;

/** Each fault with the entries at which a thousand drills have it. */
const drawn = new Map<string, Set<string>>();
for (let seed = 0; seed < 1_000; seed += 1) {
  const fault = drawFault({runbook, plan}, labFaults, seed);
  if (fault) {
    drawn.set(fault.name, (drawn.get(fault.name) ?? new Set()).add(fault.entry));
  }
}
const entryOf = (id: string) => runbook.entries.find((entry) => entry.id === id);
const targetsOf = (id: string): readonly string[] => Object.values(entryOf(id)?.on ?? {});
const entriesWith = (fault: string) => [...(drawn.get(fault) ?? [])];

test.each([
  {fault: 'source', target: 'source'},
  {fault: 'replica', target: 'replica'},
  {fault: 'replication', target: 'replica'},
  {fault: 'web', target: 'webHosts'},
  {fault: 'db', target: 'dbHost'},
])('$fault is drawn only at entries that use $target', ({fault, target}) => {
  const others = entriesWith(fault).filter((id) => !targetsOf(id).includes(target));
  expect(entriesWith(fault)).not.toEqual([]);
  expect(others).toEqual([]);
});

test.each(['crash', 'no-room'])('%s is drawn only at entries that start tasks', (fault) => {
  const rights = (id: string) => Object.values<readonly string[]>(entryOf(id)?.unit.needs ?? {});
  const others = entriesWith(fault).filter(
    (id) =>
      !rights(id)
        .flat()
        .some((right) => /^ecs:(UpdateService|RunTask)/.test(right)),
  );
  expect(entriesWith(fault)).not.toEqual([]);
  expect(others).toEqual([]);
});

test('slow replication is drawn only where somebody waits for it: elsewhere nothing may replicate yet', () => {
  const units = new Set(entriesWith('slow-replication').map((id) => entryOf(id)?.unit.name));
  expect([...units].filter((unit) => !/caught-up|watch-replication/.test(unit ?? ''))).toEqual([]);
});

test('an error of AWS is drawn only at entries that call AWS', () => {
  const sqlOnly = entriesWith('aws').filter(
    (id) => entryOf(id)?.unit.name === 'aurora.open-writes',
  );
  expect(sqlOnly).toEqual([]);
});
