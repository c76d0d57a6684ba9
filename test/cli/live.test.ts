import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {dirname, join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest';
import {LiveFeed} from '../../src/cli/live/feed.ts';
import {LiveFiles} from '../../src/cli/live/files.ts';
import {entryDigests, runbookDigest} from '../../src/engine/digests.ts';
import {loadRunbook} from '../../src/inventory/runbook-file.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import type {Fact} from '../../src/model/journal.ts';
import {LiveRun} from '../../src/run/live-run.ts';
import {Browser, hasBrowser} from '../browser.ts';
import {runStarted, stepDone} from '../model/journal-of.ts';
import {entries} from '../report/made-up.ts';
import {JournalFile} from './journal-file.ts';
import {type Desk, lastDocument, openDesk, type Started} from './switcharoo.ts';

const run = '20260301-030000-abcd';
const nasty = `</script><img src=x onerror="document.title='taken'"> \u001b[31m\u202e`;
const outage = {from: ['freeze'], until: ['open'], reversibleTo: [null, 'prepared']};
const problem = {code: 'jammed', message: `The valve ${nasty} is jammed.`, hint: 'Oil it.'};
const question = `Start the cutover of ${nasty}?`;

const started = (name = run): Fact =>
  runStarted({
    run: name,
    runbook: {name: 'shop-move', file: 'shop-move.ts', digest: 'r', entries: [...entries], outage},
    longestOutageMs: 3_600_000,
  });
const steps = (entry: string, does: string): readonly Fact[] =>
  stepDone(entry, does).map((told) => ('kind' in told ? told : told[1]));
const go: Fact = {kind: 'entry-started', entry: 'go'};
const asked: Fact = {
  ...{kind: 'asked', entry: 'go', about: 'confirmation', question, details: [nasty], person: nasty},
};

let desk: Desk;
let journal: JournalFile;
beforeEach(() => {
  desk = openDesk();
  journal = new JournalFile(desk.stateFolder, run, new Date(Date.now() - 60_000));
});
afterEach(() => desk.clear());

/** Starts the page; gives where it is. */
async function liveAt(...words: readonly string[]): Promise<{url: string; live: Started}> {
  const live = desk.start('live', ...words, '--json');
  const url = new Promise<string>((resolve) => {
    live.child.stdout?.once('data', (line) => resolve(JSON.parse(String(line)).url));
  });
  await live.said('url');
  return {url: await url, live};
}

describe('the server of the live page', () => {
  test('answers only those who read, and only by its own names', async () => {
    journal.add(started());
    const {url, live} = await liveAt();
    const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, url), init);
    const page = await ask('/');
    // Nothing is added as soon as the runbook has loaded.
    expect(await page.text()).toContain('<dt>Expected end</dt><dd>Not known, because no earlier');
    expect([page.status, page.headers.get('content-type')]).toEqual([
      ...[200, 'text/html; charset=utf-8'],
    ]);
    const header = (name: string) => page.headers.get(name) ?? '';
    expect(header('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[^ ]+'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(['cache-control', 'referrer-policy', 'x-content-type-options'].map(header)).toEqual([
      'no-store',
      'no-referrer',
      'nosniff',
    ]);
    expect(await statusesOf(url)).toEqual({
      ...{POST: 405, 'HEAD /': 200, '/journal.jsonl': 404, '/../package.json': 404},
      ...{'evil.example': 421, 'localhost:1': 200, '192.0.2.1': 200},
    });

    const state = await ask('state.json');
    const tag = state.headers.get('etag') ?? '';
    const again = await ask('state.json', {headers: {'If-None-Match': tag}});
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect(again.headers.get('switcharoo-now')).toMatch(/^20\d\d-/);
    live.child.kill('SIGTERM');
    expect(await live.ended).toMatchObject({code: 0, stderr: ''});
  });

  test('refuses a port that is taken, with what to do', async () => {
    journal.add(started());
    const {url} = await liveAt();
    const {code, stderr} = await desk.run('live', '--port', new URL(url).port);
    expect({code, stderr}).toEqual({
      code: 3,
      stderr: expect.stringContaining('live-address-unusable'),
    });
  });
});

test('Ctrl-C while the runbook loads ends it, and no link is printed', async () => {
  const loading = join(desk.stateFolder, 'loading');
  const file = join(desk.stateFolder, 'slow.ts');
  writeFileSync(
    file,
    `import {writeFileSync} from 'node:fs';
const working = setInterval(() => {}, 1_000);
const interrupted = new Promise((resolve) => process.once('SIGTERM', resolve));
writeFileSync(${JSON.stringify(loading)}, '');
await interrupted;
clearInterval(working);
`,
  );
  journal.add(runStarted({run, runbook: {name: 'slow', file, digest: 'r', entries: [...entries]}}));
  const live = desk.start('live', '--json');
  await vi.waitFor(() => expect(existsSync(loading)).toBe(true), {timeout: 60_000, interval: 20});
  live.child.kill('SIGTERM');
  expect(await live.ended).toMatchObject({code: 0, stdout: '', stderr: ''});
});

describe('the files of the live page', () => {
  test('follow a run, and are a report once it is over', async () => {
    journal.add(started());
    const folder = join(desk.stateFolder, 'page');
    mkdirSync(folder);
    const file = (name: string) => readFileSync(join(folder, name), 'utf8');
    const {live} = await liveAt('--to', folder);
    expect(file('index.html')).toContain('data-follow="files"');
    const first = JSON.parse(file('state.json'));
    journal.add({kind: 'run-done'});
    await vi.waitFor(() => expect(JSON.parse(file('state.json')).seq).toBe(1), 60_000);
    expect(JSON.parse(file('state.json')).madeAtUtc > first.madeAtUtc).toBe(true);
    live.child.kill('SIGTERM');
    expect(await live.ended).toMatchObject({code: 0, stderr: ''});
    expect(file('index.html')).not.toContain('<script');
    expect(JSON.parse(file('state.json')).structure).toBe('ended');
    expect(readdirSync(folder).sort()).toEqual(['index.html', 'state.json']);
  });

  test('replace no page of somebody else', async () => {
    journal.add(started());
    const page = join(desk.stateFolder, 'index.html');
    writeFileSync(page, '<h1>Our shop</h1>');
    const {code, stderr} = await desk.run('live', '--to', desk.stateFolder);
    expect({code, stderr}).toEqual({
      code: 3,
      stderr: expect.stringContaining('live-files-unwritable'),
    });
    expect(readFileSync(page, 'utf8')).toBe('<h1>Our shop</h1>');
  });

  test('replace no state of somebody else, and are not written through a link', () => {
    const folder = join(desk.stateFolder, 'page');
    mkdirSync(folder);
    const file = (name: string) => join(folder, name);
    const feed = new LiveFeed(new LiveRun({state: new StateFolder(desk.stateFolder)}, undefined));
    feed.look();
    writeFileSync(file('state.json'), '{"shop":"open"}');
    expect(() => new LiveFiles(folder)).toThrow('its state.json was not written by switcharoo');
    rmSync(file('state.json'));
    writeFileSync(file('precious'), 'ours');
    symlinkSync('precious', file('index.html.new'));
    symlinkSync('precious', file('state.json.new'));
    new LiveFiles(folder).write(feed);
    expect(readFileSync(file('precious'), 'utf8')).toBe('ours');
    expect(lstatSync(file('index.html')).isFile()).toBe(true);
    // Another process goes on with the files of this one.
    new LiveFiles(folder).write(feed);
    expect(readdirSync(folder).sort()).toEqual(['index.html', 'precious', 'state.json']);
  });
});

/** PNG has its width behind its signature and the head of its first chunk. */
function widthOfPng(picture: Buffer): number {
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  return picture.readUInt32BE(16);
}

/** The name of a run that is forecast from the one before. */
async function maintenance(): Promise<string> {
  const file = 'docs/examples/maintenance.ts';
  const {runbook} = await loadRunbook(file);
  const entries = [...entryDigests(runbook)];
  const [before, now] = ['20260226-030000-abcd', '20260227-030000-abcd'] as const;
  for (const name of [before, now]) {
    const path = {name: runbook.head.name, file, digest: runbookDigest(runbook), entries};
    const begun = runStarted({run: name, params: {pageText: 'Back soon.'}, runbook: path});
    const done = name === before ? ['go', 'close'].flatMap((id) => steps(id, 'show it')) : [];
    const end: readonly Fact[] = name === before ? [{kind: 'run-done'}] : [];
    new JournalFile(desk.stateFolder, name).add(begun, ...done, ...end);
  }
  return now;
}

/** Asked as no library would ask: with a method, a path or a name of its own. */
async function statusesOf(url: string): Promise<Record<string, number>> {
  const {request} = await import('node:http');
  const {port} = new URL(url);
  const status = (method: string, path: string, host: string) =>
    new Promise<number>((resolve, reject) => {
      request({port, method, path, headers: {host}}, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .once('error', reject)
        .end();
    });
  const own = `127.0.0.1:${port}`;
  return {
    POST: await status('POST', '/', own),
    'HEAD /': await status('HEAD', '/', own),
    '/journal.jsonl': await status('GET', '/journal.jsonl', own),
    '/../package.json': await status('GET', '/../package.json', own),
    ...Object.fromEntries(
      await Promise.all(
        ['evil.example', 'localhost:1', '192.0.2.1'].map(
          async (host) => [host, await status('GET', '/', host)] as const,
        ),
      ),
    ),
  };
}

describe.skipIf(!hasBrowser)('the live page, in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.open();
  });
  afterAll(() => browser.close());

  const shows = (text: string) =>
    browser.until(`document.body.innerText.includes(${JSON.stringify(text)})`);
  const seqIs = (seq: number) =>
    browser.until(`document.querySelector('#seq').textContent === '${seq}'`);
  const clock = () => browser.evaluate(`document.querySelector('.figures .clock').textContent`);

  test('follows a run through an outage, a question, a pause, a reversal and a new run', async () => {
    const {url, live} = await liveAt();
    await browser.visit(url);
    await shows('No run yet');
    journal.add(started(), ...steps('lower-ttl', 'set the TTL'), go, asked);
    await shows('without an answer: Start the cutover of');
    await seqIs(journal.seq);
    expect(await browser.evaluate('document.title')).not.toBe('taken');
    expect(await browser.evaluate('document.images.length')).toBe(0);

    // Folded by a click, unfolded by the keyboard, and as the viewer left it when entries change.
    const isOpen = () =>
      browser.evaluate('[...document.querySelectorAll("details")].map(({open}) => open)');
    await browser.click('#fold-0 summary');
    await browser.press('Tab');
    await browser.press('Enter');
    expect(await isOpen()).toEqual([false, false, true]);
    expect(await browser.evaluate('document.activeElement.parentElement.id')).toBe('fold-1');
    journal.add({kind: 'entry-done', entry: 'go', output: {}, changedByRun: false});
    await seqIs(journal.seq);
    await browser.press('Enter');
    expect(await isOpen()).toEqual([false, true, true]);

    journal.add(...steps('freeze', `freeze ${nasty}`));
    await shows('Nobody has been able to write since');
    const first = await clock();
    await browser.until(
      `document.querySelector('.figures .clock').textContent !== ${JSON.stringify(first)}`,
    );
    journal.add({kind: 'entry-failed', entry: 'open', problem}, {kind: 'run-paused', problem});
    await shows('‖ paused');
    expect(await browser.evaluate('document.querySelector("#news").textContent')).toContain(
      'paused at open. OUTAGE: nobody can write. The valve',
    );
    const {operator} = runStarted();
    journal.add(
      {kind: 'reverse-started', to: 'prepared', plan: 'p', entries: ['freeze'], operator},
      {kind: 'entry-reversing', entry: 'freeze'},
      {kind: 'entry-reversed', entry: 'freeze'},
      {kind: 'run-reversed', to: 'prepared'},
    );
    await shows('↩ reversed');
    await seqIs(journal.seq);
    expect(await browser.evaluate(`document.querySelector('.figures .clock')`)).toBe(null);

    const next = '20990301-030000-abcd';
    new JournalFile(desk.stateFolder, next).add(started(next));
    await shows(`Run ${next}`);
    expect(browser.complaints).toEqual([]);
    live.child.kill('SIGTERM');
    await live.ended;
  });

  test('keeps open what its reader has opened, and the keyboard where it is, while the run goes on', async () => {
    const {operator} = runStarted();
    journal.add(started(), ...steps('freeze', 'freeze'));
    journal.add(
      {kind: 'reverse-started', to: null, plan: 'p', entries: ['freeze'], operator},
      {kind: 'entry-reversing', entry: 'freeze'},
      {kind: 'entry-reversed', entry: 'freeze'},
      {kind: 'run-reversed', to: null},
    );
    journal.add(...steps('freeze', 'freeze'), ...steps('open', 'open'));
    const {url} = await liveAt();
    await browser.visit(url);
    await seqIs(journal.seq);
    const isOpen = () => browser.evaluate('document.querySelector("#figures details").open');
    const hasFocus = () =>
      browser.evaluate('document.activeElement === document.querySelector("#figures summary")');
    await browser.click('#figures summary');
    expect([await isOpen(), await hasFocus()]).toEqual([true, true]);

    const figures = await browser.evaluate('document.querySelector("#figures").innerHTML');
    journal.add(go);
    await seqIs(journal.seq);
    await browser.until(
      `document.querySelector("#figures").innerHTML !== ${JSON.stringify(figures)}`,
    );
    expect([await isOpen(), await hasFocus()]).toEqual([true, true]);
    await browser.press('Enter');
    expect(await isOpen()).toBe(false);
    journal.add(asked);
    await seqIs(journal.seq);
    expect([await isOpen(), await hasFocus()]).toEqual([false, true]);
  });

  test('follows a real run to the last entry of its journal', async () => {
    rmSync(dirname(journal.path), {recursive: true});
    const {url} = await liveAt();
    await browser.visit(url);
    await shows('No run yet');
    process.env['MAINTENANCE_FILE'] = join(desk.stateFolder, 'page');
    const example = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml'];
    const ended = lastDocument(await desk.run('run', ...example, '--yes', '--json'));
    delete process.env['MAINTENANCE_FILE'];
    await shows('✓ done');
    const lines = readFileSync(join(desk.stateFolder, ended.run, 'journal.jsonl'), 'utf8');
    await seqIs(lines.trim().split('\n').length - 1);
    expect(await browser.evaluate('document.querySelectorAll("tbody .state.done").length')).toBe(
      await browser.evaluate('document.querySelectorAll("tbody tr").length'),
    );
  });

  test('as files, follows them until nobody writes them any more', async () => {
    journal.add(started(), ...steps('freeze', 'freeze'));
    const folder = join(desk.stateFolder, 'page');
    mkdirSync(folder);
    const {live} = await liveAt('--to', folder);
    const server = createServer((request, response) => {
      const name = request.url === '/' ? 'index.html' : 'state.json';
      response.setHeader('content-type', name === 'index.html' ? 'text/html' : 'application/json');
      response.end(readFileSync(join(folder, name)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await browser.visit(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await shows('Live. Journal read up to #5.');
    journal.add({kind: 'run-paused', problem});
    await seqIs(6);
    live.child.kill('SIGKILL');
    await shows('UTC: its files are no longer updated.');
    const last = await clock();
    await browser.evaluate('new Promise((resolve) => setTimeout(resolve, 1200))');
    expect(await clock()).toBe(last);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('as the page of one run beside the state of another, it says that it is out of date', async () => {
    const folder = join(desk.stateFolder, 'page');
    mkdirSync(folder);
    journal.add(started());
    const feed = new LiveFeed(new LiveRun({state: new StateFolder(desk.stateFolder)}, undefined));
    feed.look();
    new LiveFiles(folder).write(feed);
    const stateOfOther = readFileSync(join(folder, 'state.json'));
    const next = '20990301-030000-abcd';
    new JournalFile(desk.stateFolder, next).add(started(next));
    feed.look();
    const page = feed.html('files');
    let pages = 0;
    const server = createServer((request, response) => {
      const isPage = request.url === '/';
      pages += isPage ? 1 : 0;
      response.setHeader('content-type', isPage ? 'text/html' : 'application/json');
      response.end(isPage ? page : stateOfOther);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await browser.visit(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await shows('OUT OF DATE since');
    expect(pages).toBe(2);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('says when the journal is damaged or gone, and when its server is, and no clock goes on', async () => {
    journal.add(started(), ...steps('freeze', 'freeze'));
    const {url, live} = await liveAt(run);
    await browser.visit(url);
    await shows('Live. Journal read up to #5.');

    renameSync(journal.path, `${journal.path}.away`);
    await shows('cannot be read');
    await shows('The clocks on this page are stopped. Journal read up to #5.');
    await browser.evaluate('new Promise((resolve) => setTimeout(resolve, 600))');
    const still = await clock();
    await browser.evaluate('new Promise((resolve) => setTimeout(resolve, 1500))');
    expect(await clock()).toBe(still);
    renameSync(`${journal.path}.away`, journal.path);
    await browser.until('document.querySelector("#trouble").textContent === ""');

    const text = readFileSync(journal.path, 'utf8');
    writeFileSync(journal.path, text.replace('"entry-done"', '"entry-gone"'));
    await shows('was edited: it is not what its own hash says');
    writeFileSync(journal.path, text);
    await browser.until('document.querySelector("#trouble").textContent === ""');

    live.child.kill('SIGKILL');
    await browser.until('document.body.classList.contains("stale")');
    await shows('OUT OF DATE since');
    const last = await clock();
    await browser.evaluate('new Promise((resolve) => setTimeout(resolve, 1200))');
    expect(await clock()).toBe(last);
  });

  test('and the report have no violation for an accessibility checker, light and dark, wide and narrow', async () => {
    journal.add(started(), ...steps('lower-ttl', 'set the TTL'), go, asked);
    journal.add(...steps('freeze', 'freeze'), {kind: 'entry-failed', entry: 'open', problem});
    journal.add({kind: 'entry-skipped', entry: 'open', reason: 'r', by: 'ada', impossible: []});
    const before = '20260228-030000-abcd';
    const other = new JournalFile(desk.stateFolder, before);
    other.add(started(before), ...steps('freeze', 'freeze'), ...steps('open', 'open'), {
      kind: 'run-done',
    });
    const {url} = await liveAt();
    const {url: forecast} = await liveAt(await maintenance());
    const file = join(desk.stateFolder, 'report.html');
    await desk.run('report', '--html', file);
    await browser.send('Page.setBypassCSP', {enabled: true});
    for (const page of [url, forecast, `file://${file}`]) {
      for (const width of [390, 1440]) {
        for (const scheme of ['light', 'dark'] as const) {
          await browser.visit(page);
          await shows(page.startsWith('file:') ? 'Reversal' : 'Compared with other runs');
          await shows(page === forecast ? 'Longest on the critical path: close' : 'shop-move');
          const violations = await browser.violations(width, scheme);
          expect({page, width, scheme, violations}).toMatchObject({violations: []});
          expect(widthOfPng(await browser.picture())).toBe(width);
        }
      }
    }
    await browser.send('Page.setBypassCSP', {enabled: false});
  });
});
