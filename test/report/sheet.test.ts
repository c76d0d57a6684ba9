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
  planCommand: 'switcharoo plan shop-move -i production',
  now,
};

test('how to reverse, until when and in how many minutes, is the first part', () => {
  const [head = '', first = ''] = sheetMarkdown(facts).split('\n## ');
  expect(head).toBe(
    '# Change: shop-move on production (PROTECTED)\n\nThis sheet was made at 2026-12-01 09:00:00 UTC.\n',
  );
  expect(first).toMatch(/^How to reverse, and until when\n/);
  expect(first).toContain('It can be reversed at any time: there is no point of no return.');
  expect(first).toContain('npx switcharoo reverse (to the start) or reverse --to prepared');
  expect(first).toContain('A reversal does not carry back uploads in S3. Then: Copy them back.');
  expect(first).toMatch(/\| prepared \| smoke \| \d\.\d to \d\.\d s \|/);
});

test('the rest says when, what, who, what was rehearsed, what is open for how long, and which plan', () => {
  const parts = sheetMarkdown(facts).split('\n## ').slice(2);
  expect(parts.map((part) => part.split('\n')[0])).toEqual([
    'When, and how long',
    'What changes',
    'Who approves',
    'Rehearsals',
    'Open findings of the preflight checks',
    'Plan',
  ]);
  expect(parts[0]).toContain('Window: from 2026-12-05T02:00 until 2026-12-05T04:00 Europe/Berlin.');
  expect(parts[0]).toMatch(/Users cannot write for .+ s\./);
  expect(parts[1]).toContain('| Cut over | freeze, open | cut-over |');
  expect(parts[2]).toContain('go: the operator is asked: Start the cutover?');
  expect(parts[3]).toContain('| reversed | this one | 8.5 s | 3 | 1 m 19 s |');
  expect(parts[4]).toContain('Checked 1 h 00 m ago: 1 open.');
  expect(parts[4]).toContain('| source | binlogs are off | blocks | 3 d 00 h |');
  expect(parts[5]).toContain('It is OUT OF DATE');
});

test('until when it can be reversed is told by the last entry before the point of no return, with its phase', async () => {
  const {runbook} = await loadRunbook('runbooks/bare-metal-to-ecs.ts');
  const [, first = ''] = sheetMarkdown({...facts, runbook}).split('\n## ');
  expect(first).toMatch(
    /It can be reversed until \S+ is done, in the phase [A-Z][a-z ]+\. Then comes the point of no return: /,
  );
});

test('until when a reversal must begin is told from the end of the window', () => {
  const [, first = ''] = sheetMarkdown(facts).split('\n## ');
  expect(first).toMatch(
    /The window closes at 2026-12-05T04:00 Europe\/Berlin\. A reversal to .+ must begin at least .+ s before that\./,
  );
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
    'How long a reversal takes is unknown: no rehearsal has reversed all of its entries. Measure it with: npx switcharoo rehearse shop-move --reverse-at CHECKPOINT',
  );
  expect(text).toContain('Forecast: none, because no run here has measured how long it takes.');
  expect(text).toContain('Unknown: the preflight checks have not run here.');
  expect(text).toContain(
    'No plan of this change was made here. Make one with: switcharoo plan shop-move -i production',
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
