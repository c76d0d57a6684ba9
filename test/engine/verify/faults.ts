import warm from '../../../runbooks/warm-cutover.ts';
import type {Entry} from '../../../src/model/entry.ts';
import {type AnyRunbook, Runbook} from '../../../src/model/runbook.ts';
import type {Property} from '../../../src/model/verification.ts';
import {startWorkers} from '../../../steps/ecs/start-workers.ts';
import {bareMetal} from './bare-metal.ts';
import {
  added,
  all,
  changed,
  type Edit,
  entryIn,
  headed,
  moved,
  skippable,
  unguarded,
  without,
} from './edits.ts';

interface Fault {
  readonly name: string;
  readonly runbook: AnyRunbook;
  readonly edit: Edit;
  readonly finds: Property;
}

/** As a team adds it: it starts when it is its turn, and waits for no other entry. */
const startsWorkers: Entry = {
  ...entryIn(bareMetal, 'deploy'),
  id: 'start-workers',
  unit: startWorkers,
  on: {service: 'worker'},
  input: () => ({desiredCount: 1}),
  after: [],
  requires: [],
};

const {outage} = bareMetal.head;
const bounded = {longestMs: 1_800_000, promoted: ['promote']};

/** Copies of the cutover runbooks, each with one fault, and what it leads to. */
export const faults: readonly Fault[] = [
  {
    name: 'the freeze left out',
    runbook: bareMetal,
    edit: all(
      without('freeze', 'source-unchanged', 'still-frozen', 'one-side-only'),
      changed('replica-caught-up', {input: () => ({})}),
      changed('reverse-replication', {
        input: () => ({}),
        unit: {...entryIn(bareMetal, 'reverse-replication').unit, relies: []},
      }),
      ...bareMetal.entries.map(({id}: {id: string}) => unguarded(id)),
    ),
    finds: 'two-writable-sides',
  },
  {
    name: 'the gate that Aurora has caught up left out',
    runbook: bareMetal,
    edit: all(without('aurora-caught-up'), unguarded('source-unchanged')),
    finds: 'lost-writes',
  },
  {
    name: 'a gate that waits for a position from before the freeze',
    runbook: warm,
    edit: changed('replica-caught-up', {
      input: ({outputs}: any) => ({position: outputs['replica-near']}),
    }),
    finds: 'lost-writes',
  },
  {
    name: 'writes opened before reverse replication runs',
    runbook: bareMetal,
    edit: all(unguarded('open-writes'), moved('open-writes', 'reverse-replication')),
    finds: 'no-lossless-reversal',
  },
  {
    name: 'no reverse replication at all',
    runbook: bareMetal,
    edit: all(
      without('reverse-replication', 'reverse-caught-up'),
      unguarded('still-frozen'),
      unguarded('open-writes'),
      unguarded('stop-replication'),
    ),
    finds: 'no-lossless-reversal',
  },
  {
    name: 'reverse replication that may be skipped, and an "after" that does not guard it',
    runbook: bareMetal,
    edit: all(
      skippable('reverse-replication'),
      unguarded('still-frozen'),
      unguarded('open-writes'),
    ),
    finds: 'no-lossless-reversal',
  },
  {
    name: 'DNS swapped before the outage',
    runbook: bareMetal,
    edit: all(unguarded('swap'), moved('swap', 'go')),
    finds: 'traffic-refused',
  },
  {
    name: 'an outage that ends before DNS leads to the new side',
    runbook: bareMetal,
    edit: headed({outage: {...bounded, from: outage?.from ?? [], until: ['open-writes']}}),
    finds: 'traffic-refused',
  },
  {
    name: 'an outage that begins after the web servers are stopped',
    runbook: bareMetal,
    edit: headed({outage: {...bounded, from: ['freeze'], until: outage?.until ?? []}}),
    finds: 'traffic-refused',
  },
  {
    name: 'traffic led to a service that is not deployed',
    runbook: bareMetal,
    edit: all(moved('deploy', 'accept'), without('new-side-healthy'), unguarded('swap')),
    finds: 'traffic-refused',
  },
  {
    name: "the database's port closed before the outage",
    runbook: bareMetal,
    edit: all(unguarded('close-database'), moved('close-database', 'go')),
    finds: 'traffic-refused',
  },
  {
    name: 'an outage that does not end by itself: "promoted" names an entry from before it',
    runbook: warm,
    edit: headed({
      outage: {
        ...bounded,
        from: ['freeze'],
        until: ['open-writes'],
        promoted: ['deploy', 'promote'],
      },
    }),
    finds: 'unbounded-outage',
  },
  {
    name: 'an outage without a limit',
    runbook: warm,
    edit: headed({outage: {from: ['freeze'], until: ['open-writes'], promoted: ['promote']}}),
    finds: 'unbounded-outage',
  },
  {
    name: 'a person asked in the outage',
    runbook: warm,
    edit: all(...warm.entries.map(({id}: {id: string}) => unguarded(id)), moved('go', 'promote')),
    finds: 'unbounded-outage',
  },
  {
    name: 'a wait of a day in the outage',
    runbook: bareMetal,
    edit: changed('aurora-caught-up', {timeoutMs: 24 * 3_600_000}),
    finds: 'unbounded-outage',
  },
  {
    name: 'a checkpoint in the outage',
    runbook: bareMetal,
    edit: added({kind: 'checkpoint', name: 'frozen', phase: 'Cut over'}, 'promote'),
    finds: 'ends-in-outage',
  },
  {
    name: 'a point of no return before the new side is tried',
    runbook: bareMetal,
    edit: moved('point-of-no-return', 'smoke-sql'),
    finds: 'early-point-of-no-return',
  },
  {
    name: 'a point of no return in the outage',
    runbook: bareMetal,
    edit: moved('point-of-no-return', 'promote'),
    finds: 'unbounded-outage',
  },
  {
    name: 'an entry past the point of no return that can never be done',
    runbook: bareMetal,
    edit: (runbook) =>
      new Runbook(
        runbook.head,
        [...runbook.items, {...entryIn(runbook, 'freeze'), id: 'freeze-again', phase: 'Settle'}],
        '',
      ),
    finds: 'dead-end',
  },
  {
    name: 'writes opened before Aurora is promoted',
    runbook: bareMetal,
    edit: all(unguarded('open-writes'), moved('open-writes', 'promote')),
    finds: 'cannot-finish',
  },
  {
    name: 'workers of the new side that start before writes are open, and run while a reversal refuses them',
    runbook: bareMetal,
    edit: added(startsWorkers, 'promote'),
    finds: 'workers-without-writes',
  },
  {
    name: 'workers that start before open-writes, which may be skipped',
    runbook: bareMetal,
    edit: all(skippable('open-writes'), added(startsWorkers, 'deploy')),
    finds: 'workers-without-writes',
  },
  {
    name: 'a DNS swap that may be skipped',
    runbook: bareMetal,
    edit: all(
      skippable('swap'),
      unguarded('propagated'),
      changed('propagated', {input: () => ({})}),
      skippable('propagated'),
    ),
    finds: 'ends-in-outage',
  },
];
