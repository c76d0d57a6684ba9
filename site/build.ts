// Builds the site: `npm run site`, into site/dist, or `npm run site -- FOLDER`. Everything in it comes from this
// repository and its packages; it fails where a link is dead, or a page loads something from elsewhere.
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import Eleventy, {type Configuration} from '@11ty/eleventy';
import {problemsOf} from './check.ts';
import {amendMarkdown} from './markdown.ts';
import {groupsOf, linkedPages, type Page, writtenPages} from './pages.ts';
import {searchScript, sectionsOf} from './search.ts';
import {readRecording, sessionFigure, sessionScript} from './session.ts';

const require = createRequire(import.meta.url);
const site = fileURLToPath(new URL('.', import.meta.url));
const output = resolve(process.argv[2] ?? join(site, 'dist'));

/** No script, style, font or image from elsewhere; the browser holds it too. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'";

const searchPage: Page = {
  source: 'search.md',
  url: 'search.html',
  title: 'Search',
  text: [
    '# Search',
    '<p class="count" aria-live="polite">The search needs JavaScript. The list of pages has every page.</p>',
    '<ul class="results"></ul>',
    '',
  ].join('\n\n'),
};

const recording = readRecording();
/** The recorded session stands in the README, before what a reader can try. */
const written = writtenPages().map((page) =>
  page.url === 'index.html'
    ? {
        ...page,
        text: page.text.replace('\n## Try it', `\n${sessionFigure(recording)}\n\n## Try it`),
      }
    : page,
);
const pages = [...written, ...linkedPages(written), searchPage];
const urls = new Map(pages.map(({source, url}) => [source, url]));

rmSync(join(site, 'dist'), {recursive: true, force: true});
process.chdir(site);
const eleventy = new Eleventy('.', relative(site, output), {
  quietMode: true,
  configPath: false,
  config: configure,
});
await eleventy.write();
writeFileSync(join(output, 'search-index.js'), searchScript(written.flatMap(sectionsIn)));
writeFileSync(join(output, 'session.js'), sessionScript(recording));
const problems = problemsOf(output);
for (const problem of problems) {
  console.error(problem);
}
console.log(`${pages.length} pages in ${output}, ${problems.length} problems`);
console.log(pathToFileURL(join(output, 'index.html')).href);
process.exitCode = problems.length > 0 ? 1 : 0;

function configure(configuration: Configuration): void {
  configuration.setTemplateFormats('md');
  configuration.amendLibrary('md', (markdown) => amendMarkdown(markdown, (file) => urls.get(file)));
  const search = join(dirname(require.resolve('minisearch')), '../umd/index.js');
  configuration.addPassthroughCopy({
    assets: 'assets',
    [search]: 'assets/minisearch.js',
  });
  const groups = groupsOf(written);
  for (const page of pages) {
    configuration.addTemplate(`pages/${page.source}.md`, page.text, dataOf(page, groups));
  }
}

function dataOf(page: Page, groups: ReturnType<typeof groupsOf>): object {
  const isFront = page.url === 'index.html';
  const scripts = isFront
    ? ['session.js', 'assets/player.js']
    : page === searchPage
      ? ['assets/minisearch.js', 'search-index.js', 'assets/search.js']
      : [];
  return {
    layout: 'page.liquid',
    // A page is Markdown and nothing else: what an example has between braces is text.
    templateEngineOverride: 'md',
    permalink: page.url,
    source: page.source,
    url: page.url,
    title: page.title,
    root: '../'.repeat(page.url.split('/').length - 1),
    isFront,
    scripts,
    groups,
    policy,
  };
}

function sectionsIn(page: Page) {
  return sectionsOf(page, readFileSync(join(output, page.url), 'utf8'));
}
