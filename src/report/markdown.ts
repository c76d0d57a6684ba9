import {clean} from './text.ts';

/** Text for Markdown: as it is, on one line, whatever marks it has. */
export const markdown = (text: string): string =>
  clean(text)
    .replaceAll(/[\\`*[\]<|~]|&(?=#?\w+;)/g, '\\$&')
    // Within a word, as in a table's name, it marks nothing.
    .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
    .replace(/^(?=[#>+-])/, '\\')
    .replace(/^(\d+)(?=[.)](\s|$))/, '$1\\');
