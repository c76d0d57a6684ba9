import type {CronFile, FileState, RunMarker} from '../contract.ts';
import {readFiles} from '../files/set-aside.ts';
import type {Shell} from '../shell/shell.ts';
import {rebootUsersIn, usersIn} from './crontab-text.ts';

/** Files that cron reads, or runs. */
export const readCronFiles = (
  shell: Shell,
  paths: readonly string[],
  marker: RunMarker,
  signal: AbortSignal,
): Promise<readonly FileState<CronFile>[]> =>
  readFiles(shell, paths, marker, signal, (path, text) => ({
    users: namesUsers(path) ? usersIn(text) : ['root'],
    atBoot: namesUsers(path) ? rebootUsersIn(text) : [],
  }));

/** The scripts of /etc/cron.hourly and the like, and anacron's jobs, run as root (anacrontab(5)). */
const namesUsers = (path: string) => path === '/etc/crontab' || path.startsWith('/etc/cron.d/');
