import {describe, expect, test} from 'vitest';
import type {Plan, PlanItem, PlanLine} from '../../src/model/plan.ts';
import {type LongestOutage, plainPaint, planText} from '../../src/report/index.ts';

const line = (entry: string, phase: string, given: Partial<PlanLine> = {}): PlanLine => ({
  kind: 'entry',
  entry,
  phase,
  unit: 'shelf.put',
  unitKind: 'step',
  summary: 'Put what is needed on the shelf, and check that it is there afterwards.',
  targets: ['shelf'],
  evidence: 'checked',
  outlook: 'change',
  knownAfter: [],
  differences: [{what: 'shelf', is: 'empty', shouldBe: 'full'}],
  actions: [
    {target: 'shelf', does: 'make room'},
    {target: 'shelf', does: 'put it there'},
  ],
  ...given,
});

const many = (phase: string, given: Partial<PlanLine> = {}): readonly PlanItem[] =>
  [1, 2, 3, 4, 5].map((at) => line(`${phase.toLowerCase()}-${at}`, phase, given));

const plan: Plan = {
  runbook: {name: 'shop', summary: 'Move the shop.', digest: 'r1'},
  inventory: {name: 'staging', digest: 'i1', protected: false},
  params: {},
  items: [
    ...many('Prepare'),
    {kind: 'checkpoint', name: 'prepared', phase: 'Prepare'},
    line('go', 'Cut', {
      unit: 'operator.confirm',
      unitKind: 'gate',
      summary: 'Start the cutover now? Writes will be unavailable until everything is done.',
      evidence: 'known-after',
      knownAfter: ['prepare-5'],
      outlook: 'pending',
      actions: [],
    }),
    ...many('Cut'),
    line('swap', 'Cut', {
      actions: [
        {
          target: 'zone',
          does: 'replace www.shop.test A: 127.0.0.11, 127.0.0.12, 127.0.0.13 (TTL 5 s) by 127.0.0.100',
        },
      ],
    }),
    line('smoke', 'Cut', {unitKind: 'gate', outlook: 'open', remarks: ['Dust is in x.']}),
  ],
  outage: {begins: 'cut-2', ends: 'swap'},
  alsoWritten: [{what: 'uploads in S3', todo: 'copy them back'}],
  digest: 'p1',
};

const text = (given: Plan, options = {}) =>
  planText(given, {width: 80, paint: plainPaint, ...options});

test('a long plan has a line for each entry, marks the outage, and ends with what matters', () => {
  const earlier = {
    run: '20260301-031205-4f2a',
    inventory: 'lab',
    rehearsal: true,
    machineMs: 65_000,
    outageMs: 2_100,
  };
  expect(text(plan, {earlier, command: 'switcharoo run shop --plan p1'})).toMatchInlineSnapshot(`
    "shop on staging  (1 entry is checked later; all actions: --details)
    Prepare  ⚑ ends at checkpoint prepared
      ~ prepare-1 Put what is needed on the shelf, and check that it is there…
      ~ prepare-2 Put what is needed on the shelf, and check that it is there…
      ~ prepare-3 Put what is needed on the shelf, and check that it is there…
      ~ prepare-4 Put what is needed on the shelf, and check that it is there…
      ~ prepare-5 Put what is needed on the shelf, and check that it is there…
    Cut
      ? go        Start the cutover now?
      ~ cut-1     Put what is needed on the shelf, and check that it is there…
    ┏━ outage begins: nobody can write until swap is done
    ┃ ~ cut-2     Put what is needed on the shelf, and check that it is there…
    ┃ ~ cut-3     Put what is needed on the shelf, and check that it is there…
    ┃ ~ cut-4     Put what is needed on the shelf, and check that it is there…
    ┃ ~ cut-5     Put what is needed on the shelf, and check that it is there…
    ┗ ~ swap      zone: replace www.shop.test A… (TTL 5 s) by 127.0.0.100
      ✓ smoke     Put what is needed on the shelf, and check that it is there…
    13 entries: ~ 11 change, ? 1 ask, ✓ 1 open.
    Earlier run: 1 m 05 s, outage 2.1 s (rehearsal 20260301-031205-4f2a).
    A lossless reversal covers the database and what entries copy back. Not carried
    back: uploads in S3 (copy them back).
    ! smoke: Dust is in x.
    Run exactly this plan:
      switcharoo run shop --plan p1"
  `);
});

test('a resumed run folds what is in place, and an outage that it is in', () => {
  const items = plan.items.map((item) =>
    item.kind === 'entry' && !['cut-5', 'swap', 'smoke'].includes(item.entry)
      ? {...item, outlook: 'applied' as const, actions: [], differences: []}
      : item,
  );
  const more = [...many('Settle'), ...many('Rest'), ...many('End')];
  expect(
    text({...plan, items: [...items, ...more]}, {resumed: true, earlier: null}),
  ).toMatchInlineSnapshot(`
    "shop on staging  (1 entry is checked later; all actions: --details)
    Prepare  ⚑ ends at checkpoint prepared
      ✓ 5 entries in place
    Cut
      ✓ 5 entries in place
    ┏━ outage: nobody can write until swap is done
    ┃ ~ cut-5     Put what is needed on the shelf, and check that it is there…
    ┗ ~ swap      zone: replace www.shop.test A… (TTL 5 s) by 127.0.0.100
      ✓ smoke     Put what is needed on the shelf, and check that it is there…
    Settle
      ~ settle-1  Put what is needed on the shelf, and check that it is there…
      ~ settle-2  Put what is needed on the shelf, and check that it is there…
      ~ settle-3  Put what is needed on the shelf, and check that it is there…
      ~ settle-4  Put what is needed on the shelf, and check that it is there…
      ~ settle-5  Put what is needed on the shelf, and check that it is there…
    Rest
      ~ rest-1    Put what is needed on the shelf, and check that it is there…
      ~ rest-2    Put what is needed on the shelf, and check that it is there…
      ~ rest-3    Put what is needed on the shelf, and check that it is there…
      ~ rest-4    Put what is needed on the shelf, and check that it is there…
      ~ rest-5    Put what is needed on the shelf, and check that it is there…
    End
      ~ end-1     Put what is needed on the shelf, and check that it is there…
      ~ end-2     Put what is needed on the shelf, and check that it is there…
      ~ end-3     Put what is needed on the shelf, and check that it is there…
      ~ end-4     Put what is needed on the shelf, and check that it is there…
      ~ end-5     Put what is needed on the shelf, and check that it is there…
    28 entries: ✓ 10 applied, ~ 17 change, ✓ 1 open.
    Duration: unknown, no earlier run here. A rehearsal measures it.
    A lossless reversal covers the database and what entries copy back. Not carried
    back: uploads in S3 (copy them back).
    ! smoke: Dust is in x.
    Plan p1"
  `);
});

test('details show every difference and action, and how each line is known', () => {
  const rows = text(plan, {details: true}).split('\n');
  expect(rows.slice(0, 9)).toEqual([
    'shop on staging',
    'Move the shop.',
    '',
    'Prepare  ⚑ ends at checkpoint prepared',
    '  ~ prepare-1 Put what is needed on the shelf, and check that it is there',
    '              afterwards',
    '        shelf.put on shelf [checked]',
    '        shelf: empty -> full',
    '        on shelf: make room',
  ]);
  expect(rows.length).toBeGreaterThan(60);
});

test('a short resumed run is folded too, unless details are asked for', () => {
  const short = {...plan, items: many('Prepare', {outlook: 'applied'})};
  expect(text(short, {resumed: true})).toContain('\n  ✓ 5 entries in place\n');
  expect(text(short, {resumed: true, details: true})).toContain('\n  ✓ prepare-3 ');
});

test('a short plan is shown with its details', () => {
  const short = {...plan, items: plan.items.slice(0, 3)};
  expect(text(short)).toBe(text(short, {details: true}));
});

describe('a plan tells the longest outage', () => {
  const rule = {longestMs: 300_000, reversesTo: 'prepared', asksFrom: 'cut-5'};
  const limit = {limitMs: 300_000, at: new Date('2026-03-01T03:10:51Z'), reversesTo: 'prepared'};
  const since = new Date('2026-03-01T03:05:51Z');
  const linesOf = (longestOutage: LongestOutage | null) =>
    text(plan, {longestOutage})
      .split('\n')
      .filter((line) => /outage|limit|approved|instead|at once|--max/i.test(line));

  test('before it begins, and that there is none', () => {
    expect(linesOf({rule})).toEqual([
      '┏━ outage begins: nobody can write until swap is done (limit 5 m 00 s)',
      'At the limit, the run reverses to prepared; once cut-5 has started, it asks.',
    ]);
    expect(linesOf({rule: {longestMs: 300_000}}).slice(1)).toEqual([
      'At the limit, the run asks what to do.',
    ]);
    expect(linesOf(null)).toEqual([
      '┏━ outage begins: nobody can write until swap is done',
      'Longest outage: no limit. Set one with --max-outage.',
    ]);
  });

  test('while it lasts, and when it is too long', () => {
    const now = new Date('2026-03-01T03:08:00Z');
    expect(linesOf({rule, lasting: {since, limit, now}}).slice(1)).toEqual([
      'OUTAGE since 2026-03-01 03:05:51 UTC. It exceeds its limit of 5 m 00 s at',
      '03:10:51 UTC. Then the run reverses to prepared; until this plan is approved, no',
    ]);
    const late = new Date('2026-03-01T03:12:00Z');
    expect(linesOf({rule, lasting: {since, limit, now: late}}).slice(1)).toEqual([
      'OUTAGE since 2026-03-01 03:05:51 UTC. It has exceeded its limit of 5 m 00 s:',
      'with this plan, the run reverses to prepared at once. Allow more time with',
      '--max-outage.',
    ]);
  });
});

describe('a plan whose distances were measured says what they cost', () => {
  const expectation = {
    times: {
      outage: {roundTrips: {db1: 4, aurora: 3}, networkMs: 141, notCounted: ['swap', 'deploy']},
      hold: {roundTrips: {web: 2, db1: 4, aurora: 3}, networkMs: 181, notCounted: []},
    },
    distances: [
      {target: 'db1', what: 'statement', ms: 20.4},
      {target: 'aurora', what: 'statement', ms: null, problem: 'aurora refused it'},
    ],
  } as const;
  const linesWith = (words: string, options: object) =>
    text(plan, {expectation, ...options, width: 160})
      .split('\n')
      .filter((each) => each.includes(words));

  test('in a line each, and names what could not be measured', () => {
    expect(linesWith('Expected', {})).toEqual([
      'Expected outage: 141 ms for 7 round trips, plus work that no earlier run shows.',
      'Expected hold: 181 ms for 9 round trips, plus work that no earlier run shows.',
    ]);
    expect(linesWith('is not known', {})).toEqual([
      'How far away aurora is, is not known: aurora refused it.',
    ]);
    expect(linesWith('A statement takes', {})).toEqual([]);
  });

  test('with the work of the last rehearsal', () => {
    const earlier = {
      ...{run: 'r1', inventory: 'lab', rehearsal: true, machineMs: 20_000, outageMs: 300},
      expected: {hold: {ms: 520, networkMs: 20}},
    };
    expect(linesWith('Expected hold', {earlier})).toEqual([
      'Expected hold: 681 ms: 181 ms for 9 round trips, 500 ms for the work (rehearsal r1).',
    ]);
  });

  test('with details, what was counted and measured', () => {
    const details = {details: true};
    expect(linesWith('one after another', details)).toEqual([
      'Round trips in the outage, one after another: 4 to db1, 3 to aurora. Not counted: swap, deploy.',
      'Round trips in the hold, one after another: 2 to web, 4 to db1, 3 to aurora.',
    ]);
    expect(linesWith('A statement takes', details)).toEqual(['A statement takes 20 ms on db1.']);
  });
});
