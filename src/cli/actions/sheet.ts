import {shellWord} from '../../model/hint.ts';
import {sheetHtml, sheetMarkdown} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {MachineClock} from '../../run/machine-clock.ts';
import {recallFolds} from '../../run/past-runs.ts';
import type {ReadRequest} from '../../run/read-runbook.ts';
import {sheetFacts} from '../../run/sheet.ts';
import type {App} from '../app.ts';
import {wordsOf} from '../plan-words.ts';
import {printDocument} from '../print-document.ts';
import {writeReport} from '../report-file.ts';

interface SheetRequest extends ReadRequest {
  readonly inventory: string;
  readonly store: string | undefined;
  /** A file for the page. */
  readonly html: string | undefined;
}

/** Prints the sheet for those who approve a change, or writes it as a page. */
export async function showSheet(app: App, {html, ...request}: SheetRequest): Promise<ExitCode> {
  recallFolds(app);
  const facts = {
    ...(await sheetFacts(app, request, new MachineClock().now())),
    commands: {
      plan: app.paste(`plan ${wordsOf(request)}`),
      run: app.paste(`run ${wordsOf(request)}`),
      runs: app.paste('runs'),
      document: app.paste(`document ${shellWord(request.runbook)}`),
      reverse: app.paste('reverse RUN'),
      rehearseReversal: (entry: string) =>
        app.paste(`rehearse ${shellWord(request.runbook)} --reverse-at ${shellWord(entry)}`),
    },
  };
  const markdown = sheetMarkdown(facts);
  if (html !== undefined) {
    writeReport(html, sheetHtml(facts));
    app.say(`Wrote ${html}.`);
  }
  if (app.json) {
    printDocument(app, 'markdown', {runbook: request.runbook, markdown, next: []});
  } else if (html === undefined) {
    app.print(markdown);
  }
  return exitCodes.done;
}
