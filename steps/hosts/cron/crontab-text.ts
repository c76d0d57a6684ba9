import {createHash} from 'node:crypto';
import {type Mark, markName} from '../shell/run-marker.ts';

/** Lines that cron would run: all but comments, empty lines and settings (crontab(5)). */
export const activeLines = (text: string): number => text.split('\n').filter(isActive).length;

/** `1 active line` */
export function activeLinesText(text: string): string {
  const lines = activeLines(text);
  return `${lines} active ${lines === 1 ? 'line' : 'lines'}`;
}

/** The crontab with each active line commented out, by a comment that names the run. */
export const commentedOut = (text: string, mark: Mark): string =>
  text
    .split('\n')
    .map((line) => (isActive(line) ? `#switcharoo:${markName(mark)} ${line}` : line))
    .join('\n');

/** Whether some run's comments are in it. */
export const hasOurComments = (text: string): boolean => /^#switcharoo:/m.test(text);

/** Whose jobs a file of /etc/cron.d starts: the sixth field, or the second after a word like `@daily`. */
export function usersIn(text: string): readonly string[] {
  const users = text
    .split('\n')
    .filter(isActive)
    .map((line) => line.trim().split(/\s+/))
    .map((fields) => fields[fields[0]?.startsWith('@') ? 1 : 5] ?? 'root');
  return [...new Set(users)].sort();
}

/** Of the text's bytes: hosts send them as Latin-1, whatever the encoding is. */
export const sha256 = (text: string): string =>
  createHash('sha256').update(text, 'latin1').digest('hex');

const isActive = (line: string) => !/^\s*(#|$|\w+\s*=|["'])/.test(line);
