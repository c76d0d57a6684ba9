import {digestOf} from '../../model/canonical.ts';
import {comparisonHtml} from '../compare.ts';
import {escaped} from '../escaped.ts';
import {newsOf, type Parts, partsOf, titleOf} from './parts.ts';
import type {RunPage} from './run-page.ts';
import {followScript, followScriptHash} from './script.ts';
import {style} from './style.ts';

/** What a page that follows its run is given again and again. */
export interface PageState {
  readonly title: string;
  readonly news: string;
  /** Equal as long as the page needs nothing but new parts. */
  readonly structure: string;
  readonly parts: Parts;
}

export function pageState(page: RunPage): PageState {
  const {run, entries} = page.report;
  const structure = digestOf([run, entries.map(({id, phase}) => [id, phase])]);
  return {title: titleOf(page), news: newsOf(page), structure, parts: partsOf(page)};
}

/** `server`: it answers each request. `files`: somebody writes them again and again. */
export type Followed = 'server' | 'files';

interface Following {
  readonly from: Followed;
  /** Of the state that the page shows. */
  readonly tag: string;
  /** The number of the journal's last entry. */
  readonly seq: number;
}

/** The run as one page that needs nothing else: no network, and no script but the one that follows a run. */
export function pageHtml(page: RunPage, following?: Following): string {
  const {title, structure, parts} = pageState(page);
  const names = [...new Set(page.report.entries.map(({phase}) => phase))];
  const part = (id: string) => `<div id="${id}">${parts[id] ?? ''}</div>`;
  const section = (id: string, heading: string, html = part(id)) =>
    `<section aria-labelledby="${id}-heading">\n<h2 id="${id}-heading">${heading}</h2>\n${html}\n</section>`;
  const comparedHtml = ({compared}: RunPage) =>
    compared
      ? `\n${section('compared', 'Compared with other runs', comparisonHtml(compared))}`
      : '';
  const body = `<header>
${part('head')}
${following ? contactHtml(following) : ''}
${part('trouble')}
</header>
<main>
${section('figures', 'Figures')}
${section('now', following ? 'Now' : 'State')}
${section('entries', 'Entries', `${names.map(phaseHtml(parts)).join('\n')}\n${part('legend')}`)}
${section('answers', 'Answers')}
${section('changes', 'Changes in place')}${comparedHtml(page)}
${section('log', 'Last entries of the journal')}
</main>
<footer>
${part('foot')}
</footer>`;
  return documentHtml({title, body, ...(following ? {following: {...following, structure}} : {})});
}

const phaseHtml =
  (parts: Parts) =>
  (name: string, index: number): string =>
    `<details id="fold-${index}" open>
<summary><h3>${escaped(name)}</h3> <span id="tally-${index}" class="tally">${parts[`tally-${index}`]}</span></summary>
<div id="phase-${index}">${parts[`phase-${index}`]}</div>
</details>`;

/** Says what the page knows of its own age; the script writes it again. */
const contactHtml = ({seq}: Following): string =>
  `<p id="contact">Without JavaScript, this page reloads every 2 seconds. Journal read up to #<span id="seq">${seq}</span>.</p>
<p id="news" class="unseen" role="status" aria-live="polite"></p>`;

/** While there is no run to show yet. */
export const waitingHtml = (text: string, following: Omit<Following, 'seq'>): string =>
  documentHtml({
    title: 'switcharoo: no run yet',
    body: `<header><h1>No run yet</h1>
<p id="contact"></p><p id="news" class="unseen" role="status" aria-live="polite"></p></header>
<main><p>${escaped(text)}</p><p>This page shows the next run as soon as it starts.</p></main>`,
    following: {...following, structure: 'none'},
  });

/** Distinguishes our page from any other. */
export const pageMark = 'switcharoo: the page of a run';

interface Document {
  readonly title: string;
  readonly body: string;
  readonly following?: Omit<Following, 'seq'> & {readonly structure: string};
}

function documentHtml({title, body, following}: Document): string {
  const data = following
    ? ` data-follow="${following.from}" data-tag="${escaped(following.tag)}" data-structure="${following.structure}"`
    : '';
  return `<!doctype html>
<html lang="en"${data}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="${pageMark}">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="${policyOf(following !== undefined)}">
${following ? '<noscript><meta http-equiv="refresh" content="2"></noscript>\n' : ''}<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
${following ? `<script>${followScript}</script>\n` : ''}</body>
</html>
`;
}

/** The bars of the timeline have their places in style attributes. */
export const policyOf = (isFollowing: boolean): string =>
  [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    ...(isFollowing ? [`script-src '${followScriptHash}'`, "connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
