import {readJournal} from '../../journal/file-journal.ts';
import {logText} from '../../report/index.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';

/** Prints the journal, one line for each entry. */
export function printLog(app: App, name: string | undefined): ExitCode {
  const {entries} = readJournal(app.state.journalOf(chooseRun(app, name)));
  app.print(
    app.json ? entries.map((entry) => JSON.stringify(entry)).join('\n') : logText(entries, app),
  );
  return exitCodes.done;
}

/** Verifies that every line follows from the one before it. */
export function verifyLog(app: App, name: string | undefined): ExitCode {
  const run = chooseRun(app, name);
  const {entries, head, tornBytes} = readJournal(app.state.journalOf(run));
  const torn =
    tornBytes > 0 ? ` A last line of ${tornBytes} bytes was torn by a crash and is no entry.` : '';
  app.print(
    app.json
      ? JSON.stringify({run, entries: entries.length, head, tornBytes, verified: true})
      : `${run}: ${entries.length} entries, each follows from the one before it.${torn}\nhead ${head}\nCompare this head with the one printed earlier: a chain alone does not show that a file was rewritten as a whole.`,
  );
  return exitCodes.done;
}
