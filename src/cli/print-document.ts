import type {App} from './app.ts';
import type {DocumentName, DocumentOf} from './documents/index.ts';

/** Prints one document of `--json`, on one line. Its schema is its type: `switcharoo schema NAME`. */
export const printDocument = <Name extends DocumentName>(
  app: Pick<App, 'print'>,
  _name: Name,
  document: DocumentOf<Name>,
): void => app.print(JSON.stringify(document));
