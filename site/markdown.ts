import {createRequire} from 'node:module';
import {posix} from 'node:path';

const require = createRequire(import.meta.url);
const prism = require('prismjs');
require('prismjs/components/')(['typescript', 'bash', 'yaml', 'json', 'sql']);

const grammars: Readonly<Record<string, string>> = {
  ts: 'typescript',
  js: 'javascript',
  mjs: 'javascript',
  sh: 'bash',
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
  sql: 'sql',
  html: 'markup',
};

export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** Code as HTML, coloured where its language is known: an ending such as `ts`, or the word after a fence. */
export function highlight(text: string, language: string): string {
  const grammar = grammars[language];
  return grammar ? prism.highlight(text, prism.languages[grammar], grammar) : escapeHtml(text);
}

/** The anchor of a heading, as code hosts make it: `Which runbook?` is `which-runbook`. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

/** The page of a file of the repository: `docs/what-if.md` is `docs/what-if.html`. */
export const pageOf = (file: string): string =>
  file === 'README.md' ? 'index.html' : file.replace(/\.md$/, '').concat('.html');

/** From page to page, so that the site works in any folder, opened from a disk too. */
export const relativeTo = (from: string, to: string): string =>
  posix.relative(posix.dirname(from), to);

/** A link of a file of the repository as the file it names, and the heading in it. Absent for other places. */
export function linkedFile(from: string, href: string): {file: string; hash: string} | undefined {
  if (/^([a-z]+:|#)/.test(href)) {
    return undefined;
  }
  const [path = '', hash] = href.split('#');
  const file = posix.normalize(`${posix.dirname(from)}/${path}`).replace(/\/$/, '');
  return {file, hash: hash === undefined ? '' : `#${hash}`};
}

/** The part of markdown-it that is used here. */
interface Token {
  readonly type: string;
  readonly content: string;
  readonly children: Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}
export interface MarkdownIt {
  set(options: {html: boolean; linkify: boolean; highlight: typeof highlight}): void;
  core: {ruler: {push(name: string, rule: (state: {tokens: Token[]; env: Env}) => void): void}};
  renderer: {rules: Record<string, () => string>};
}
/** What Eleventy tells of a page. */
interface Env {
  readonly source: string;
  readonly url: string;
}

/** Anchors for headings, links between pages, and tables that scroll on a narrow screen. */
export function amendMarkdown(
  markdown: MarkdownIt,
  pageOfFile: (file: string) => string | undefined,
): void {
  markdown.set({html: true, linkify: false, highlight});
  markdown.core.ruler.push('anchors', ({tokens}) => {
    const used = new Map<string, number>();
    tokens.forEach((token, index) => {
      if (token.type === 'heading_open') {
        const anchor = anchorOf(textOf(tokens[index + 1]));
        const times = used.get(anchor) ?? 0;
        used.set(anchor, times + 1);
        token.attrSet('id', times === 0 ? anchor : `${anchor}-${times}`);
      }
    });
  });
  markdown.core.ruler.push('links', ({tokens, env}) => {
    for (const link of tokens.flatMap(({children}) => children ?? [])) {
      const linked =
        link.type === 'link_open' && linkedFile(env.source, link.attrGet('href') ?? '');
      const page = linked && pageOfFile(linked.file);
      if (linked && page) {
        link.attrSet('href', `${relativeTo(env.url, page)}${linked.hash}`);
      }
    }
  });
  markdown.renderer.rules['table_open'] = () => '<div class="table" tabindex="0"><table>';
  markdown.renderer.rules['table_close'] = () => '</table></div>';
}

const textOf = (inline: Token | undefined): string =>
  (inline?.children ?? [])
    .filter(({type}) => type === 'text' || type === 'code_inline')
    .map(({content}) => content)
    .join('');
