import {unknownRun} from '../../journal/problems.ts';
import {readDamagedJournal, readJournal} from '../../journal/read-journal.ts';
import {isRunName} from '../../journal/state-folder.ts';
import type {JournalEntry} from '../../model/journal.ts';
import {SwitcharooError} from '../../model/problem.ts';
import {logText} from '../../report/index.ts';
import {chooseRun} from '../../run/choose-run.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {interruption} from '../interruption.ts';
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

/** Verifies that every line follows from the one before it; in a store also that nothing was changed since. */
export async function verifyLog(app: App, name: string | undefined): Promise<ExitCode> {
  const verified = app.shared
    ? await verifiedInStore(app, app.shared, name)
    : verifiedHere(app, chooseRun(app, name));
  const {run, entries, head, tornBytes, more} = verified;
  if (app.json) {
    const {store} = verified;
    const document = {run, entries, head, tornBytes, verified: true, store, next: []} as const;
    printDocument(app, 'log-verified', document);
    return exitCodes.done;
  }
  app.print(
    [
      `${run}: ${entries} entries, each follows from the one before it.${more}`,
      `head ${head}`,
      'Compare this head with the one printed earlier: a chain alone does not show that a file was rewritten as a whole.',
    ].join('\n'),
  );
  return exitCodes.done;
}

function verifiedHere(app: App, run: string) {
  const {entries, head, tornBytes} = readJournal(app.state.journalOf(run));
  const more =
    tornBytes > 0 ? ` A last line of ${tornBytes} bytes was torn by a crash and is no entry.` : '';
  return {run, entries: entries.length, head, tornBytes, store: null, more};
}

async function verifiedInStore(
  app: App,
  shared: NonNullable<App['shared']>,
  name: string | undefined,
) {
  const run = name !== undefined && isRunName(name) ? name : chooseRun(app, name);
  const {signal, dispose} = interruption();
  try {
    const {entries, head, ...store} = await shared.verify(run, signal);
    if (store.objects === 0) {
      // Also where a copy is here: nothing is left in the store to verify.
      throw new SwitcharooError(unknownRun(run, shared.place));
    }
    const {objects, keepsVersions, place} = store;
    const more = ` ${place} has them in ${objects} ${objects === 1 ? 'object' : 'objects'}. ${
      keepsVersions
        ? 'None of these was replaced or deleted.'
        : 'It keeps no versions: whether an object was replaced or deleted is not known. Enable versioning before the next run: "store init" prints the command. Then use "store check".'
    }`;
    return {run, entries, head, tornBytes: 0, store, more};
  } finally {
    dispose();
  }
}
