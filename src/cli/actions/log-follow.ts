import {statSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {readDamagedJournal} from '../../journal/read-journal.ts';
import type {JournalEntry} from '../../model/journal.ts';
import {type Progress, progressAfter} from '../../model/progress.ts';
import {logFollower} from '../../report/index.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {isOver} from '../../run/past-runs.ts';
import type {App} from '../app.ts';
import {interruption} from '../interruption.ts';
import {printEntries} from './log.ts';
import {refreshing, sharedEveryMs} from './shared.ts';

const everyMs = 250;
/** As wide as #999: later lines are as wide as the first ones. */
const numberColumns = 4;

/**
 * Prints the journal, then each entry that is appended, until the run is over or Ctrl-C. A paused run may be resumed:
 * it is followed on.
 */
export async function followLog(app: App, name: string | undefined): Promise<ExitCode> {
  const path = app.state.journalOf(chooseRun(app, name));
  const {signal, dispose} = interruption();
  const print = linePrinter(app);
  const refresh = refreshing(app);
  let progress: Progress | undefined;
  try {
    for (const entries of newEntries(path)) {
      print(entries);
      progress = entries.reduce(progressAfter, progress);
      if (signal.aborted || (progress && isOver(progress))) {
        break;
      }
      await sleep(app.shared ? sharedEveryMs : everyMs, undefined, {signal}).catch(() => undefined);
      await refresh(signal);
    }
  } finally {
    dispose();
  }
  return exitCodes.done;
}

/** What was appended since the time before; again and again. The whole journal is verified each time it has grown. */
function* newEntries(path: string): Generator<readonly JournalEntry[], never> {
  let read = 0;
  let bytes = -1;
  for (;;) {
    const {size} = statSync(path);
    const {entries, damage} = size === bytes ? nothingNew : readDamagedJournal(path);
    const appended = entries.slice(read);
    bytes = size;
    read += appended.length;
    yield appended;
    if (damage) {
      throw damage;
    }
  }
}

const nothingNew = {entries: [], damage: null};

function linePrinter(app: App): (entries: readonly JournalEntry[]) => void {
  if (app.json) {
    return (entries) => printEntries(app, entries);
  }
  const textOf = logFollower(app, numberColumns);
  return (entries) => {
    if (entries.length > 0) {
      app.print(textOf(entries));
    }
  };
}
