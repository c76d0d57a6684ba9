import {readdirSync, readFileSync, statSync} from 'node:fs';
import {extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {escapeHtml, highlight, linkedFile, pageOf, relativeTo} from './markdown.ts';

/** The checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Page {
  /** The file of the repository it is made of, or the folder it lists. */
  readonly source: string;
  /** Its place in the site, without a leading slash. */
  readonly url: string;
  readonly title: string;
  /** Markdown, as Eleventy reads it. */
  readonly text: string;
}

export interface Group {
  readonly title: string;
  readonly pages: readonly {readonly url: string; readonly title: string}[];
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The pages that are written: the README, docs/, and what they say of changing switcharoo. */
export function writtenPages(): readonly Page[] {
  const docs = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));
  return [
    'README.md',
    ...docs.sort().map((file) => `docs/${file}`),
    'CONTRIBUTING.md',
    'CHANGELOG.md',
  ].map((source) => {
    const text = read(source);
    return {source, url: pageOf(source), title: /^# (.+)$/m.exec(text)?.[1] ?? source, text};
  });
}

/** The files and folders that pages link to, and what those folders hold: a page each, as they stand. */
export function linkedPages(pages: readonly Page[]): readonly Page[] {
  const made = new Map<string, Page>();
  const known = new Set(pages.map(({source}) => source));
  const linked = pages.flatMap(({source, text}) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(
      ([, href = '']) => linkedFile(source, href)?.file ?? [],
    ),
  );
  const waiting = linked.filter((file) => !known.has(file));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (!made.has(file)) {
      const isFolder = statSync(join(root, file)).isDirectory();
      made.set(file, isFolder ? folderPage(file) : filePage(file));
      waiting.push(...(isFolder ? filesIn(file) : []));
    }
  }
  return [...made.values()];
}

function filePage(source: string): Page {
  const text = read(source);
  const code = highlight(text, extname(source).slice(1));
  return {
    source,
    url: `${source}.html`,
    title: source,
    text: `# ${source}\n\n<pre tabindex="0"><code>${code}</code></pre>\n`,
  };
}

function folderPage(source: string): Page {
  const url = `${source}/index.html`;
  const items = filesIn(source).map((file) => {
    const to = relativeTo(url, `${file}.html`);
    return `<li><a href="${to}">${escapeHtml(file)}</a></li>`;
  });
  return {source, url, title: source, text: `# ${source}\n\n<ul>${items.join('')}</ul>\n`};
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), {withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map(({name}) => `${folder}/${name}`)
    .sort();

/** The list beside each page: in the groups and the order of the README's table, then every page not named there. */
export function groupsOf(pages: readonly Page[]): readonly Group[] {
  const table = read('README.md').split('\n## Documentation\n')[1] ?? '';
  const named = [...table.matchAll(/\]\(([^)]+)\)/g)].flatMap(
    ([, href = '']) => pages.find(({source}) => source === href) ?? [],
  );
  const rest = pages.filter((page) => !named.includes(page));
  const front = rest.filter(({url}) => url === 'index.html');
  return [
    {title: 'Documentation', pages: [...front, ...named].map(listed)},
    {title: 'More', pages: rest.filter((page) => !front.includes(page)).map(listed)},
  ];
}

const listed = ({url, title}: Page) => ({
  url,
  title: url === 'index.html' ? 'What it is, and how to try it' : title,
});
