import {outliveTerminal} from './broken-terminal.ts';
import {linesScreen} from './lines.ts';
import {ndjsonScreen} from './ndjson.ts';
import {plainScreen} from './plain.ts';
import type {Screen} from './screen.ts';
import {type TreeOptions, treeScreen} from './tree.ts';

export {outliveTerminal} from './broken-terminal.ts';
export type {Screen} from './screen.ts';

/** `lines`: nothing but what happened at the entries, as it came: the log of a command. */
export type ScreenKind = 'tree' | 'plain' | 'lines' | 'ndjson' | 'quiet';

interface ScreenOptions extends TreeOptions {
  readonly how: ScreenKind;
}

/** Opens the screen of a run. From here on a lost terminal no longer ends the process. */
export function openScreen({how, ...options}: ScreenOptions): Screen {
  outliveTerminal();
  switch (how) {
    case 'tree':
      return treeScreen(options);
    case 'plain':
      return plainScreen(options);
    case 'lines':
      return linesScreen(options);
    case 'ndjson':
      return ndjsonScreen(options);
    case 'quiet':
      return {observe: () => {}, pause: () => {}, resume: () => {}, close: async () => {}};
  }
}

/** A tree needs a terminal that can move its cursor. Everything else is given lines. */
export function screenKindFor(
  stream: {readonly isTTY?: boolean | undefined},
  environment: Readonly<Record<string, string | undefined>>,
): 'tree' | 'plain' {
  return stream.isTTY && environment['TERM'] !== 'dumb' && !environment['CI'] ? 'tree' : 'plain';
}
