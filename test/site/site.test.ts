import {execFileSync} from 'node:child_process';
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
