import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What stands in a file of the checkout; `undefined` when it is not there. */
export function read(file: string): string | undefined {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Every page that a person reads: those of the root, and docs/. */
export const pages: readonly string[] = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`),
].filter((file) => file.endsWith('.md'));

export interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of all pages, in their order. */
export const blocks: readonly Block[] = pages.flatMap((page) =>
  [...(read(page) ?? '').matchAll(/^```(\S*)\n(.*?)^```$/gms)].map(
    ([, language = '', text = '']) => ({page, language, text}),
  ),
);
