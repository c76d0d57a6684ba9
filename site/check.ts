import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join, posix} from 'node:path';

/** What is wrong with a built site, one sentence each: links that lead nowhere, and what is asked of other places. */
export function problemsOf(folder: string): readonly string[] {
  const files = readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(folder, posix.join(entry.parentPath, entry.name)));
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const anchors = new Map(
    files.filter(isPage).map((file) => [file, new Set(valuesOf(read(file), 'id'))]),
  );
  return files.flatMap((file) => {
    const text = read(file);
    return isPage(file)
      ? [...deadLinks(file, text, anchors, folder), ...foreignInPage(file, text)]
      : file.endsWith('.css')
        ? foreignInStyle(file, text)
        : file.endsWith('.js')
          ? foreignInScript(file, text)
          : [];
  });
}

const isPage = (file: string): boolean => file.endsWith('.html');

const valuesOf = (html: string, attribute: string): readonly string[] =>
  [...html.matchAll(new RegExp(`<[a-z][^>]*?\\s${attribute}="([^"]*)"`, 'g'))].map(
    ([, value = '']) => value,
  );

function deadLinks(
  file: string,
  html: string,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
  folder: string,
): readonly string[] {
  const links = [...['href', 'src', 'action'].flatMap((name) => valuesOf(html, name))];
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .flatMap((link) => {
      const [path = '', anchor] = link.split('#');
      const to = path === '' ? file : posix.normalize(posix.join(posix.dirname(file), path));
      if (!existsSync(join(folder, to)) || (isPage(file) && to.startsWith('..'))) {
        return [`${file}: the link ${link} leads to no file`];
      }
      return anchor === undefined || anchors.get(to)?.has(decodeURIComponent(anchor))
        ? []
        : [`${file}: the link ${link} leads to no heading`];
    });
}

/** A link that a person follows may lead elsewhere. Nothing that a browser loads by itself may. */
function foreignInPage(file: string, html: string): readonly string[] {
  const loaded = [
    ...['src', 'srcset', 'poster', 'data', 'action', 'background'].flatMap((name) =>
      valuesOf(html, name),
    ),
    ...[...html.matchAll(/<link\b[^>]*?href="([^"]*)"/g)].map(([, href = '']) => href),
  ];
  return [
    ...loaded
      .filter((address) => /^([a-z]+:|\/\/)/i.test(address))
      .map((address) => `${file}: it loads ${address}`),
    ...(html.includes('http-equiv="Content-Security-Policy"')
      ? []
      : [`${file}: it has no Content-Security-Policy`]),
    ...(/<script(?![^>]*\ssrc=)/.test(html) ? [`${file}: it has an inline script`] : []),
    ...(/<style|<[a-z][^>]*\s(style|on[a-z]+)="/.test(html)
      ? [`${file}: it has inline styles or handlers, which its policy forbids`]
      : []),
  ];
}

const foreignInStyle = (file: string, text: string): readonly string[] =>
  [...text.matchAll(/@import|url\(\s*['"]?(?:[a-z]+:|\/\/)[^)]*/gi)].map(
    ([found]) => `${file}: it loads ${found}`,
  );

/** Text in the index may name addresses; no script may ask for one. The policy of the pages refuses fetch() too. */
const foreignInScript = (file: string, text: string): readonly string[] =>
  /^globalThis\.\w+ = /.test(text)
    ? []
    : [
        ...text.matchAll(
          /\b(importScripts|sendBeacon|import)\s*\(|XMLHttpRequest|WebSocket|EventSource/g,
        ),
      ].map(([found]) => `${file}: it can load from elsewhere (${found})`);
