import {describe, expect, test} from 'vitest';
import type {JournalEntry} from '../../src/model/journal.ts';
import {outageOf} from '../../src/model/outage.ts';
import {
  FollowedJournal,
  pageHtml,
  plainPaint,
  type RunReport,
  reportOf,
  reportText,
  runPage,
} from '../../src/report/index.ts';
import {journalOf, stepDone, type Told} from '../model/journal-of.ts';
import {doneRun, heldRun, reversedRun, started} from './made-up.ts';

/** The page of a run that nothing follows. */
const pageOf = (run: readonly JournalEntry[], report: RunReport): string =>
  pageHtml(runPage(run, report, {now: new Date('2026-03-01T06:00:00Z')}));

const times = (run: ReturnType<typeof doneRun>) => {
  const {totalMs, machineMs, answeringMs, idleMs: awayMs} = reportOf(run);
  return {totalMs, machineMs, answeringMs, awayMs};
};

describe('a report is a fold of the journal', () => {
  test('the time waiting for answers is kept apart from the time of machines', () => {
    expect(times(doneRun())).toEqual({
      totalMs: 360_000,
      machineMs: 314_000,
      answeringMs: 46_000,
      awayMs: 0,
    });
  });

  test('the hour in which a run was held is nobody’s time', () => {
    expect(times(reversedRun())).toMatchObject({answeringMs: 66_000, awayMs: 3_600_000});
  });

  test('what a host did alone took no longer because another one had taken the run over meanwhile', () => {
    const [ada, kim] = ['ada', 'kim'].map((user) => ({user, host: user, pid: 2}));
    const outage = {from: ['freeze'], until: ['open'], reversibleTo: []};
    const made = ['freeze', 'open'].map((id) => ({id, phase: 'Cut over', unit: id, digest: id}));
    const run = journalOf([
      {...started(), runbook: {...started().runbook, outage, entries: made}},
      ...stepDone('freeze', 'freeze'),
      {kind: 'run-paused'},
      [1_800, {kind: 'lock-taken-over', from: 'kim@kim', operator: ada as never}],
      [-1_500, {kind: 'unshared-added', by: 'kim@kim', entries: 6, operator: kim as never}],
      [0, {kind: 'run-resumed', operator: kim as never, accepted: [], alone: true}],
      ...stepDone('open', 'open', 600),
      [1_200, {kind: 'lock-taken-over', from: 'kim@kim', operator: kim as never}],
      {kind: 'earlier-holder-stopped', because: 'none of its actions was in flight'},
    ]);
    const report = reportOf(run);
    const durationMs = outageOf(run, outage).totalMs;
    expect(report.outages).toMatchObject([{isOver: true, durationMs}]);
    expect(durationMs).toBeLessThan(1_000_000);
    expect(report.idleMs).toBeLessThan(report.totalMs);
  });

  test('an entry that was done and reversed once has not been attempted twice', () => {
    const text = reportText(reportOf(reversedRun()), {width: 120, paint: plainPaint});
    expect(text).toMatch(/reversed .*with its reversal$/m);
    expect(text).not.toContain('2 attempts');
  });

  test('an entry that died with its process does not count the time until somebody came back', () => {
    const run = journalOf([
      started(),
      {kind: 'entry-started', entry: 'freeze'},
      [
        2,
        {kind: 'action-intended', entry: 'freeze', way: 'forward', target: 'db1', does: 'freeze'},
      ],
      [600, {kind: 'tail-cut', bytes: 12}],
      {kind: 'run-resumed', operator: {user: 'ada', host: 'bastion', pid: 2}, accepted: []},
      {kind: 'entry-started', entry: 'freeze'},
      [3, {kind: 'entry-done', entry: 'freeze', output: {}, changedByRun: true}],
    ]);
    const freeze = reportOf(run).entries.find(({id}) => id === 'freeze');
    expect(freeze?.durationMs).toBe(5000);
    expect(freeze?.stretches).toEqual([
      {way: 'forward', fromUtc: '2026-03-01T03:00:01.000Z', toUtc: '2026-03-01T03:00:03.000Z'},
      {way: 'forward', fromUtc: '2026-03-01T03:10:05.000Z', toUtc: '2026-03-01T03:10:08.000Z'},
    ]);
  });

  test('while a person answers for one entry, the machine goes on at another', () => {
    const run = journalOf([
      started(),
      {kind: 'entry-started', entry: 'go'},
      [0, {kind: 'entry-started', entry: 'freeze'}],
      [
        10,
        {
          kind: 'answered',
          entry: 'go',
          about: 'confirmation',
          question: '?',
          details: [],
          answer: 'yes',
          by: 'ada',
        },
      ],
      [0, {kind: 'entry-done', entry: 'go', output: {}, changedByRun: false}],
      [1, {kind: 'entry-done', entry: 'freeze', output: {}, changedByRun: true}],
    ]);
    const took = reportOf(run).entries.map(({id, durationMs, answeringMs}) => ({
      id,
      durationMs,
      answeringMs,
    }));
    expect(took.filter(({durationMs, answeringMs}) => durationMs + answeringMs > 0)).toEqual([
      {id: 'go', durationMs: 0, answeringMs: 10_000},
      {id: 'freeze', durationMs: 11_000, answeringMs: 0},
    ]);
  });

  test('its JSON names the outcome, the writes, the outage and every entry', () => {
    const report = reportOf(doneRun(), {
      outageMs: 1234,
      writes: {acknowledged: 3, lost: 0, duplicated: 0},
    });
    const {outcome, run, writes, outageMs, entries} = JSON.parse(JSON.stringify(report));
    expect({outcome, run, writes, outageMs, first: entries[0]}).toEqual({
      outcome: 'done',
      run: 'shop-move-20260301-1',
      writes: {acknowledged: 3, lost: 0, duplicated: 0},
      outageMs: 1234,
      first: {
        id: 'lower-ttl',
        phase: 'Prepare',
        unit: 'route53.lower-ttl',
        state: 'done',
        durationMs: 2300,
        answeringMs: 0,
        failures: [],
        changedByRun: true,
        performed: ['set the TTL of shop.test. A to 5'],
        stretches: [
          {way: 'forward', fromUtc: '2026-03-01T03:00:05.000Z', toUtc: '2026-03-01T03:00:07.300Z'},
        ],
      },
    });
  });

  test('durations stand beside those of the earlier run, where that one was done', () => {
    const entries = reportOf(heldRun(), {earlier: reportOf(doneRun())}).entries;
    expect(entries.map(({id, durationMs, earlierMs}) => ({id, durationMs, earlierMs}))).toEqual([
      {id: 'lower-ttl', durationMs: 2300, earlierMs: 2300},
      {id: 'drained', durationMs: 300_000, earlierMs: 300_000},
      {id: 'go', durationMs: 0, earlierMs: 0},
      {id: 'freeze', durationMs: 700, earlierMs: 700},
      {id: 'open', durationMs: 10_100, earlierMs: 1400},
      {id: 'cut-off', durationMs: 0, earlierMs: 600},
    ]);
  });
});

const asked = {kind: 'asked' as const, details: [], person: 'ada'};

describe('the outage of the journal', () => {
  const window = {from: ['mysql.freeze-writes'], until: ['open']};

  test('lasts from the first freezing action until the last opening entry is done', () => {
    expect(outageOf(doneRun(), window)).toEqual({totalMs: 3000});
  });

  test('is still going on while a run is held in it', () => {
    expect(outageOf(heldRun(), window)).toEqual({
      totalMs: 0,
      since: new Date('2026-03-01T03:05:52.400Z'),
    });
  });

  test('ends when the freeze is reversed', () => {
    expect(outageOf(reversedRun(), window).since).toBeUndefined();
  });
});

test('lookups that the lab counted are told, in the text and on the page', () => {
  const report = reportOf(doneRun(), {lookups: {right: 1_234, wrong: 2}});
  const text = reportText(report, {width: 80, paint: plainPaint});
  expect(text.split('\n').find((line) => line.includes('lookups'))).toBe(
    '  lookups  1,234 right, 2 wrong',
  );
  expect(pageOf(doneRun(), report)).toContain('1,234 right, 2 wrong');
});

describe('the page', () => {
  test('reads as stored', async () => {
    const report = reportOf(reversedRun(), {earlier: reportOf(doneRun()), head: 'ab'.repeat(32)});
    await expect(pageOf(reversedRun(), report)).toMatchFileSnapshot(
      'expected/report-reversed.html.txt',
    );
  });

  test('needs no network, no script, and lets nothing of a target become markup', () => {
    const nasty = `<img src=x onerror="alert('1')">`;
    const run = doneRun().map(
      (entry): JournalEntry => (entry.kind === 'answered' ? {...entry, by: nasty} : entry),
    );
    const page = pageOf(run, reportOf(run));
    expect(page.match(/<script|<img|<link|https?:/g)).toBeNull();
    expect(page.includes('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;')).toBe(true);
  });
});

test('a gate that failed, and one that nobody answered, did not pass in a reversed run', () => {
  const problem = {code: 'gate-timeout', message: 'It is not drained.', hint: 'Wait.'};
  const outage = {from: ['freeze'], until: ['open'], reversibleTo: [null]};
  const {runbook, ...start} = started();
  const ids = ['freeze', 'drained', 'go', 'open'];
  const report = reportOf(
    journalOf([
      {...start, runbook: {...runbook, outage}},
      ...stepDone('freeze', 'freeze', 1),
      {kind: 'entry-started', entry: 'drained'},
      {kind: 'entry-failed', entry: 'drained', problem},
      {kind: 'entry-started', entry: 'go'},
      [0, {...asked, entry: 'go', about: 'confirmation', question: 'Go?'} as const],
      [20, {kind: 'outage-limit-passed', limitMs: 20_000}],
      [2, {kind: 'reverse-started', to: null, plan: 'p', entries: ids, operator: start.operator}],
      {kind: 'entry-reversing', entry: 'freeze'},
      [5, {kind: 'entry-reversed', entry: 'freeze'}],
      {kind: 'run-reversed', to: null},
    ]),
  );
  const of = (id: string) => report.entries.find((entry) => entry.id === id);
  expect(ids.map((id) => [id, of(id)?.state])).toEqual([
    ['freeze', 'reversed'],
    ['drained', 'failed'],
    ['go', 'not-passed'],
    ['open', 'not-started'],
  ]);
  // The reversal is no work of the question.
  expect(of('go')?.answeringMs).toBe(20_000);
  expect(of('go')?.durationMs).toBeLessThan(2_000);
});

test('a skip has its reason and its person, and an attempt that failed is told although a later one was done', () => {
  const problem = {code: 'jammed', message: 'The valve is jammed.', hint: 'Oil it.'};
  const outage = {from: ['freeze'], until: ['open'], reversibleTo: [null]};
  const {runbook, ...start} = started();
  const run = journalOf([
    {...start, runbook: {...runbook, outage}},
    {kind: 'entry-started', entry: 'lower-ttl'},
    {kind: 'entry-failed', entry: 'lower-ttl', problem},
    {kind: 'entry-skipped', entry: 'lower-ttl', reason: 'it is <low>', by: 'ada', impossible: []},
    {kind: 'entry-started', entry: 'freeze'},
    {kind: 'entry-failed', entry: 'freeze', problem},
    ...stepDone('freeze', 'set read_only = ON', 4),
    ...stepDone('open', 'set read_only = OFF', 4),
  ]);
  const report = reportOf(run);
  const [lowered, , , frozen] = report.entries;
  expect(lowered).toMatchObject({
    state: 'skipped',
    failures: [{way: 'forward', code: 'jammed', message: problem.message}],
    skipped: {atUtc: '2026-03-01T03:00:03.000Z', reason: 'it is <low>', by: 'ada'},
  });
  expect(frozen).toMatchObject({state: 'done', failures: [{code: 'jammed'}]});
  const [fromUtc, toUtc] = ['2026-03-01T03:00:06.100Z', '2026-03-01T03:00:15.600Z'];
  expect(report.outages).toEqual([{fromUtc, toUtc, durationMs: 9500, isOver: true}]);
  const text = reportText(report, {width: 100, paint: plainPaint});
  expect(text).toContain('skipped by ada at 03:00:03: it is <low>');
  expect(text).toContain('failed at 03:00:05: The valve is jammed. (jammed)');
  const page = pageOf(run, report);
  expect(page).toContain('skipped by ada at 03:00:03: it is &lt;low&gt;');
  expect(page).toContain('failed at 03:00:05: The valve is jammed. (jammed)');
  expect(page).toContain('class="bar outage"');
});

describe('outages at the end of a run', () => {
  const outage = {from: ['freeze'], until: ['open'], reversibleTo: [null]};
  const {runbook, ...start} = started();
  const closing = {...start, runbook: {...runbook, outage}};
  const {operator} = start;
  const thaw = {entry: 'freeze', way: 'reverse', target: 'db1', does: 'thaw'} as const;
  const thawed: Told[] = [
    {kind: 'reverse-started', to: null, plan: '77', entries: ['freeze'], operator: start.operator},
    {kind: 'entry-reversing', entry: 'freeze'},
    [0, {kind: 'action-intended', ...thaw}],
    [0, {kind: 'action-performed', ...thaw}],
    [0, {kind: 'entry-reversed', entry: 'freeze'}],
    [0, {kind: 'run-reversed', to: null}],
  ];
  const there = [...stepDone('freeze', 'freeze', 4), ...stepDone('open', 'open', 8)];
  const textOf = (told: readonly Told[]) =>
    reportText(reportOf(journalOf(told)), {width: 100, paint: plainPaint});
  const outagesIn = (text: string) =>
    text.split('\n').flatMap((line) => /^ {2}outage +(.*)/.exec(line)?.[1] ?? []);

  test('are told as the clients saw them, with the requests that the closed site refused', () => {
    const figures = {made: 90, failed: 76, p50Ms: 2, p99Ms: 9, slowestMs: 12};
    const kinds = {...figures, writes: figures, reads: {...figures, made: 0}};
    const requests = {...kinds, made: 900, failed: 80, inCutover: kinds, beside: kinds};
    const writes = {acknowledged: 90, lost: 0, duplicated: 0};
    const journal = journalOf([closing, ...there, {kind: 'run-done'}]);
    const measured = {outageMs: 13_900, writes, requests};
    const options = {width: 200, paint: plainPaint};
    const text = reportText(reportOf(journal, measured), options);
    expect(outagesIn(text).slice(0, 2)).toEqual([
      '13 s (13900 ms), as the clients saw it, from the first refused write to the next acknowledged one; the journal counts from the entry that closes the site to the one that opens it',
      '13.5 s, from 03:00:01 to 03:00:14 UTC, by the journal; longest: open 8.3 s, freeze 4.2 s',
    ]);
    const refused = '76 of the 80 failed in the outage: this runbook holds no connections';
    expect(text).toContain(refused);
    expect(pageOf(journal, reportOf(journal, measured))).toContain(refused);
    const held = reportText(reportOf(journal, {...measured, hold: {ms: 241}}), options);
    expect(held).not.toContain('holds no connections');
  });

  test('have their length and their times', () => {
    expect(outagesIn(textOf([closing, ...there, {kind: 'run-done'}]))).toEqual([
      '13.5 s, from 03:00:01 to 03:00:14 UTC; longest: open 8.3 s, freeze 4.2 s',
    ]);
  });

  test('are two after a thaw and a second try, and one that is not over says that', () => {
    const freeze = stepDone('freeze', 'freeze', 4);
    const twice = [closing, ...freeze, ...thawed, ...freeze, {kind: 'run-paused'}] as const;
    expect(outagesIn(textOf(twice))).toEqual([
      '6.2 s, from 03:00:01 to 03:00:07 UTC; longest: freeze 4.2 s',
      'NOT OVER: 5.2 s up to 03:00:13 UTC, since 2026-03-01 03:00:08 UTC',
    ]);
  });

  test('of a reversal say why they are there', () => {
    const back = (entry: string): Told[] => [
      {kind: 'entry-reversing', entry},
      [2, {kind: 'entry-reversed', entry}],
    ];
    const reversed: Told[] = [
      closing,
      ...there,
      {kind: 'reverse-started', to: null, plan: '7', entries: ['freeze', 'open'], operator},
      ...[...back('open'), ...back('freeze')],
      [0, {kind: 'run-reversed', to: null}],
    ];
    const text = reportText(reportOf(journalOf(reversed)), {width: 200, paint: plainPaint});
    expect(outagesIn(text)[1]).toContain(
      '; the reversal closes the new side before it opens the old one; longest: ',
    );
    expect(reportOf(journalOf(reversed)).outages).toMatchObject([{}, {isReversal: true}]);
    expect(reportOf(journalOf(reversed)).outages[0]).not.toHaveProperty('isReversal');
  });

  test('with many failed requests have one line for them, and a line for each of few', () => {
    const figures = {made: 3_000, failed: 2_104, p50Ms: 2, p99Ms: 9, slowestMs: 12};
    const failures = Array.from({length: 100}, (_, at) => ({
      ...({what: 'write', client: 'client 4', address: '127.0.0.1:80', tookMs: 3} as const),
      atUtc: `2026-03-01T03:00:${String(2 + Math.floor(at / 20)).padStart(2, '0')}.000Z`,
      reason: at < 96 ? '503 Service Unavailable' : 'connection refused',
    }));
    const requests = {
      ...{...figures, failures, reads: {...figures, failed: 604}},
      writes: {...figures, failed: 1_500},
    };
    const journal = journalOf([closing, ...there, {kind: 'run-done'}]);
    const linesOf = (of: typeof requests) => {
      const options = {width: 300, paint: plainPaint};
      const text = reportText(reportOf(journal, {requests: of}), options);
      return text.split('\n').filter((line) => line.includes('503 Service'));
    };
    expect(linesOf(requests).map((line) => line.trim())).toEqual([
      expect.stringMatching(
        /2,104 failed: 1,500 writes and 604 reads; the first 100 from 03:00:02.000 to 03:00:06.000 UTC: 503 Service Unavailable \(96\), connection refused \(4\); each with --json$/,
      ),
    ]);
    expect(linesOf({...requests, failed: 2, failures: failures.slice(0, 2)})).toHaveLength(2);
  });

  test('last as long as the clock says that nobody can set', () => {
    const run = journalOf([closing, ...there]);
    const setBack = run.map((entry, index) => ({
      ...entry,
      monotonic: {mark: 'boot', ms: Date.parse(entry.atUtc)},
      atUtc: index < 5 ? entry.atUtc : '2026-03-01T01:00:00.000Z',
    }));
    expect(reportOf(setBack).outages).toMatchObject([{durationMs: 13_500, isOver: true}]);
    expect(reportOf(setBack).outageMs).toBe(13_500);
  });
});

describe('the time of people', () => {
  const details: string[] = [];
  const asked = {entry: 'go', about: 'confirmation', question: 'Go?', details} as const;
  const answered = {kind: 'answered', ...asked, answer: 'yes', by: 'ada'} as const;

  test('counts from the question, whatever is journaled meanwhile', () => {
    const run = journalOf([
      started(),
      {kind: 'entry-started', entry: 'go'},
      {kind: 'asked', ...asked, person: 'ada'},
      [30, {kind: 'reserve-given-back', leftBytes: 0}],
      [12, answered],
    ]);
    const report = reportOf(run);
    expect(report.answers).toMatchObject([{tookMs: 42_000}]);
    expect(report).toMatchObject({answeringMs: 42_000, machineMs: 2000});
    expect(report.entries.find(({id}) => id === 'go')).toMatchObject({
      answeringMs: 42_000,
      durationMs: 1000,
    });
  });

  test('has the reading of a plan before a run is resumed', () => {
    const plan = {...answered, entry: null, about: 'plan', tookMs: 60_000} as const;
    const run = journalOf([
      started(),
      {kind: 'run-paused'},
      [600, {kind: 'run-resumed', operator: started().operator, accepted: []}],
      [0, plan],
    ]);
    const report = reportOf(run);
    expect(report).toMatchObject({answeringMs: 60_000, idleMs: 540_000, totalMs: 601_000});
    expect(report.answers).toMatchObject([{tookMs: 60_000}]);
  });
});

test('a journal that is followed entry by entry has the report and the page of the whole, and another one begins anew', () => {
  const now = new Date('2026-03-01T06:00:00Z');
  const journal = new FollowedJournal();
  for (const run of [heldRun(), doneRun(), reversedRun()]) {
    for (let count = 1; count <= run.length; count += 1) {
      journal.read(run.slice(0, count));
    }
    const report = journal.report();
    expect(report).toEqual(reportOf(run));
    const page = journal.page(report, {now});
    expect(page).toEqual(runPage(run, report, {now}));
    const {outage} = page.progress.run.runbook;
    expect(page.outage).toEqual(outage && outageOf(run, outage));
  }
});
