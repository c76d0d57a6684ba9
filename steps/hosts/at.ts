import {returnScript} from './cron.ts';
import {guardedRun} from './guarded.ts';
import {keepFolder, type Mark} from './mark.ts';
import {type Shell, sh} from './shell.ts';

/** What waits to be started by atd, and what it has started. */
export interface AtQueue {
  /** The paths of the jobs that wait, and of those that this entry has moved aside. */
  readonly jobs: readonly string[];
  /** How many are running: atd renames a job's file while it runs (atd(8): queue `=`). */
  readonly running: number;
}

export interface AtWriter {
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
      const names = text.split('\n').filter((name) => /^[=a-zA-Z][0-9a-f]{13}$/.test(name));
      const waiting = [...new Set(names.filter((name) => !name.startsWith('=')))].sort();
      return {
        jobs: waiting.map((name) => `${spool}/${name}`),
        running: names.length - names.filter((name) => !name.startsWith('=')).length,
      };
    },
    returnAtJob: (path, mark, signal) =>
      guardedRun(
        shell,
        path,
        `${returnScript(shell.root, path, mark)}\n${wake(shell.root)}`,
        signal,
      ),
  };
}

// A name is the queue's letter, five digits of the job's number and eight of its minute (at 3.2.5, at.c).
const queueScript = (root: string, spool: string, mark: Mark) =>
  sh`ls -- ${root}${spool} 2>/dev/null || :
ls -- ${keepFolder(root, mark)}/files${spool} 2>/dev/null || :`;

// atd looks on its own within the hour, and at once on SIGHUP, as at(1) itself sends it (at 3.2.5, atd.c and at.c). One
// script with the return: whatever becomes of the connection between the two, it is sent.
const wake = (root: string) => sh`pid=$(cat ${root}/run/atd.pid 2>/dev/null) || return 0
if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = atd ]; then kill -HUP "$pid"; fi`;
