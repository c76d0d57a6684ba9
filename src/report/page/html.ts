import {escaped} from '../escaped.ts';
import type {Sign} from '../labels.ts';

// Small pieces that several parts of the page have.

export const signHtml = ({symbol, word}: Sign): string =>
  `<span aria-hidden="true">${symbol}</span> ${escaped(word)}`;

export const listHtml = (items: readonly string[], none: string): string =>
  items.length === 0
    ? `<p>${escaped(none)}</p>`
    : `<ul>${items.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`;
