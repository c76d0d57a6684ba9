import {expect, test} from 'vitest';
import {verifyRunbook} from '../../../src/engine/verify/verification.ts';
import type {Property} from '../../../src/model/verification.ts';
import {all, changed, type Edit, entryIn, moved, skippable, unguarded, without} from './edits.ts';
import ring from './ring-runbook.ts';

test('a cutover with a ring has no counterexample: one side is writable at any time, and nothing is lost', async () => {
  const {states, counterexamples} = await verifyRunbook(ring, {});
  expect(counterexamples).toEqual([]);
  expect(states).toBeGreaterThan(1);
});

interface Fault {
  readonly name: string;
  readonly edit: Edit;
  readonly finds: Property;
}

const withoutReliance = (id: string): Edit =>
  changed(id, {unit: {...entryIn(ring, id).unit, relies: []}});

const faults: readonly Fault[] = [
  {
    name: 'no freeze: an event of each side meets the other one in the ring',
    edit: all(
      without('freeze', 'one-side-only'),
      changed('replica-caught-up', {input: () => ({})}),
      withoutReliance('open-writes'),
      ...ring.entries.map(({id}: {id: string}) => unguarded(id)),
    ),
    finds: 'two-writable-sides',
  },
  {
    name: 'Aurora opened before it has everything',
    edit: all(without('aurora-caught-up'), unguarded('open-writes'), unguarded('forward')),
    finds: 'lost-writes',
  },
  {
    name: 'a ring that may be skipped',
    edit: all(
      skippable('ring'),
      changed('ring-intact', {input: () => ({file: 'x', position: 4})}),
      withoutReliance('ring-intact'),
      withoutReliance('open-writes'),
      ...ring.entries.map(({id}: {id: string}) => unguarded(id)),
    ),
    finds: 'no-lossless-reversal',
  },
  {
    name: 'a ring that is taken down before the point of no return',
    edit: moved('point-of-no-return', 'ring'),
    finds: 'early-point-of-no-return',
  },
];

test.each(faults)('finds $name: $finds', async ({edit, finds}) => {
  const {counterexamples} = await verifyRunbook(edit(ring), {});
  expect(counterexamples.map(({property}) => property)).toContain(finds);
});
