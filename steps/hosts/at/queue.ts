import {asideName, moveScript, returnScript} from '../cron/crontabs.ts';
import {guardedRun} from '../shell/guarded-edit.ts';
import {keepFolder, type Mark} from '../shell/run-marker.ts';
import {type Shell, sh} from '../shell/shell.ts';

/** What waits to be started by atd, and what it has started. */
export interface AtQueue {
  /** The paths of the jobs that wait, and of those that this entry has moved aside. */
  readonly jobs: readonly string[];
  /** How many are running: atd renames a job's file while it runs (atd(8): queue `=`). */
  readonly running: number;
  /** Where at keeps jobs on this host, when it is not where it was said to be. */
  readonly elsewhere: string | null;
}

export interface AtWriter {
  /** Moves a job aside that waits. One that atd takes at that moment is left to it. */
  moveAtJob(path: string, mark: Mark, signal: AbortSignal): Promise<void>;
  /** Puts a job back that was moved aside, and lets atd look at once whether it is due. */
  returnAtJob(path: string, mark: Mark, signal: AbortSignal): Promise<void>;
}

/** The queue of at and batch on a host: one file a job. Its text holds an environment and is not shown: what is told of it is its hash. */
export function atOf(shell: Shell): AtWriter & {
  atQueue(spool: string, mark: Mark, signal: AbortSignal): Promise<AtQueue>;
} {
  return {
    atQueue: async (spool, mark, signal) => {
      const text = await shell.run(queueScript(shell.root, spool, mark), signal);
      const [names = '', elsewhere = ''] = text.split(/^@/m);
      return {...queueOf(names.split('\n'), spool, mark), elsewhere: elsewhere.trim() || null};
    },
    moveAtJob: (path, mark, signal) =>
      guardedRun(
        shell,
        path,
        `${sh`if [ -e ${shell.root}${takenName(path)} ]; then return; fi`}
${moveScript(shell.root, path, mark)}`,
        signal,
      ),
    returnAtJob: (path, mark, signal) =>
      guardedRun(
        shell,
        path,
        `${returnScript(shell.root, path, mark)}\n${wake(shell.root)}`,
        signal,
      ),
  };
}

/** While atd runs a job, its file has `=` in the place of the queue's letter (at 3.2.5, atd.c). */
const takenName = (path: string) => path.replace(/\/[^/]([^/]*)$/, '/=$1');

// A name is the queue's letter, five digits of the job's number and eight of its minute (at 3.2.5, at.c).
function queueOf(names: readonly string[], spool: string, mark: Mark) {
  const isAside = (name: string) => name === asideName(name.slice(1, 15), mark);
  const shown = names.map((name) => (isAside(name) ? name.slice(1, 15) : name));
  const jobs = [...new Set(shown)].filter((name) => /^[=a-zA-Z][0-9a-f]{13}$/.test(name));
  const waiting = jobs.filter((name) => !name.startsWith('=')).sort();
  return {
    jobs: waiting.map((name) => `${spool}/${name}`),
    running: jobs.length - waiting.length,
  };
}

/** The spools of Debian, RHEL and SUSE. */
const spools = ['/var/spool/cron/atjobs', '/var/spool/at', '/var/spool/atjobs'];

// at(1) makes a job executable once it is whole, and atd starts none before.
const queueScript = (root: string, spool: string, mark: Mark) =>
  sh`find ${`${root}${spool}/`} -maxdepth 1 -type f -perm -u+x -printf '%f\\n' 2>/dev/null || :
ls -- ${keepFolder(root, mark)}/files${spool} 2>/dev/null || :
echo @
if [ ! -d ${root}${spool} ]; then
  for other in ${spools}; do
    if [ -d ${root}"$other" ]; then echo "$other"; return; fi
  done
fi`;

// atd looks on its own within the hour, and at once on SIGHUP, as at(1) itself sends it (at 3.2.5, atd.c and at.c). One
// script with the return: whatever becomes of the connection between the two, it is sent.
const wake = (root: string) => sh`pid=$(cat ${root}/run/atd.pid 2>/dev/null) || return 0
if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = atd ]; then kill -HUP "$pid"; fi`;
