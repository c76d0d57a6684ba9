import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {problemsOf} from '../../site/check.ts';
import {pages, root} from '../docs/pages.ts';

let site: string;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-site-'));
  site = join(folder, 'built');
  const build = ['--import', 'tsx', join(root, 'site/build.ts'), site];
  execFileSync(process.execPath, build, {cwd: root, stdio: 'pipe'});
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const built = (file: string): string => readFileSync(join(site, file), 'utf8');

describe('the site', () => {
  test('has every page of the docs, in the list beside each page', () => {
    const urls = pages.map((page) =>
      page === 'README.md' ? 'index.html' : page.replace(/\.md$/, '.html'),
    );
    const list = /<nav.*<\/nav>/s.exec(built('search.html'))?.[0] ?? '';
    expect(urls.filter((url) => !list.includes(`href="${url}"`))).toEqual([]);
    expect(urls.filter((url) => !built(url).includes('<h1 id='))).toEqual([]);
  });

  test('has no dead link, and asks nothing of another place', () => {
    expect(problemsOf(site)).toEqual([]);
  });

  test('finds each heading of the docs without a server', () => {
    const index = built('search-index.js');
    const sections = JSON.parse(index.slice(index.indexOf('['), index.lastIndexOf(']') + 1));
    const found = new Set(sections.map(({url}: {url: string}) => url));
    const html = built('docs/what-if.html');
    const anchors = [...html.matchAll(/<h[1-6] id="([^"]+)"/g)].map(([, anchor]) => anchor);
    expect(anchors.length).toBeGreaterThan(10);
    expect(anchors.filter((anchor) => !found.has(`docs/what-if.html#${anchor}`))).toEqual([]);
    expect(
      sections.find(({url}: {url: string}) => url === 'docs/problems.html#plan-changed'),
    ).toEqual(expect.objectContaining({title: 'plan-changed', page: 'Every problem, by its code'}));
  });

  test('shows the recorded session as text, and no place of the machine it was recorded on', () => {
    const front = built('index.html');
    const text = (/<details>.*<\/details>/s.exec(front)?.[0] ?? '').replace(/<[^>]*>/g, '');
    const told = [
      '$ switcharoo plan seamless-cutover -i lab',
      '✔ Start the cutover? Yes',
      '✔ Pass the point of no return?',
      '$ switcharoo reverse',
      '↩ Reversed to the start, and verified.',
    ];
    expect(told.filter((words) => !text.includes(words))).toEqual([]);
    expect(/\/(work|home|root|Users)\//.test(text + built('session.js'))).toBe(false);
  });

  test.skipIf(spawnSync('chromium', ['--version']).error !== undefined)(
    'plays the recorded session in a browser to its end, and pauses and continues it',
    () => {
      const driver = `
        (async () => {
        const [button, screen] = ['.session button', '.session .screen'].map((each) => document.querySelector(each));
        const still = screen.textContent;
        const told = [];
        const tell = () => told.push(button.textContent, still === screen.textContent);
        const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
          tell();
          button.click();
          await wait(20000);
          button.click();
          tell();
          const paused = screen.textContent;
          await wait(5000);
          told.push(paused === screen.textContent);
          button.click();
          await wait(200000);
          tell();
          document.title = JSON.stringify(told);
        })();`;
      writeFileSync(join(site, 'driver.js'), driver);
      const page = built('index.html').replace(
        '</head>',
        '<script src="driver.js" defer></script></head>',
      );
      writeFileSync(join(site, 'played.html'), page);
      // Its clock runs ahead as fast as the page has nothing to do.
      const options = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--virtual-time-budget=400000',
      ];
      const profile = `--user-data-dir=${join(folder, 'profile')}`;
      const {stdout} = spawnSync(
        'chromium',
        [...options, profile, '--dump-dom', `file://${join(site, 'played.html')}`],
        {encoding: 'utf8'},
      );
      const title = /<title>(.*?)<\/title>/.exec(stdout)?.[1] ?? '';
      expect(JSON.parse(title)).toEqual([
        ...['Play', true],
        ...['Continue', false],
        true,
        ...['Play again', true],
      ]);
    },
  );

  test('shows the files that the docs name, as they stand', () => {
    const text = built('runbooks/seamless-cutover.ts.html').replace(/<[^>]*>/g, '');
    const source = readFileSync(join(root, 'runbooks/seamless-cutover.ts'), 'utf8');
    expect(text.replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&')).toContain(
      source.replaceAll('"', '&quot;'),
    );
  });
});

describe('the check of the site finds', () => {
  const policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">';
  test.each([
    ['a link to no file', 'a.html', '<a href="b.html">', 'the link b.html leads to no file'],
    ['a link to no heading', 'a.html', '<a href="#b">', 'the link #b leads to no heading'],
    [
      'a script',
      'a.html',
      '<script src="https://x.example/y.js">',
      'it loads https://x.example/y.js',
    ],
    ['an image', 'a.html', '<img src="//x.example/y">', 'it loads //x.example/y'],
    ['a font', 'a.css', 'src: url(https://x.example/f)', 'it loads url(https://x.example/f'],
    ['a request', 'a.js', 'new XMLHttpRequest()', 'it can load from elsewhere (XMLHttpRequest)'],
    ['an inline script', 'a.html', '<script>1</script>', 'it has an inline script'],
  ])('%s', (_, file, text, problem) => {
    const place = join(folder, 'faulty');
    rmSync(place, {recursive: true, force: true});
    mkdirSync(place);
    writeFileSync(join(place, file), file.endsWith('.html') ? `${policy}${text}` : text);
    expect(problemsOf(place)).toContain(`${file}: ${problem}`);
  });

  test('a page without a policy', () => {
    const place = join(folder, 'open');
    mkdirSync(place);
    writeFileSync(join(place, 'a.html'), '<p>');
    expect(problemsOf(place)).toEqual(['a.html: it has no Content-Security-Policy']);
  });
});
