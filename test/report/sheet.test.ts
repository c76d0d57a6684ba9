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
import {minuteText, windowShape} from '../../src/inventory/window.ts';
import type {SheetFacts} from '../../src/report/index.ts';
import {sheetHtml, sheetMarkdown} from '../../src/report/index.ts';
import {windowFacts} from '../../src/run/sheet.ts';
import {digests, pastRun, shop, usual} from '../forecast/nights.ts';

const now = new Date('2026-12-01T09:00:00Z');

const facts: SheetFacts = {
  runbook: shop,
  runbookDigest: 'r1',
  inventory: {name: 'production', protected: true},
  people: new Map(),
  alsoWritten: [{what: 'uploads in S3', todo: 'Copy them back.'}],
  window: {
    ...{text: 'from 2026-12-05 02:00 UTC', stateText: 'The window opens at 2026-12-05 02:00 UTC.'},
    hasCalendar: false,
  },
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
    runs: 'npx switcharoo runs',
    document: 'npx switcharoo document shop-move',
    reverse: 'npx switcharoo reverse RUN',
    rehearseReversal: (entry) => `npx switcharoo rehearse shop-move --reverse-at ${entry}`,
  },
  now,
};

/** The lines of the first part. */
const firstLines = (about: SheetFacts): readonly string[] =>
  (sheetMarkdown(about).split('\n## ')[1] ?? '').split('\n').slice(2);

const windowOf = (window: unknown, at = now) => ({
  window: windowFacts(windowShape.parse(window), at),
});

test('how to reverse, until when and in how many minutes, are the first lines', () => {
  const [head = '', first = ''] = sheetMarkdown(facts).split('\n## ');
  expect(head).toBe(
    '# Change: shop-move on production (PROTECTED)\n\nThis sheet was made at 2026-12-01 09:00:00 UTC.\n',
  );
  expect(first).toMatch(/^How to reverse, until when, and in how many minutes\n/);
  expect(firstLines(facts).slice(0, 4)).toEqual([
    '- **How:** with `npx switcharoo reverse RUN` on the host of the run. `npx switcharoo runs` prints the name of the run, RUN, once it has started. If the run is still working, first pause it with Ctrl-C.',
    '- **Until when:** at any time: the runbook has no point of no return.',
    '- **In how many minutes:** back to the start of the run once smoke is done: 34 s to 1 m 58 s in lab rehearsals, plus planning and approval (from 1 rehearsal; none of them on this inventory; a guess). In production it may take longer.',
    '- Without --to, it reverses everything; with --to CHECKPOINT, only back to that checkpoint: prepared, cut-over. The command shows its plan, asks for approval, and checks each change that it has reversed.',
  ]);
  expect(first).toContain(
    'A reversal does not carry back uploads in S3. Afterwards, copy them back.',
  );
  expect(first).toContain(
    '\n| reverse to | once this is done | takes, in lab rehearsals |\n| --- | --- | --- |\n| the start | smoke |',
  );
  expect(first).toMatch(/\| prepared \| smoke \| \d\.\d to \d\.\d s \|/);
});

const range = {p5: 31_000, p50: 60_000, p95: 111_000};

test.each([
  {
    name: 'only the first entries',
    reversals: [{to: null, from: 'go', range, notMeasured: []}],
    minutes:
      'unknown after go, because no rehearsal here has reversed all that comes later. Up to there, it takes 31 s to 1 m 51 s in lab rehearsals, plus planning and approval (',
  },
  {
    name: 'only what comes after a checkpoint',
    reversals: [
      {to: null, from: 'smoke', notMeasured: ['prepare']},
      {to: 'prepared', from: 'smoke', range, notMeasured: []},
    ],
    minutes: 'unknown, because no rehearsal here has reversed all entries.',
  },
])('of a rehearsal that reversed $name, no time to the start from the end is given', (known) => {
  if (!facts.forecast) {
    throw new Error('there is a forecast');
  }
  const window = windowOf({until: '2026-12-05T04:00', timeZone: 'Europe/Berlin'});
  const forecast = {...facts.forecast, reversals: known.reversals};
  const [, , minutes, clock, measure] = firstLines({...facts, ...window, forecast});
  expect(minutes).toContain(`- **In how many minutes:** ${known.minutes}`);
  expect(clock).toBe(
    '- **To be back in time:** the window closes at 2026-12-05 04:00 Europe/Berlin (03:00 UTC). To be back by then, begin the reversal well before that. It is possible after that, too: a reversal needs no window.',
  );
  expect(measure).toBe(
    '- Measure how long it takes, from the last entry that can be reversed, with `npx switcharoo rehearse shop-move --reverse-at smoke`.',
  );
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
  expect(parts[0]).toContain('To cut over, use `npx switcharoo run shop-move -i production`.');
  expect(parts[0]).toContain(
    'Window: from 2026-12-05 02:00 UTC. The window opens at 2026-12-05 02:00 UTC.',
  );
  expect(parts[0]).toMatch(/Users cannot write for .+ s\./);
  expect(parts[1]).toContain('| Cut over | freeze, open | slow, fast, smoke | go | cut-over |');
  expect(parts[2]).toContain('go: the operator is asked: Start the cutover?');
  expect(parts[3]).toContain('| reversed | this one | 8.5 s | 3 | 1 m 19 s |');
  expect(parts[4]).toContain('Checked 1 h 00 m ago: 1 open.');
  expect(parts[4]).toContain('| source | binlogs are off | blocks | 3 d 00 h |');
  expect(parts[5]).toContain('The plan is OUT OF DATE');
});

test('until when it can be reversed is told by the question that ends it, and in the table of phases', async () => {
  const {runbook} = await loadRunbook('runbooks/bare-metal-to-ecs.ts');
  const sheet = sheetMarkdown({...facts, runbook, forecast: undefined});
  const [, first = '', , what = ''] = sheet.split('\n## ');
  expect(first.split('\n').slice(3, 5)).toEqual([
    '- **Until when:** no fixed time: until the operator answers “Pass the point of no return?” with yes, in the phase Settle. After yes, it can no longer be reversed to any earlier point: Writes on Aurora no longer reach the old source.',
    '- **In how many minutes:** unknown, because no rehearsal here has reversed all entries.',
  ]);
  expect(first).toContain(
    'with `npx switcharoo rehearse shop-move --reverse-at reverse-caught-up`.',
  );
  expect(what).toMatch(/^\| Cut over \| .*promote.* \| .*replica-caught-up.* \| go, accept \| /m);
  expect(what).toMatch(
    /^\| Settle \| .* \| reverse-caught-up \| Pass the point of no return\? \| /m,
  );
});

test('by when a reversal is approved is told as a time on the clock, before the next freeze', () => {
  const times = {from: '2026-12-05T02:00', until: '2026-12-05T06:00', timeZone: 'Europe/Berlin'};
  const freezes = [{from: '2026-12-05T04:00', until: '2026-12-05T05:00', because: 'the payroll'}];
  const clockOf = (window: unknown, at = now) =>
    firstLines({...facts, ...windowOf(window, at)}).find((line) => line.includes('back in time'));
  expect(clockOf({...times, freezes})).toBe(
    '- **To be back in time:** the window closes at 2026-12-05 04:00 Europe/Berlin (03:00 UTC). To be back by then, approve the reversal at 2026-12-05 03:58 Europe/Berlin (02:58 UTC) at the latest. It is possible after that, too: a reversal needs no window.',
  );
  // In the freeze, the next end is that of the window.
  expect(clockOf({...times, freezes}, new Date('2026-12-05T03:30:00Z'))).toContain(
    '2026-12-05 05:58 Europe/Berlin (04:58 UTC) at the latest',
  );
  expect(clockOf({...times, calendar: 'arn:aws:ssm:eu-central-1:1:document/trade'})).toContain(
    'the window closes at 2026-12-05 06:00 Europe/Berlin (05:00 UTC), or earlier if its calendar closes.',
  );
  expect(clockOf({from: '2026-12-05T02:00'})).toBeUndefined();
});

test('the window is told with its freezes, and with its calendar', () => {
  const windowLine = (window: unknown) =>
    sheetMarkdown({...facts, ...windowOf(window)})
      .split('\n')
      .find((line) => line.startsWith('- Window: '));
  const freezes = [{from: '2026-12-20', until: '2027-01-06', because: 'Christmas'}];
  expect(windowLine({until: '2027-02-01', freezes})).toBe(
    '- Window: until 2027-02-01 00:00 UTC, not 2026-12-20 00:00 UTC to 2027-01-06 00:00 UTC. The window is open until 2026-12-20 00:00 UTC.',
  );
  expect(windowLine({calendar: 'trade'})).toBe(
    '- Window: when the calendar trade is open. The window is open, and has no end. The plan says whether the calendar is open.',
  );
});

test('a minute of the hour that a clock repeats is told with UTC', () => {
  const berlin = (time: string) => minuteText(new Date(time), 'Europe/Berlin');
  expect(berlin('2026-10-25T00:10:00Z')).toBe('2026-10-25 02:10 Europe/Berlin (00:10 UTC)');
  expect(berlin('2026-10-25T01:10:59Z')).toBe('2026-10-25 02:10 Europe/Berlin (01:10 UTC)');
  expect(berlin('2026-12-04T23:30:00Z')).toBe(
    '2026-12-05 00:30 Europe/Berlin (2026-12-04 23:30 UTC)',
  );
  expect(minuteText(new Date('2026-12-05T04:00:00Z'), 'UTC')).toBe('2026-12-05 04:00 UTC');
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
    'There are 3 more phases. Print them with `npx switcharoo document shop-move`.',
  );
  expect(text).toMatch(
    /There are \d+ more questions and people\. Print them with `npx switcharoo document shop-move`\./,
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
  const {window: _, ...others} = facts;
  const empty = {...others, forecast: undefined, rehearsals: [], preflight: null, plan: null};
  const text = sheetMarkdown(empty);
  expect(text).toContain(
    '**In how many minutes:** unknown, because no rehearsal here has reversed all entries.',
  );
  expect(text).toContain('`npx switcharoo rehearse shop-move --reverse-at smoke`');
  expect(text).toContain('Forecast: none, because no run here has measured how long it takes.');
  expect(text).toContain('Unknown: the preflight checks have not run here.');
  expect(text).toContain(
    'No plan of this change was made here. Make one with `npx switcharoo plan shop-move -i production`.',
  );
});

test('in Markdown, texts are as they are written, and commands stand in backticks', () => {
  const also = [{what: '<b>uploads</b> of *S3* in `shop_files`, _all_ [of them](x)'}];
  const inventory = {name: '*eu* | new', protected: false};
  const text = sheetMarkdown({...facts, inventory, alsoWritten: also});
  expect(text).toContain('# Change: shop-move on \\*eu\\* \\| new\n');
  expect(text).toContain(
    'carry back \\<b>uploads\\</b> of \\*S3\\* in \\`shop_files\\`, \\_all\\_ \\[of them\\](x).',
  );
  const page = sheetHtml(facts);
  expect(page).toContain('<strong>How:</strong> with <code>npx switcharoo reverse RUN</code>');
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
    ...windowOf({until: '2026-12-05T04:00', timeZone: 'Europe/Berlin', calendar: 'trade'}),
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
