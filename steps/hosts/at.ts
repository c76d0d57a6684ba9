import {keepFolder, type Mark} from './mark.ts';
import {type Shell, sh} from './shell.ts';

/** What waits to be started by atd, and what it has started. */
export interface AtQueue {
  /** The paths of the jobs that wait, and of those that this entry has moved aside. */
  readonly jobs: readonly string[];
  /** How many are running: atd renames a job's file while it runs (atd(8): queue `=`). */
  readonly running: number;
}

/** The queue of at and batch on a host: one file a job. Its text holds an environment and is not shown: what is told of it is its hash. */
export function atOf(shell: Shell): {
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
  };
}

// A name is the queue's letter, five digits of the job's number and eight of its minute (at 3.2.5, at.c).
const queueScript = (root: string, spool: string, mark: Mark) =>
  sh`ls -- ${root}${spool} 2>/dev/null || :
ls -- ${keepFolder(root, mark)}/files${spool} 2>/dev/null || :`;
