import {closeSync, existsSync, fstatSync, openSync, readSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {StateFolder} from '../../src/journal/state-folder.ts';
import type {JournalEntry} from '../../src/model/journal.ts';

/** How soon after a line is on the disk it is seen here. */
const pollMs = 2;

/** The journal of the newest run of a state folder, line by line, while another process writes it. */
export interface JournalWatch {
  readonly entries: readonly JournalEntry[];
  /** Resolves with the first line, old or new, that is the wanted one; undefined when the signal is aborted before. */
  until(
    isWanted: (entry: JournalEntry) => boolean,
    signal: AbortSignal,
  ): Promise<JournalEntry | undefined>;
  /** Reads what was written since. */
  read(): readonly JournalEntry[];
  close(): void;
}

export function watchJournal(folder: string): JournalWatch {
  const state = new StateFolder(folder);
  const entries: JournalEntry[] = [];
  let file: number | undefined;
  let offset = 0;
  let rest = '';

  const read = () => {
    file ??= openNewest(state);
    if (file === undefined) {
      return [];
    }
    const bytes = Buffer.alloc(fstatSync(file).size - offset);
    const got = readSync(file, bytes, 0, bytes.length, offset);
    offset += got;
    const lines = (rest + bytes.toString('utf8', 0, got)).split('\n');
    rest = lines.pop() ?? '';
    // The program under drill has written them; `log --verify` says afterwards whether they are right.
    const fresh = lines.map((line) => JSON.parse(line) as JournalEntry);
    entries.push(...fresh);
    return fresh;
  };

  return {
    entries,
    read,
    until: async (isWanted, signal) => {
      let found = entries.find(isWanted);
      while (!found && !signal.aborted) {
        found = read().find(isWanted);
        if (!found) {
          await sleep(pollMs);
        }
      }
      return found;
    },
    close: () => {
      if (file !== undefined) {
        closeSync(file);
      }
    },
  };
}

function openNewest(state: StateFolder): number | undefined {
  const [newest] = state.runs();
  const path = newest === undefined ? undefined : state.journalOf(newest);
  return path !== undefined && existsSync(path) ? openSync(path, 'r') : undefined;
}
