import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {posix} from 'node:path';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {didYouMean, namesNear} from '../../model/suggestion.ts';
import {flow, nextText, pageText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {packageRoot} from '../../version.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';

interface Page {
  /** `what-if`, or `production.example.yaml`. */
  readonly name: string;
  /** Its path in the package. */
  readonly file: string;
}

/** Prints a page of the docs, or the list of pages. Those of the package: they fit this version. */
export function showDocs(app: App, name: string | undefined): ExitCode {
  const pages = pagesOf();
  if (name === undefined) {
    const list = pages.map((page) => ({
      command: app.paste(`docs ${page.name}`),
      what: titleOf(page),
    }));
    if (app.json) {
      printDocument(app, 'pages', {pages: docsPages(), next: []});
    } else {
      app.print(nextText(list, app, '').join('\n'));
    }
    return exitCodes.done;
  }
  const asked = name.replace(/^(docs|inventories)\//, '').replace(/\.md$/, '');
  const page = pages.find((candidate) => candidate.name === asked);
  if (!page) {
    throw new SwitcharooError(unknownPage(name, pages));
  }
  const text = textOf(page.file);
  if (app.json) {
    printDocument(app, 'page', {page: page.name, title: titleOf(page), text, next: []});
  } else {
    const isMarkdown = page.file.endsWith('.md');
    const linkTo = linksOf(app, page);
    app.print(isMarkdown ? pageText(text, {...app, linkTo}) : text.trimEnd());
  }
  return exitCodes.done;
}

/** Explains a problem by its code: the section of docs/problems.md. */
export function explain(app: App, code: string): ExitCode {
  const sections = problemSections();
  const section = sections.get(code);
  if (section === undefined) {
    throw new SwitcharooError(unknownCode(code, [...sections.keys()]));
  }
  const [, message = '', hint = ''] = section.split(/\n\n+/).map((part) => part.trim());
  const plain = (text: string) => text.replace(/^> /, '').replaceAll('\\_', '_');
  if (app.json) {
    const facts = {code, message: plain(message), hint: plain(hint)};
    printDocument(app, 'explanation', {...facts, next: []});
    return exitCodes.done;
  }
  const {paint, width} = app;
  app.print(
    [
      paint.bold(code),
      '',
      ...flow([plain(message)], {width, first: '  says     ', rest: '           '}),
      ...flow([plain(hint)], {width, first: '  next     ', rest: '           '}),
      '',
      ...flow(
        [
          '{names} stand for your facts. Of (a / b), one is printed; (in brackets) is not always there.',
        ],
        {width},
      ),
    ].join('\n'),
  );
  return exitCodes.done;
}

/** The section of each code. */
const problemSections = (): ReadonlyMap<string, string> =>
  new Map(
    textOf('docs/problems.md')
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section]),
  );

export const problemCodes = (): readonly string[] => [...problemSections().keys()];

export const docsPages = () => pagesOf().map((page) => ({page: page.name, title: titleOf(page)}));

const titleOf = ({name, file}: Page): string =>
  file.endsWith('.yaml')
    ? `The example inventory ${name}`
    : (/^# (.+)$/m.exec(textOf(file))?.[1] ?? name);

function pagesOf(): readonly Page[] {
  const namesIn = (folder: string, ending: string) =>
    readdirSync(new URL(`${folder}/`, packageRoot))
      .filter((file) => file.endsWith(ending))
      .sort();
  return [
    ...namesIn('docs', '.md').map((file) => ({name: file.slice(0, -3), file: `docs/${file}`})),
    ...namesIn('inventories', '.example.yaml').map((file) => ({
      name: file,
      file: `inventories/${file}`,
    })),
  ];
}

const textOf = (file: string): string => readFileSync(new URL(file, packageRoot), 'utf8');

/** Where a link of a page leads for a reader of the package: a command, or a file that is there. */
const linksOf =
  (app: App, page: Page) =>
  (target: string): string | undefined => {
    const [path = ''] = target.split('#');
    if (path === '' || /^[a-z]+:/.test(path)) {
      return /^https?:/.test(target) ? target : undefined;
    }
    const file = posix.normalize(`${posix.dirname(page.file)}/${path}`);
    const known = pagesOf().find((candidate) => candidate.file === file);
    if (known) {
      return known.name === page.name ? undefined : app.paste(`docs ${known.name}`);
    }
    const place = new URL(file, packageRoot);
    return existsSync(place) ? place.pathname : undefined;
  };

const unknownPage = (name: string, pages: readonly Page[]): Problem => ({
  code: 'unknown-page',
  message: `There is no page ${name} in the docs.`,
  hint: {
    text: `${didYouMean(
      namesNear(
        name,
        pages.map((page) => page.name),
      ),
    )}List them with`,
    command: 'docs',
  },
});

const unknownCode = (code: string, codes: readonly string[]): Problem => ({
  code: 'unknown-code',
  message: `There is no problem with the code ${code}.`,
  hint: {text: `${didYouMean(namesNear(code, codes))}List them with`, command: 'docs problems'},
});
