import {clean} from './text.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Text for a page. */
export const escaped = (text: string): string =>
  clean(text).replaceAll(/[&<>"']/g, (it) => entities[it] ?? it);
