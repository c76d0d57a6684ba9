import type {JournalEntry} from '../../src/model/journal.ts';
import type {Plan, PlanItem, PlanLine, ReversePlan} from '../../src/model/plan.ts';
import type {EntryDigest} from '../../src/model/run-started.ts';
import {journalOf, runStarted, stepDone, type Told} from '../model/journal-of.ts';

/** A small move of a shop, made up for texts. */
export const entries: readonly EntryDigest[] = [
  {id: 'lower-ttl', phase: 'Prepare', unit: 'route53.lower-ttl', digest: 'a'},
  {id: 'drained', phase: 'Prepare', unit: 'dns.ttl-drained', digest: 'b'},
  {id: 'go', phase: 'Cut over', unit: 'operator.confirm', digest: 'c'},
  {id: 'freeze', phase: 'Cut over', unit: 'mysql.freeze-writes', digest: 'd'},
  {id: 'open', phase: 'Cut over', unit: 'aurora.open-writes', digest: 'e'},
  {id: 'cut-off', phase: 'Settle', unit: 'mysql.stop-replication', digest: 'f'},
];

export const started = (rehearsal = false) =>
  runStarted({
    rehearsal,
    runbook: {
      name: 'shop-move',
      file: 'runbooks/shop-move.ts',
      digest: 'r1',
      entries: [...entries],
    },
  });

const prepared: readonly Told[] = [
  started(),
  [
    4,
    {
      kind: 'answered',
      entry: null,
      about: 'plan',
      question: 'Run this plan on lab?',
      details: [],
      answer: 'yes',
      by: 'ada',
    },
  ],
  ...stepDone('lower-ttl', 'set the TTL of shop.test. A to 5', 2),
  {kind: 'entry-started', entry: 'drained'},
  [300, {kind: 'entry-done', entry: 'drained', output: {}, changedByRun: false}],
  [0, {kind: 'checkpoint-reached', name: 'prepared'}],
  {kind: 'entry-started', entry: 'go'},
  [
    42,
    {
      kind: 'answered',
      entry: 'go',
      about: 'confirmation',
      question: 'Cut over now?',
      details: ['lag 0 bytes'],
      answer: 'yes',
      by: 'ada',
    },
  ],
  [0, {kind: 'entry-done', entry: 'go', output: {}, changedByRun: false}],
];

const problem = {
  code: 'target-unreachable',
  message: 'aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s.',
  hint: 'Look whether the server runs; then resume.',
};

export const doneRun = (): JournalEntry[] =>
  journalOf([
    ...prepared,
    ...stepDone('freeze', 'set super_read_only = ON', 0.4),
    ...stepDone('open', 'let the application write', 1.1),
    [3, {kind: 'point-of-no-return-passed', because: 'the old servers are taken down'}],
    ...stepDone('cut-off', 'stop replication', 0.3),
    [0, {kind: 'run-done'}],
  ]);

const opening = {
  entry: 'open',
  way: 'forward',
  target: 'aurora',
  does: 'let the application write',
} as const;

const failedAtOpen: readonly Told[] = [
  ...prepared,
  ...stepDone('freeze', 'set super_read_only = ON', 0.4),
  {kind: 'entry-started', entry: 'open'},
  [
    0.1,
    {
      kind: 'before',
      entry: 'open',
      before: {},
      differences: [{what: 'read_only', is: 'ON', shouldBe: 'OFF'}],
    },
  ],
  [0, {kind: 'action-intended', ...opening}],
  [10, {kind: 'action-failed', ...opening, problem}],
  [0, {kind: 'entry-failed', entry: 'open', problem}],
];

export const heldRun = (): JournalEntry[] =>
  journalOf([
    ...failedAtOpen,
    [
      20,
      {
        kind: 'answered',
        entry: 'open',
        about: 'failure',
        question: 'open failed. What now?',
        details: [],
        answer: 'stop',
        by: 'ada',
      },
    ],
    [0, {kind: 'run-paused', problem}],
  ]);

/** As above, and the process waits for the answer. */
export const askedRun = (): JournalEntry[] =>
  journalOf([
    ...failedAtOpen,
    [
      0,
      {
        kind: 'asked',
        entry: 'open',
        about: 'failure',
        question: problem.message,
        details: ['Nobody can write until this is answered.'],
        person: 'ada',
      },
    ],
  ]);

/** Held as above, taken up an hour later, and taken back to the checkpoint. */
export const reversedRun = (): JournalEntry[] => {
  const held = heldRun().map(({seq, prev, atUtc, ...fact}) => fact);
  const ada = {user: 'ada', host: 'bastion', pid: 4811};
  const thaw = {
    entry: 'freeze',
    way: 'reverse',
    target: 'db1',
    does: 'set super_read_only = OFF',
  } as const;
  return journalOf([
    ...heldRun().map(
      ({seq, prev, atUtc, ...fact}, index): Told => [
        secondsBefore(heldRun(), index),
        fact as (typeof held)[number],
      ],
    ),
    [
      3600,
      {
        kind: 'reverse-started',
        to: 'prepared',
        plan: '77aa',
        entries: ['open', 'freeze', 'go'],
        operator: ada,
      },
    ],
    {kind: 'entry-reversing', entry: 'open'},
    [0.2, {kind: 'entry-reversed', entry: 'open'}],
    {kind: 'entry-reversing', entry: 'freeze'},
    [0, {kind: 'action-intended', ...thaw}],
    [0.3, {kind: 'action-performed', ...thaw}],
    [0.1, {kind: 'entry-reversed', entry: 'freeze'}],
    [0, {kind: 'run-reversed', to: 'prepared'}],
  ]);
};

function secondsBefore(told: readonly JournalEntry[], index: number): number {
  const [at, before] = [told[index], told[index - 1]];
  return at && before ? (Date.parse(at.atUtc) - Date.parse(before.atUtc)) / 1000 : 0;
}

const line = (given: Partial<PlanLine> & Pick<PlanLine, 'entry' | 'phase' | 'unit'>): PlanLine => ({
  kind: 'entry',
  unitKind: 'step',
  summary: `Do what ${given.unit} does.`,
  targets: [],
  evidence: 'checked',
  outlook: 'change',
  knownAfter: [],
  differences: [],
  actions: [],
  ...given,
});

export const planItems: readonly PlanItem[] = [
  line({
    entry: 'lower-ttl',
    phase: 'Prepare',
    unit: 'route53.lower-ttl',
    targets: ['zone'],
    differences: [{what: 'TTL of shop.test. A', is: '300', shouldBe: '5'}],
    actions: [{target: 'zone', does: 'UPSERT shop.test. A 5 127.0.0.11 127.0.0.12'}],
  }),
  line({
    entry: 'drained',
    phase: 'Prepare',
    unit: 'dns.ttl-drained',
    unitKind: 'gate',
    targets: ['dns'],
    evidence: 'known-after',
    knownAfter: ['lower-ttl'],
    outlook: 'pending',
  }),
  {kind: 'checkpoint', name: 'prepared', phase: 'Prepare'},
  line({
    entry: 'go',
    phase: 'Cut over',
    unit: 'operator.confirm',
    unitKind: 'gate',
    summary: 'Cut over now?',
    outlook: 'ask',
    detail: 'Cut over now?',
  }),
  line({
    entry: 'stop-web',
    phase: 'Cut over',
    group: 'Stop everything that writes',
    unit: 'hosts.stop-web-servers',
    targets: ['web'],
    outlook: 'already-in-place',
  }),
  line({
    entry: 'stop-crons',
    phase: 'Cut over',
    group: 'Stop everything that writes',
    unit: 'hosts.stop-crons',
    targets: ['web'],
    outlook: 'blocked',
    detail: 'web2 refused the key of the account switcharoo after 3 tries.',
    hint: 'Put the public key into ~switcharoo/.ssh/authorized_keys on web2, or name another identityFile in the inventory.',
  }),
  line({
    entry: 'freeze',
    phase: 'Cut over',
    unit: 'mysql.freeze-writes',
    targets: ['db1'],
    evidence: 'predicted',
    differences: [
      {what: 'super_read_only of db1', is: 'OFF', shouldBe: 'ON'},
      {what: 'sessions of the application', is: '14', shouldBe: '0'},
    ],
    actions: [
      {target: 'db1', does: 'set event_scheduler = OFF'},
      {target: 'db1', does: 'set read_only = ON'},
    ],
  }),
  line({
    entry: 'caught-up',
    phase: 'Cut over',
    unit: 'mysql.caught-up',
    unitKind: 'gate',
    targets: ['db1', 'aurora'],
    outlook: 'wait',
    detail: 'aurora is 1,204 bytes behind db1',
  }),
  {
    kind: 'point-of-no-return',
    because: 'the old servers no longer receive what Aurora writes',
    phase: 'Settle',
  },
  line({
    entry: 'cut-off',
    phase: 'Settle',
    unit: 'mysql.stop-replication',
    unitKind: 'one-way',
    targets: ['db1'],
    evidence: 'known-after',
    knownAfter: ['freeze', 'caught-up'],
    outlook: 'pending',
    oneWayBecause: 'what Aurora writes from then on never reaches db1',
  }),
];

export const plan: Plan = {
  runbook: {
    name: 'shop-move',
    summary: 'Move the shop from bare metal to Aurora and ECS.',
    digest: 'r1',
  },
  inventory: {name: 'production', digest: 'i1', protected: true},
  params: {},
  items: planItems,
  digest: '4f1c22aa90b1d3e7',
};

/** The same plan once nothing blocks it. */
export const openPlan: Plan = {
  ...plan,
  items: planItems.filter((item) => item.kind !== 'entry' || item.outlook !== 'blocked'),
};

export const reversePlan: ReversePlan = {
  run: 'shop-move-20260301-1',
  to: 'prepared',
  lines: [
    {
      entry: 'open',
      phase: 'Cut over',
      unit: 'aurora.open-writes',
      summary: 'Disables writes on Aurora.',
      outlook: 'restored',
      actions: [],
    },
    {
      entry: 'freeze',
      phase: 'Cut over',
      unit: 'mysql.freeze-writes',
      summary: 'Enables writes on the source.',
      outlook: 'change',
      actions: [{target: 'db1', does: 'set super_read_only = OFF'}],
    },
    {
      entry: 'stop-web',
      phase: 'Cut over',
      unit: 'hosts.stop-web-servers',
      summary: 'Starts the web servers.',
      outlook: 'drift',
      actions: [],
      detail: 'shop.service on web1 is masked; the run left it stopped, and it was running before.',
      hint: 'Unmask it on web1, then plan the reversal again.',
    },
  ],
  digest: '77aa01b2c3d4e5f6',
};
