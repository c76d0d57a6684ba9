import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/** One order of a hundred has a document, below the folder of all documents. */
export const documentOf = (token: string): string | undefined =>
  token.endsWith('00') ? `orders/${token}.txt` : undefined;

/** Writes the document of an order, where the environment names a folder for it. */
export function keepDocument({DOCUMENTS_FOLDER = ''}: NodeJS.ProcessEnv, token: string): void {
  const document = documentOf(token);
  if (DOCUMENTS_FOLDER !== '' && document !== undefined) {
    const file = join(DOCUMENTS_FOLDER, document);
    mkdirSync(join(file, '..'), {recursive: true});
    writeFileSync(file, `Order ${token}\n`);
  }
}
