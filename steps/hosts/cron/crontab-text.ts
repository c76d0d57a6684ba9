import type {RunMarker} from '../contract.ts';
import {markerName} from '../files/run-marker.ts';
import {countText} from '../group/text.ts';

/** Lines that cron would run: all but comments, empty lines and settings (crontab(5)). */
export const activeLines = (text: string): number => text.split('\n').filter(isActive).length;

/** `1 active line` */
export const activeLinesText = (text: string): string =>
  countText(activeLines(text), 'active line');

/** `2 active lines, of which cron does not run the last one: it has no newline` */
export const stoppedLinesText = (text: string): string =>
  isActive(text.split('\n').at(-1) ?? '')
    ? `${activeLinesText(text)}; the last line has no newline, so cron may not run it, and crontab -l | crontab - would refuse it`
    : activeLinesText(text);

/** Whether one of its jobs is started when cron is started, which is at boot (crontab(5)). */
export const hasRebootJob = (text: string): boolean => /^[ \t]*@reboot[ \t]/m.test(text);

/** The crontab with each active line commented out, by a comment that names the run. */
export const commentedOut = (text: string, marker: RunMarker): string =>
  text
    .split('\n')
    .map((line) => (isActive(line) ? `#switcharoo:${markerName(marker)} ${line}` : line))
    .join('\n');

/** Whether it has comments of any run. */
export const hasRunComments = (text: string): boolean => /^#switcharoo:/m.test(text);

/** The accounts of the jobs in a file of /etc/cron.d: the sixth field, or the second after a word like `@daily`. */
export const usersIn = (text: string): readonly string[] => usersOf(text, isActive);

/** Those of them with a job that is started at boot. */
export const rebootUsersIn = (text: string): readonly string[] =>
  usersOf(text, (line) => isActive(line) && hasRebootJob(line));

function usersOf(text: string, matches: (line: string) => boolean): readonly string[] {
  const users = text
    .split('\n')
    .filter(matches)
    .map((line) => line.trim().split(/\s+/))
    .map((fields) => fields[fields[0]?.startsWith('@') ? 1 : 5] ?? 'root');
  return [...new Set(users)].sort();
}

/**
 * As cron reads a line: blanks and tabs, then a remark, a name before `=`, or a name in quotes. A blank of another
 * alphabet is no blank; a line end of Windows is a part of the line, and no job by itself.
 */
const isActive = (line: string) => !/^[ \t]*(#|\r?$|[^\s=]+[ \t]*=|["'])/.test(line);
