import type {TextOptions} from './labels.ts';
import {flow} from './text.ts';

interface PageOptions extends TextOptions {
  /** Where a link leads for the reader; `undefined`: only its text is shown. */
  linkTo(target: string): string | undefined;
}

/** A page of Markdown for a terminal: headings in bold, paragraphs in its width, links as commands or paths. */
export function pageText(markdown: string, options: PageOptions): string {
  const {paint} = options;
  let isCode = false;
  return paragraphsOf(markdown)
    .flatMap((line) => {
      if (line.startsWith('```')) {
        isCode = !isCode;
        return [];
      }
      if (isCode) {
        return [`    ${line}`];
      }
      const heading = /^#+ (.*)$/.exec(line);
      return heading
        ? [paint.bold(heading[1] ?? '')]
        : lineOf(withLinks(line, options.linkTo), options);
    })
    .join('\n')
    .trimEnd();
}

/** Lines of one paragraph or item as one line; code, tables and headings as they are. */
function paragraphsOf(markdown: string): readonly string[] {
  const lines: string[] = [];
  let isCode = false;
  for (const line of markdown.split('\n')) {
    const isFence = line.startsWith('```');
    const last = lines.at(-1);
    const continues =
      !isCode &&
      !isFence &&
      line !== '' &&
      !/^(#|\||\d+\. |- |> |<!--)/.test(line) &&
      last &&
      !/^(#|\||```)/.test(last);
    if (continues) {
      lines[lines.length - 1] = `${last} ${line.trim()}`;
    } else {
      lines.push(line);
    }
    isCode = isFence ? !isCode : isCode;
  }
  return lines.filter((line) => !/^(<!--|\|[-|: ]+\|$)/.test(line));
}

const withLinks = (line: string, linkTo: PageOptions['linkTo']): string =>
  line.replaceAll(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_link, text: string, target: string) => {
    const place = linkTo(target);
    return place === undefined ? text : `${text} (${place})`;
  });

function lineOf(line: string, {width}: PageOptions): readonly string[] {
  if (line === '') {
    return [''];
  }
  const [, first = '', text = line] = /^(\d+\. |- |> )(.*)$/.exec(line) ?? [];
  const cells = /^\| (.*) \|$/.exec(text)?.[1]?.split(' | ');
  return cells
    ? flow([cells.map((cell) => cell.trim()).join('   ')], {width, first: '  ', rest: '      '})
    : flow([text], {width, first});
}
