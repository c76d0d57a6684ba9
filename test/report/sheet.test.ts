import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {z} from 'zod';
import {entryDigests, runbookDigest} from '../../src/engine/digests.ts';
import {forecasterOf} from '../../src/forecast/forecast.ts';
import {defineRunbook} from '../../src/index.ts';
import {loadRunbook} from '../../src/inventory/runbook-file.ts';
import {minuteBefore} from '../../src/inventory/window.ts';
import type {SheetFacts} from '../../src/report/index.ts';
import {sheetHtml, sheetMarkdown} from '../../src/report/index.ts';
import {digests, pastRun, shop, usual} from '../forecast/nights.ts';

const now = new Date('2026-12-01T09:00:00Z');

const facts: SheetFacts = {
  runbook: shop,
  runbookDigest: 'r1',
  inventory: {name: 'production', protected: true},
  people: new Map(),
  alsoWritten: [{what: 'uploads in S3', todo: 'Copy them back.'}],
  window: {from: '2026-12-05T02:00', until: '2026-12-05T04:00', timeZone: 'Europe/Berlin'},
  windowText: 'The window opens at 2026-12-05 02:00 (Europe/Berlin).',
  forecast: forecasterOf({
    ...{runbook: shop, digests, inventory: 'production', params: {}},
    past: [pastRun(usual, {isReversed: true})],
  })(),
  rehearsals: [
    {
      ...{run: 'r-1', startedAtUtc: '2026-11-20T10:00:00.000Z', rehearsal: true, inventory: 'lab'},
      ...{outcome: 'reversed', machineMs: 79_000, outageMs: 8_500, failedRequests: 3, changes: []},
      isOfThisRunbook: true,
    },
  ],
  preflight: {
    atUtc: '2026-12-01T08:00:00.000Z',
    findings: [
      {
        ...{target: 'source', check: 'binlog', severity: 'blocks', observed: 'binlogs are off'},
        sinceUtc: '2026-11-28T09:00:00.000Z',
      },
    ],
  },
  plan: {digest: '4f1c22aa90b1d3e7', atUtc: '2026-11-30T12:00:00.000Z', isCurrent: false},
  commands: {
    plan: 'npx switcharoo plan shop-move -i production',
    run: 'npx switcharoo run shop-move -i production',
    reverse: 'npx switcharoo reverse',
  },
  now,
};

test('how to reverse, until when and in how many minutes, is the first part', () => {
  const [head = '', first = ''] = sheetMarkdown(facts).split('\n## ');
  expect(head).toBe(
    '# Change: shop-move on production (PROTECTED)\n\nThis sheet was made at 2026-12-01 09:00:00 UTC.\n',
  );
  expect(first).toMatch(/^How to reverse, and until when\n/);
  expect(first.split('\n')[2]).toMatch(
    /^- To reverse, use: npx switcharoo reverse, at any time; it takes 34 s to 1 m 58 s\.$/,
  );
  expect(first).toContain(
    'The command reverses to the start, and with --to only to a checkpoint: prepared, cut-over.',
  );
  expect(first).toContain('A reversal does not carry back uploads in S3. Then: Copy them back.');
  expect(first).toMatch(/\| prepared \| smoke \| \d\.\d to \d\.\d s \|/);
});

test('the rest says when, what, who, what was rehearsed, what is open for how long, and which plan', () => {
  const parts = sheetMarkdown(facts).split('\n## ').slice(2);
  expect(parts.map((part) => part.split('\n')[0])).toEqual([
    'How to cut over, when, and how long',
    'What changes',
    'Who approves',
    'Rehearsals',
    'Open findings of the preflight checks',
    'Plan',
  ]);
  expect(parts[0]).toContain('To cut over, use: npx switcharoo run shop-move -i production.');
  expect(parts[0]).toContain('Window: from 2026-12-05T02:00 until 2026-12-05T04:00 Europe/Berlin.');
  expect(parts[0]).toMatch(/Users cannot write for .+ s\./);
  expect(parts[1]).toContain('| Cut over | freeze, open | slow, fast, smoke | go | cut-over |');
  expect(parts[2]).toContain('go: the operator is asked: Start the cutover?');
  expect(parts[3]).toContain('| reversed | this one | 8.5 s | 3 | 1 m 19 s |');
  expect(parts[4]).toContain('Checked 1 h 00 m ago: 1 open.');
  expect(parts[4]).toContain('| source | binlogs are off | blocks | 3 d 00 h |');
  expect(parts[5]).toContain('It is OUT OF DATE');
});

test('until when it can be reversed is told by the question that ends it, and in the table of phases', async () => {
  const {runbook} = await loadRunbook('runbooks/bare-metal-to-ecs.ts');
  const sheet = sheetMarkdown({...facts, runbook, forecast: undefined});
  const [, first = '', , what = ''] = sheet.split('\n## ');
  expect(first.split('\n').slice(2, 4)).toEqual([
    '- To reverse, use: npx switcharoo reverse, before the operator answers “Pass the point of no return?” in the phase Settle; how long it takes is unknown, because no rehearsal has reversed all of its entries.',
    '- Once that question is answered with yes, no reversal is possible any more: Writes on Aurora no longer reach the old source.',
  ]);
  expect(what).toMatch(/^\| Cut over \| .*promote.* \| .*replica-caught-up.* \| go, accept \| /m);
  expect(what).toMatch(
    /^\| Settle \| .* \| reverse-caught-up \| Pass the point of no return\? \| /m,
  );
});

test('until when a reversal must begin is told as a time on the clock, before the window closes', () => {
  const closes = {...facts.window, timeZone: 'Europe/Berlin', until: '2026-12-05T04:00'};
  const window = {
    ...closes,
    beforeEnd: (ms: number) => minuteBefore(closes.until, closes.timeZone, ms),
  };
  const [, first = ''] = sheetMarkdown({...facts, window}).split('\n## ');
  expect(first.split('\n')[2]).toMatch(
    /^- To reverse, use: npx switcharoo reverse, at 2026-12-05 03:58 Europe\/Berlin at the latest, to be back before the window closes; it takes 34 s to 1 m 58 s\.$/,
  );
});

test('where no reversal was measured, it must begin well before the window closes', () => {
  const window = {
    timeZone: 'UTC',
    beforeEnd: (ms: number) => minuteBefore('2026-12-05T04:00', 'UTC', ms),
  };
  const [, first = ''] = sheetMarkdown({...facts, window, forecast: undefined}).split('\n## ');
  expect(first.split('\n')[2]).toBe(
    '- To reverse, use: npx switcharoo reverse, well before 2026-12-05 04:00 UTC, when the window closes; how long it takes is unknown, because no rehearsal has reversed all of its entries.',
  );
});

test('the minute that lies before a local time is never too late, and is right where a clock is set', () => {
  const berlin = (ms: number) => minuteBefore('2026-10-25T03:10', 'Europe/Berlin', ms);
  expect(berlin(1)).toBe('2026-10-25 03:09 Europe/Berlin');
  expect(berlin(60_000)).toBe('2026-10-25 03:09 Europe/Berlin');
  // At 03:00 the clocks went back to 02:00.
  expect(berlin(2 * 3_600_000)).toBe('2026-10-25 02:10 Europe/Berlin');
});

test('what a sheet has no room for is counted, and the long form is named', () => {
  const step = shop.items.find(({kind}) => kind === 'entry');
  const phases = Array.from({length: 11}, (_, at) => ({...step, phase: `Phase ${at + 1}`}));
  const people = new Map(
    Array.from({length: 12}, (_, at) => [`ask-${at}`, {owner: 'DBA', reach: 'phone'}] as const),
  );
  const runbook = {...shop, items: phases, entries: shop.entries} as never;
  const text = sheetMarkdown({...facts, runbook, people: people as never});
  expect(text).toContain(
    'There are 3 more phases. Print them with: npx switcharoo document shop-move',
  );
  expect(text).toMatch(
    /There are \d+ more questions and people\. Print them with: npx switcharoo document shop-move/,
  );
});

test('of those who approve elsewhere it says how many, and of which group', () => {
  const question = 'Start the cutover?';
  const runbook = defineRunbook({
    ...{name: 'shop-move', summary: 'Move the shop.', params: z.object({}), targets: {}},
  }).approve('four-eyes', {question, by: 'dba', of: 2});
  expect(sheetMarkdown({...facts, runbook})).toContain(
    `four-eyes: 2 of dba approve, and never the operator: ${question}`,
  );
});

test('without a run, a preflight and a plan it says so, and has no figure', () => {
  const {window: _, windowText: __, ...others} = facts;
  const empty = {...others, forecast: undefined, rehearsals: [], preflight: null, plan: null};
  const text = sheetMarkdown(empty);
  expect(text).toContain(
    'how long it takes is unknown, because no rehearsal has reversed all of its entries.',
  );
  expect(text).toContain(
    'Measure how long a reversal takes with: npx switcharoo rehearse shop-move --reverse-at CHECKPOINT',
  );
  expect(text).toContain('Forecast: none, because no run here has measured how long it takes.');
  expect(text).toContain('Unknown: the preflight checks have not run here.');
  expect(text).toContain(
    'No plan of this change was made here. Make one with: npx switcharoo plan shop-move -i production',
  );
});

test('the page has no script, and its texts are no HTML', () => {
  const page = sheetHtml({...facts, inventory: {name: '<script>', protected: false}});
  expect(page).not.toContain('<script');
  expect(page).toContain('&lt;script&gt;');
});

const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version'], {stdio: 'ignore'}).status === 0,
);

test.skipIf(!chromium)('prints on at most two pages (skipped without Chromium)', async () => {
  const {runbook} = await loadRunbook('runbooks/seamless-cutover.ts');
  const row = <Item>(item: Item) => Array.from({length: 12}, () => item);
  const [rehearsal] = facts.rehearsals;
  const [finding] = facts.preflight?.findings ?? [];
  const full = {
    ...{...facts, runbook, runbookDigest: runbookDigest(runbook)},
    rehearsals: rehearsal ? row(rehearsal) : [],
    preflight: {
      atUtc: facts.now.toISOString(),
      findings: finding
        ? row({...finding, observed: 'an observation of many words '.repeat(12)})
        : [],
    },
  };
  expect(entryDigests(runbook).length).toBeGreaterThan(40);
  const folder = mkdtempSync(join(tmpdir(), 'sheet-'));
  try {
    writeFileSync(join(folder, 'sheet.html'), sheetHtml(full));
    execFileSync(
      chromium ?? '',
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--no-pdf-header-footer'],
        ...[`--user-data-dir=${join(folder, 'profile')}`],
        ...[`--print-to-pdf=${join(folder, 'sheet.pdf')}`, `file://${join(folder, 'sheet.html')}`],
      ],
      {stdio: 'ignore', timeout: 60_000},
    );
    const pages = readFileSync(join(folder, 'sheet.pdf'), 'latin1').match(/\/Type\s*\/Page\b/g);
    expect(pages?.length).toBeGreaterThan(0);
    expect(pages?.length).toBeLessThanOrEqual(2);
  } finally {
    rmSync(folder, {recursive: true, force: true, maxRetries: 5});
  }
});
