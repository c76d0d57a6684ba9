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

const endsItself = changed('freeze', {
  input: () => ({endSessions: false, watchMs: 0, endsItselfAfterSeconds: 10}),
});

test('a freeze that ends itself has no counterexample: Aurora is opened after it was made to last', async () => {
  const {counterexamples} = await verifyRunbook(endsItself(ring), {});
  expect(counterexamples).toEqual([]);
});

const armed: readonly Fault[] = [
  {
    name: 'Aurora opened while the freeze of the source may still end by itself',
    edit: changed('open-writes', {
      unit: {
        ...entryIn(ring, 'open-writes').unit,
        effects: [{fact: 'writes', of: 'aurora', are: 'accepted'}],
      },
    }),
    finds: 'two-writable-sides',
  },
  {
    name: 'the freeze made to last only after Aurora is open',
    edit: changed('open-writes', {
      unit: {
        ...entryIn(ring, 'open-writes').unit,
        effects: [
          {fact: 'writes', of: 'aurora', are: 'accepted'},
          {fact: 'freeze', of: 'source', lasts: true},
        ],
      },
    }),
    finds: 'two-writable-sides',
  },
];

test.each(armed)('finds $name: $finds', async ({edit, finds}) => {
  const {counterexamples} = await verifyRunbook(all(endsItself, edit)(ring), {});
  const found = counterexamples.find(({property}) => property === finds);
  expect(found?.steps).toContain('source accepts writes again by itself');
});

test.each(faults)('finds $name: $finds', async ({edit, finds}) => {
  const {counterexamples} = await verifyRunbook(edit(ring), {});
  expect(counterexamples.map(({property}) => property)).toContain(finds);
});
