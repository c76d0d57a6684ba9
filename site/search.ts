/** A part of a page that a search finds: what is under one heading. */
export interface Section {
  readonly id: number;
  readonly url: string;
  readonly page: string;
  readonly title: string;
  readonly text: string;
}

/** The sections of a page, out of its HTML. */
export function sectionsOf(
  page: {readonly url: string; readonly title: string},
  html: string,
): readonly Omit<Section, 'id'>[] {
  const content = /<main id="content">(.*)<\/main>/s.exec(html)?.[1] ?? '';
  return content.split(/(?=<h[1-6] id=")/).flatMap((part) => {
    const [, anchor = '', title = ''] =
      /^<h[1-6] id="([^"]*)"[^>]*>(.*?)<\/h[1-6]>/s.exec(part) ?? [];
    const text = plain(part.slice(part.indexOf('</h')));
    return anchor === ''
      ? []
      : [{url: `${page.url}#${anchor}`, page: page.title, title: plain(title), text}];
  });
}

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#10': ' ',
  amp: '&',
};

const plain = (html: string): string =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(lt|gt|quot|#39|#10|amp);/g, (_, name) => entities[name] ?? '')
    .replace(/\s+/g, ' ')
    .trim();

/** The index as a script: a page that was opened from a disk may load it. */
export const searchScript = (sections: readonly Omit<Section, 'id'>[]): string =>
  `globalThis.sections = ${JSON.stringify(sections.map((section, id) => ({id, ...section})))};\n`;
