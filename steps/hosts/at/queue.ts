import type {AtQueue, FileState, RunMarker} from '../contract.ts';
import {guardedRun} from '../files/guarded-edit.ts';
import {keptFolder} from '../files/run-marker.ts';
import {asideName, moveAsideScript, readFiles, restoreScript} from '../files/set-aside.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';

/** The queue of at and batch on a host: one file a job. */
export async function readQueue(
  shell: Shell,
  spool: string,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<AtQueue> {
  const output = await shell.run(queueScript(shell.root, spool, marker), signal);
  const [names = '', otherSpool = ''] = output.split(/^@/m);
  return {...queueIn(names.split('\n'), spool, marker), otherSpool: otherSpool.trim() || null};
}

/** The files of jobs. Their text holds an environment: a digest stands for it. */
export const readJobs = (
  shell: Shell,
  paths: readonly string[],
  marker: RunMarker,
  signal: AbortSignal,
): Promise<readonly FileState[]> => readFiles(shell, paths, marker, signal, () => ({}));

export const moveJobAside = (
  shell: Shell,
  path: string,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> =>
  guardedRun(
    shell,
    path,
    `${sh`if [ -e ${shell.root}${runningName(path)} ]; then return; fi`}
${moveAsideScript(shell.root, path, marker)}`,
    signal,
  );

export const restoreJob = (
  shell: Shell,
  path: string,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> =>
  guardedRun(
    shell,
    path,
    `${restoreScript(shell.root, path, marker)}\n${wakeScript(shell.root)}`,
    signal,
  );

/** While atd runs a job, its file has `=` instead of the queue's letter (at 3.2.5, atd.c). */
const runningName = (path: string) => path.replace(/\/[^/]([^/]*)$/, '/=$1');

// A name is the queue's letter, five digits of the job's number and eight of its minute (at 3.2.5, at.c).
function queueIn(names: readonly string[], spool: string, marker: RunMarker) {
  const isAside = (name: string) => name === asideName(name.slice(1, 15), marker);
  const jobs = [...new Set(names.map((name) => (isAside(name) ? name.slice(1, 15) : name)))].filter(
    (name) => /^[=a-zA-Z][0-9a-f]{13}$/.test(name),
  );
  const waiting = jobs.filter((name) => !name.startsWith('=')).sort();
  return {
    jobs: waiting.map((name) => `${spool}/${name}`),
    running: jobs.length - waiting.length,
  };
}

/** The spools of Debian, RHEL and SUSE. */
const spools = ['/var/spool/cron/atjobs', '/var/spool/at', '/var/spool/atjobs'];

// at(1) makes a job executable once it is whole, and atd starts none before.
const queueScript = (root: string, spool: string, marker: RunMarker) =>
  sh`find ${`${root}${spool}/`} -maxdepth 1 -type f -perm -u+x -printf '%f\\n' 2>/dev/null || :
ls -- ${keptFolder(root, marker)}/files${spool} 2>/dev/null || :
echo @
if [ ! -d ${root}${spool} ]; then
  for other in ${spools}; do
    if [ -d ${root}"$other" ]; then echo "$other"; return; fi
  done
fi`;

// atd checks its spool within the hour, and at once on SIGHUP, as at(1) itself sends it (at 3.2.5, atd.c and at.c). It
// is in one script with the restore: a connection that breaks between the two cannot prevent it.
const wakeScript = (root: string) => sh`pid=$(cat ${root}/run/atd.pid 2>/dev/null) || return 0
if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = atd ]; then kill -HUP "$pid"; fi`;
