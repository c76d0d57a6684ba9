import {escaped} from './escaped.ts';
import {momentUtc} from './labels.ts';
import {markdown} from './markdown.ts';
import {sheetParts} from './sheet.ts';
import type {SheetFacts, SheetPart, SheetPiece, SheetText} from './sheet-facts.ts';

/** The sheet for those who approve a change, in Markdown. */
export function sheetMarkdown(facts: SheetFacts): string {
  return [
    `# ${markdown(titleOf(facts))}`,
    madeText(facts),
    ...sheetParts(facts).flatMap(({title, texts, table}) => [
      `## ${title}`,
      ...(texts.length > 0 ? [texts.map((text) => `- ${textMarkdown(text)}`).join('\n')] : []),
      ...(table ? [tableMarkdown(table)] : []),
    ]),
  ].join('\n\n');
}

/** The same as a page that prints on two sheets of paper. It needs nothing else: no network, no script. */
export function sheetHtml(facts: SheetFacts): string {
  const title = escaped(titleOf(facts));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<p>${escaped(madeText(facts))}</p>
${sheetParts(facts).map(partHtml).join('\n')}
</body>
</html>
`;
}

const titleOf = ({runbook, inventory}: SheetFacts): string =>
  `Change: ${runbook.head.name} on ${inventory.name}${inventory.protected ? ' (PROTECTED)' : ''}`;

const madeText = ({now}: SheetFacts): string => `This sheet was made at ${momentUtc(now)}.`;

const piecesOf = (text: SheetText): readonly SheetPiece[] =>
  typeof text === 'string' ? [text] : text;

const textMarkdown = (text: SheetText): string =>
  piecesOf(text)
    .map((piece) =>
      typeof piece === 'string'
        ? markdown(piece)
        : 'command' in piece
          ? codeMarkdown(piece.command)
          : `**${markdown(piece.label)}**`,
    )
    .join('');

const textHtml = (text: SheetText): string =>
  piecesOf(text)
    .map((piece) =>
      typeof piece === 'string'
        ? escaped(piece)
        : 'command' in piece
          ? `<code>${escaped(piece.command)}</code>`
          : `<strong>${escaped(piece.label)}</strong>`,
    )
    .join('');

/** A backtick inside would end it. */
const codeMarkdown = (command: string): string =>
  command.includes('`') ? `\`\` ${command} \`\`` : `\`${command}\``;

type Table = NonNullable<SheetPart['table']>;

const tableMarkdown = ({head, rows}: Table): string =>
  [head.map(markdown), head.map(() => '---'), ...rows.map((row) => row.map(markdown))]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const partHtml = ({title, texts, table}: SheetPart): string =>
  `<section><h2>${escaped(title)}</h2>${listHtml(texts)}${table ? tableHtml(table) : ''}</section>`;

const listHtml = (texts: readonly SheetText[]): string =>
  texts.length === 0
    ? ''
    : `<ul>${texts.map((text) => `<li>${textHtml(text)}</li>`).join('')}</ul>`;

const tableHtml = ({head, rows}: Table): string =>
  `<table><thead><tr>${head.map((name) => `<th>${escaped(name)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((text) => `<td>${escaped(text)}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;

const style = `@page{size:A4;margin:14mm}
body{font:13px/1.35 system-ui,sans-serif;max-width:52rem;margin:1.5rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.4rem;margin:0 0 .2rem}h2{font-size:1rem;margin:.8rem 0 .2rem;border-bottom:1px solid #999}
section{break-inside:avoid}section:first-of-type{border:2px solid #1a1a1a;padding:.2rem .6rem .5rem}
ul{margin:.2rem 0;padding-left:1.1rem}table{border-collapse:collapse;width:100%;font-size:12px;margin:.2rem 0}
th,td{text-align:left;vertical-align:top;border-bottom:1px solid #ccc;padding:.1rem .4rem .1rem 0;min-width:5em;overflow-wrap:anywhere}
th{white-space:nowrap}code{font:.95em ui-monospace,monospace;overflow-wrap:anywhere}
@media print{body{font-size:10px;max-width:none;margin:0;padding:0}table{font-size:9px}}`;
