import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {escapeHtml} from './markdown.ts';

export const sessionFile = fileURLToPath(new URL('session.json', import.meta.url));

/** What changed on the screen at a moment: lines by their row, as the terminal coloured them (ECMA-48, SGR). */
export interface Frame {
  readonly atMs: number;
  readonly lines: Readonly<Record<string, string>>;
}

export interface Recording {
  readonly columns: number;
  readonly rows: number;
  readonly frames: readonly Frame[];
  /** Each command and all that it printed. */
  readonly commands: readonly (readonly string[])[];
}

export const readRecording = (): Recording => JSON.parse(readFileSync(sessionFile, 'utf8'));

/** A line of a terminal as HTML. Colours are classes: a page may have no styles of its own. */
export function lineHtml(line: string): string {
  const classes = new Set<string>();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins a colour
  const pieces = line.split(/\x1b\[([0-9;]*)m/);
  return pieces
    .map((piece, at) => {
      if (at % 2 === 1) {
        for (const code of piece.split(';').map(Number)) {
          applyCode(classes, code);
        }
        return '';
      }
      const html = escapeHtml(piece);
      return piece === '' || classes.size === 0
        ? html
        : `<span class="${[...classes].join(' ')}">${html}</span>`;
    })
    .join('');
}

const styles: Readonly<Record<number, string>> = {1: 'bold', 2: 'dim', 4: 'underline'};

function applyCode(classes: Set<string>, code: number): void {
  const dropColour = () => {
    for (const name of [...classes].filter((each) => /^t\d$/.test(each))) {
      classes.delete(name);
    }
  };
  const style = styles[code];
  if (style) {
    classes.add(style);
  } else if (code === 0) {
    classes.clear();
  } else if (code === 22) {
    classes.delete('bold');
    classes.delete('dim');
  } else if (code === 24) {
    classes.delete('underline');
  } else if (code === 39) {
    dropColour();
  } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
    dropColour();
    classes.add(code === 90 ? 't8' : `t${code % 10}`);
  }
}

/** The lines on the screen after each frame. */
export function screensOf({rows, frames}: Recording): readonly (readonly string[])[] {
  const lines = Array.from({length: rows}, () => '');
  return frames.map((frame) => {
    for (const [row, line] of Object.entries(frame.lines)) {
      lines[Number(row)] = line;
    }
    return [...lines];
  });
}

/** The session for the front page: its last screen, and all of it as text, which no script is needed to read. */
export function sessionFigure(recording: Recording): string {
  const last = screensOf(recording).at(-1) ?? [];
  const text = recording.commands
    .map((lines) => lines.map(lineHtml).join(newline))
    .join(newline + newline);
  return [
    '<figure class="session">',
    `<pre class="screen" tabindex="0">${last.map(lineHtml).join(newline)}</pre>`,
    '<figcaption>Recorded in the lab: a cutover, and its reversal before the point of no return.</figcaption>',
    `<details><summary>The whole session as text</summary><pre tabindex="0">${text}</pre></details>`,
    '</figure>',
  ].join('\n');
}

/** An empty line would end the HTML in Markdown. */
const newline = '&#10;';

/** The frames as a script, for the player. */
export const sessionScript = ({rows, frames}: Recording): string =>
  `globalThis.session = ${JSON.stringify({
    rows,
    frames: frames.map(({atMs, lines}) => ({
      atMs,
      lines: Object.fromEntries(Object.entries(lines).map(([row, line]) => [row, lineHtml(line)])),
    })),
  })};\n`;
