import type {RunMarker} from '../contract.ts';
import {markerName} from '../files/run-marker.ts';
import {countText} from '../group/text.ts';

/** Lines that cron would run: all but comments, empty lines and settings (crontab(5)). */
export const activeLines = (text: string): number => text.split('\n').filter(isActive).length;

/** `1 active line` */
export const activeLinesText = (text: string): string =>
  countText(activeLines(text), 'active line');

/** The crontab with each active line commented out, by a comment that names the run. */
export const commentedOut = (text: string, marker: RunMarker): string =>
  text
    .split('\n')
    .map((line) => (isActive(line) ? `#switcharoo:${markerName(marker)} ${line}` : line))
    .join('\n');

/** Whether it has comments of any run. */
export const hasRunComments = (text: string): boolean => /^#switcharoo:/m.test(text);

/** The accounts of the jobs in a file of /etc/cron.d: the sixth field, or the second after a word like `@daily`. */
export function usersIn(text: string): readonly string[] {
  const users = text
    .split('\n')
    .filter(isActive)
    .map((line) => line.trim().split(/\s+/))
    .map((fields) => fields[fields[0]?.startsWith('@') ? 1 : 5] ?? 'root');
  return [...new Set(users)].sort();
}

const isActive = (line: string) => !/^\s*(#|$|\w+\s*=|["'])/.test(line);
