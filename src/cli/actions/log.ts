import {readDamagedJournal, readJournal} from '../../journal/read-journal.ts';
import type {JournalEntry} from '../../model/journal.ts';
import {logText} from '../../report/index.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';

/** Prints the journal, one line for each entry. Of a damaged one it prints what is before the damage, and throws. */
export function printLog(app: App, name: string | undefined): ExitCode {
  const {entries, damage} = readDamagedJournal(app.state.journalOf(chooseRun(app, name)));
  if (entries.length > 0) {
    if (app.json) {
      printEntries(app, entries);
    } else {
      app.print(logText(entries, app));
    }
  }
  if (damage) {
    sayDamage(app, entries);
    throw damage;
  }
  return exitCodes.done;
}

/** The lines of the journal themselves. */
export function printEntries(app: App, entries: readonly JournalEntry[]): void {
  for (const entry of entries) {
    printDocument(app, 'journal-entry', entry);
  }
}

/** Where a damaged journal ends for a reader. */
function sayDamage(app: App, entries: readonly JournalEntry[]): void {
  const last = entries.at(-1);
  if (last && !app.json) {
    app.say(
      `! The journal is readable up to #${last.seq}. What the run did after that is not known.`,
    );
  }
}

/** Verifies that every line follows from the one before it. */
export function verifyLog(app: App, name: string | undefined): ExitCode {
  const run = chooseRun(app, name);
  const {entries, head, tornBytes} = readJournal(app.state.journalOf(run));
  const torn =
    tornBytes > 0 ? ` A last line of ${tornBytes} bytes was torn by a crash and is no entry.` : '';
  if (app.json) {
    const verified = {run, entries: entries.length, head, tornBytes, verified: true} as const;
    printDocument(app, 'log-verified', {...verified, next: []});
    return exitCodes.done;
  }
  app.print(
    `${run}: ${entries.length} entries, each follows from the one before it.${torn}\nhead ${head}\nCompare this head with the one printed earlier: a chain alone does not show that a file was rewritten as a whole.`,
  );
  return exitCodes.done;
}
