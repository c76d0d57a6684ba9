import {escaped} from '../escaped.ts';
import {followScript, followScriptHash} from './script.ts';
import {style} from './style.ts';

/** `server`: it answers each request. `files`: somebody writes them again and again. */
export type Followed = 'server' | 'files';

export interface Following {
  readonly from: Followed;
  /** Of the state that the page shows. */
  readonly tag: string;
}

/** Says what the page knows of its own age; the script writes it again. `readHtml`: up to where it was read. */
export const contactHtml = (readHtml: string): string =>
  `<p id="contact">Without JavaScript, this page reloads every 2 seconds. ${readHtml}</p>
<p id="news" class="unseen" role="status" aria-live="polite"></p>`;

/** Distinguishes our page from any other. */
export const pageMark = 'switcharoo: the page of a run';

interface Document {
  readonly title: string;
  readonly body: string;
  readonly following?: Following & {readonly structure: string};
}

/** A page that needs nothing else. */
export function documentHtml({title, body, following}: Document): string {
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
