import {digestOf} from '../../model/canonical.ts';
import {escaped} from '../escaped.ts';
import {contactHtml, documentHtml, type Following} from './document-html.ts';
import {newsOf, type Parts, partsOf, titleOf} from './parts.ts';
import type {RunPage} from './run-page.ts';

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

interface FollowingRun extends Following {
  /** The number of the journal's last entry. */
  readonly seq: number;
}

/** The run as one page that needs nothing else: no network, and no script but the one that follows a run. */
export function pageHtml(page: RunPage, following?: FollowingRun): string {
  const {title, structure, parts} = pageState(page);
  const names = [...new Set(page.report.entries.map(({phase}) => phase))];
  const part = (id: string) => `<div id="${id}">${parts[id] ?? ''}</div>`;
  const section = (id: string, heading: string, html = part(id)) =>
    `<section aria-labelledby="${id}-heading">\n<h2 id="${id}-heading">${heading}</h2>\n${html}\n</section>`;
  const compared = page.compared ? `\n${section('compared', 'Compared with other runs')}` : '';
  const body = `<header>
${part('head')}
${following ? contactHtml(`Journal read up to #<span id="seq">${following.seq}</span>.`) : ''}
${part('trouble')}
</header>
<main>
${section('figures', 'Figures')}
${section('now', following ? 'Now' : 'State')}
${section('entries', 'Entries', `${names.map(phaseHtml(parts)).join('\n')}\n${part('legend')}`)}
${section('answers', 'Answers')}
${section('changes', 'Changes in place')}${compared}
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

/** While there is no run to show yet. */
export const waitingHtml = (text: string, following: Following): string =>
  documentHtml({
    title: 'switcharoo: no run yet',
    body: `<header><h1>No run yet</h1>
<p id="contact"></p><p id="news" class="unseen" role="status" aria-live="polite"></p></header>
<main><p>${escaped(text)}</p><p>This page shows the next run as soon as it starts.</p></main>`,
    following: {...following, structure: 'none'},
  });
