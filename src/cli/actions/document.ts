import {documentText} from '../../report/index.ts';
import {describedRunbook} from '../../run/described-runbook.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {ReadRequest} from '../../run/read-runbook.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';

/** Prints a runbook for those who read it, in Markdown. */
export async function showDocument(app: App, request: ReadRequest): Promise<ExitCode> {
  const markdown = documentText(await describedRunbook(app, request));
  if (app.json) {
    printDocument(app, 'markdown', {runbook: request.runbook, markdown, next: []});
  } else {
    app.print(markdown);
  }
  return exitCodes.done;
}
