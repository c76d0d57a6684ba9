import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {confirm} from '../../src/model/confirm.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {type Progress, progressOf} from '../../src/model/progress.ts';
import type {AnyUnit} from '../../src/model/step.ts';
import {defineGate, defineOneWayStep, defineStep} from '../../src/model/step.ts';
import {defineTarget} from '../../src/model/target.ts';
import {done} from '../../src/model/verdict.ts';
import {
  ansiPaint,
  appliedTexts,
  logText,
  plainPaint,
  planText,
  problemText,
  reportOf,
  reportText,
  reversePlanText,
  runsText,
  statusText,
  stepsText,
  stepText,
  type TextOptions,
} from '../../src/report/index.ts';
import {outageLines} from '../../src/report/status-head.ts';
import {widthOf} from '../../src/report/text.ts';
import {journalOf} from '../model/journal-of.ts';
import {
  askedRun,
  doneRun,
  entries,
  heldRun,
  openPlan,
  plan,
  reversedRun,
  reversePlan,
  started,
} from './made-up.ts';

const progress = (run: JournalEntry[]): Progress => {
  const so = progressOf(run);
  if (!so) {
    throw new TypeError('a made-up run begins');
  }
  return so;
};

const server = defineTarget({
  kind: 'mysql',
  config: z.object({}),
  open: async () => ({reader: {}, writer: {}, close: async () => {}}),
});

const freeze = defineStep({
  name: 'mysql.freeze-writes',
  summary: 'Freeze writes on the source, and record its last position.',
  targets: {source: server},
  input: z.object({
    lockWaitSeconds: z
      .number()
      .int()
      .default(2)
      .describe('how long it may wait for running statements'),
    keepUsers: z.array(z.string()).default([]),
    since: z.date().optional(),
    sets: z.array(
      z.object({name: z.string(), type: z.enum(['A', 'AAAA']), ttl: z.number().optional()}),
    ),
    environment: z.record(z.string(), z.string()).optional(),
  }),
  before: z.object({}),
  output: z.object({file: z.string(), position: z.number()}),
  needs: {source: ['SUPER: set read_only', 'PROCESS: see who writes']},
  reverses: 'Enables writes on the source.',
  timeoutMs: 90_000,
  check: async () => done({file: '', position: 0}),
  plan: async () => [],
  reverse: async () => [],
});

const cutOff = defineOneWayStep({
  name: 'mysql.stop-replication',
  summary: 'Stop replication on a replica, and reset its settings.',
  targets: {follower: server},
  input: z.object({}),
  output: z.object({}),
  needs: {follower: ['SUPER: RESET SLAVE ALL']},
  oneWayBecause: 'Later writes on the source do not reach the replica.',
  timeoutMs: 10_000,
  check: async () => done({}),
  plan: async () => [],
});

const caughtUp = defineGate({
  name: 'mysql.caught-up',
  summary: 'Wait until the replica has executed what upstream has written.',
  targets: {upstream: server, replica: server},
  input: z.object({lagMsMax: z.number().optional()}),
  output: z.object({}),
  needs: {upstream: ['REPLICATION CLIENT'], replica: ['REPLICATION CLIENT']},
  timeoutMs: 600_000,
  check: async () => done({}),
});

const units: readonly AnyUnit[] = [freeze, cutOff, caughtUp, confirm];

const next = [
  {command: 'switcharoo resume shop-move-20260301-1', what: 'continue the run'},
  {
    command: 'switcharoo reverse shop-move-20260301-1 --to prepared',
    what: 'plan a reversal, and reverse',
  },
];
const command =
  'switcharoo run runbooks/shop-move.ts -i inventories/production.yaml --plan 4f1c22aa90b1d3e7';
const now = new Date('2026-03-01T04:30:00Z');
const holder = {user: 'ada', host: 'bastion', pid: 4711, sinceUtc: '2026-03-01T03:00:00Z'};
const measured = {
  head: 'ab'.repeat(32),
  outageMs: 1234,
  writes: {acknowledged: 12_345, lost: 0, duplicated: 0},
  reads: {answered: 6_789, failed: 0},
  requests: {
    ...{made: 19_134, failed: 0, p50Ms: 4.5, p99Ms: 21, slowestMs: 1_083.4},
    writes: {made: 12_345, failed: 0, p50Ms: 5, p99Ms: 22, slowestMs: 1_083.4},
    reads: {made: 6_789, failed: 0, p50Ms: 3, p99Ms: 12, slowestMs: 1_040},
    inCutover: {
      ...{made: 16, failed: 0, p50Ms: 1_030, p99Ms: 1_083.4, slowestMs: 1_083.4},
      writes: {made: 12, failed: 0, p50Ms: 1_031, p99Ms: 1_083.4, slowestMs: 1_083.4},
      reads: {made: 4, failed: 0, p50Ms: 1_020, p99Ms: 1_040, slowestMs: 1_040},
    },
    beside: {
      ...{made: 19_118, failed: 0, p50Ms: 4.5, p99Ms: 20, slowestMs: 88},
      writes: {made: 12_333, failed: 0, p50Ms: 5, p99Ms: 20, slowestMs: 88},
      reads: {made: 6_785, failed: 0, p50Ms: 3, p99Ms: 11, slowestMs: 40},
    },
  },
  hold: {ms: 241, roundTrips: 11},
  reversal: {hold: {ms: 218, roundTrips: 14}, roundTrips: 8},
  roundTrips: 11,
};
const trouble = {
  problem: {
    code: 'gate-timeout',
    message: 'green is still behind blue after 60 s.',
    hint: 'Wait until green has caught up, then resume.',
  },
  changesInPlace: appliedTexts(progress(heldRun())),
  next,
  cause: 'green is at …:1-88012, waiting for …:1-88034.',
};
const armed = {
  entry: 'reverse-replication',
  lossless: 'yes',
  because: [
    'db1 replicates from aurora: IO Yes, SQL Yes.',
    'db1 has executed everything of aurora, up to mysql-bin-changelog.000004:9120.',
    'aurora keeps its binary logs for 168 h, and db1 says that it is 0 s behind: 168 h are left if it stops now.',
  ],
} as const;
const broken = {
  entry: 'reverse-replication',
  lossless: 'no',
  because: [
    'db1 replicates from aurora: IO Yes, SQL No.',
    "It has stopped at ALTER TABLE, which db1 cannot apply: Error 'Unknown data type' on query (SQL errno 1064).",
    'What is missing: 12 transactions (shop.orders).',
  ],
} as const;
const unreachable = {
  entry: 'reverse-replication',
  lossless: 'unknown',
  because: ['aurora at 127.0.0.1:3307 cannot be reached: ECONNREFUSED.'],
} as const;
/** It died while an action was in flight: the journal just ends. */
const crashed = () => heldRun().slice(0, 21);

const inOutage = {
  now: new Date('2026-03-01T03:06:19Z'),
  next,
  outage: {totalMs: 2100, since: new Date('2026-03-01T03:05:51.600Z')},
};

/** As above, with a limit of the outage. */
const limited = (run: Progress): Progress => ({
  ...run,
  longestOutageMs: 120_000,
  run: {
    ...run.run,
    runbook: {
      ...run.run.runbook,
      outage: {from: ['freeze'], until: ['open'], reversibleTo: [null, 'prepared']},
    },
  },
});
/** It has not tried to open the new side. */
const frozen = () => {
  const all = askedRun();
  const freeze = all.findIndex(
    ({kind, ...fact}) => kind === 'entry-started' && 'entry' in fact && fact.entry === 'open',
  );
  return all.slice(0, freeze + 1);
};
const lastHeard = new Date('2026-03-01T03:06:02Z');
const later = {...inOutage, now: new Date('2026-03-01T03:09:00Z')};

const rehearsed = (run: Progress): Progress => ({...run, run: {...run.run, rehearsal: true}});

const texts: Readonly<Record<string, (options: TextOptions) => string>> = {
  'plan-blocked': (options) => planText(plan, options),
  'plan-open': (options) => planText(openPlan, {...options, command}),
  'reverse-plan': (options) => reversePlanText(reversePlan, options),
  problem: (options) => problemText(trouble, options),
  'problem-before-anything': (options) =>
    problemText({...trouble, changesInPlace: [], next: []}, options),
  'problem-of-a-reversal': (options) => problemText({...trouble, reversalFailed: true}, options),
  'status-done': (options) => statusText(progress(doneRun()), {...options, now, next: []}),
  'status-held': (options) => statusText(progress(heldRun()), {...options, now, next}),
  'status-lossless': (options) =>
    statusText(progress(heldRun()), {...options, now, next, reversal: [armed]}),
  'status-would-lose': (options) =>
    statusText(progress(heldRun()), {...options, now, next, reversal: [broken]}),
  'status-not-known': (options) =>
    statusText(progress(heldRun()), {...options, now, next, reversal: [unreachable]}),
  'status-crashed': (options) =>
    statusText(progress(crashed()), {...options, now, next, holder: {...holder, dead: true}}),
  'status-asked': (options) => statusText(progress(askedRun()), {...options, ...inOutage, holder}),
  'status-elsewhere': (options) =>
    [askedRun(), frozen()]
      .map((run) => limited(progress(run)))
      .flatMap((run) => [
        statusText(run, {...options, ...inOutage, holder: {...holder, lastHeard: run.lastAt}}),
        '',
      ])
      .join('\n'),
  'status-clock-set-back': (options) =>
    statusText(progress(askedRun()), {...options, ...inOutage, now: null, holder}),
  'status-asked-before-the-crash': (options) =>
    statusText(progress(askedRun()), {...options, ...inOutage, holder: {...holder, dead: true}}),
  'status-limits': (options) =>
    [
      {...inOutage, entries: frozen(), isWatched: true},
      {...inOutage, entries: frozen(), isWatched: false},
      {...later, entries: frozen(), isWatched: true},
      {...later, entries: frozen(), isWatched: false},
      {...inOutage, entries: askedRun(), isWatched: true},
      {...later, entries: askedRun(), isWatched: true},
      {...later, entries: heldRun(), isWatched: false},
      {...inOutage, entries: frozen(), isWatched: false, lastHeard},
      {...later, entries: frozen(), isWatched: false, lastHeard},
      {...inOutage, entries: askedRun(), isWatched: false, lastHeard},
    ]
      .flatMap(({entries, ...watch}) => outageLines(limited(progress(entries)), watch, options))
      .concat(outageLines(progress(heldRun()), {...later, isWatched: false}, options))
      .join('\n'),
  'status-reversed': (options) => statusText(progress(reversedRun()), {...options, now, next: []}),
  'status-rehearsed': (options) =>
    statusText(rehearsed(progress(heldRun())), {...options, now, next}),
  'log-done': (options) => logText(doneRun(), options),
  'log-reversed': (options) => logText(reversedRun(), options),
  'report-done': (options) => reportText(reportOf(doneRun(), measured), options),
  'report-held': (options) =>
    reportText(reportOf(heldRun(), {earlier: reportOf(doneRun()), outageMs: 61_234}), options),
  'report-lost-writes': (options) =>
    reportText(
      reportOf(doneRun(), {
        ...measured,
        // A database that did not answer proves nothing.
        rows: {database: 'aurora', because: 'connect ECONNREFUSED 127.0.0.30:3306'},
        writes: {
          ...{acknowledged: 12_345, lost: 2, duplicated: 1},
          ...{failed: 7, lastFailure: 'refused: 503 the database is read-only'},
        },
      }),
      options,
    ),
  runs: (options) =>
    runsText(
      [
        ...[doneRun(), heldRun(), reversedRun()].map(progress),
        ...[doneRun(), heldRun()].map(progress).map(rehearsed),
      ],
      options,
    ),
  'runs-crashed': (options) =>
    runsText([crashed()].map(progress), {...options, holderOf: () => undefined}),
  'no-runs': (options) => runsText([], options),
  steps: (options) => stepsText(units, options),
  step: (options) => units.map((unit) => stepText(unit, options)).join('\n\n'),
};

describe.each(Object.keys(texts))('%s', (name) => {
  const text = texts[name] ?? (() => '');

  test.each([60, 80, 160])('reads as stored at %d columns', async (width) => {
    await expect(`${text({width, paint: plainPaint})}\n`).toMatchFileSnapshot(
      `expected/${name}-${width}.txt`,
    );
  });

  test('fits every terminal from 30 to 200 columns, with colours too', () => {
    for (let width = 30; width <= 200; width += 1) {
      const wide = text({width, paint: ansiPaint})
        .split('\n')
        .filter((line) => widthOf(line) > width);
      expect({width, wide}).toEqual({width, wide: []});
    }
  });

  test('says with colours exactly what it says without', () => {
    const coloured = text({width: 80, paint: ansiPaint});
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(text({width: 80, paint: plainPaint}));
  });
});

test('a run that has just begun has a status', () => {
  const first = progress(journalOf([started()]));
  expect([...first.entries.keys()]).toEqual(entries.map(({id}) => id));
  expect(
    statusText(first, {now, next: [], holder, width: 80, paint: plainPaint}),
  ).toMatchInlineSnapshot(`
    "shop-move on lab (run shop-move-20260301-1)

    state       ▸ running
    started     2026-03-01 03:00:00 UTC, 1 h 30 m ago
    last entry  #0 at 2026-03-01 03:00:00 UTC, 1 h 30 m ago
    process     ada@bastion, pid 4711 since 2026-03-01T03:00:00Z
    reversal    not needed: no changes in place

    Prepare   2 entries: 2 · not started
    Cut over  3 entries: 3 · not started
    Settle    1 entry: 1 · not started

    No changes of this run are in place."
  `);
});
