import {existsSync} from 'node:fs';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {defineStep, defineTarget, done, pending} from 'switcharoo';
import {z} from 'zod';

interface PageReader {
  readonly name: string;
  /** The text that visitors are shown; `null` while the site itself answers. */
  text(): Promise<string | null>;
}

interface PageWriter extends PageReader {
  show(text: string): Promise<void>;
  hide(): Promise<void>;
}

/** A web server that shows a maintenance page as long as a file is there. */
export const maintenancePage = defineTarget({
  kind: 'maintenance-page',
  config: z.object({path: z.string()}),
  open: async ({path}, {name}) => {
    const reader: PageReader = {
      name,
      text: async () => (existsSync(path) ? readFile(path, 'utf8') : null),
    };
    const writer: PageWriter = {
      ...reader,
      show: (text) => writeFile(path, text),
      hide: () => rm(path, {force: true}),
    };
    return {reader, writer, close: async () => {}};
  },
});

export const showMaintenancePage = defineStep({
  name: 'site.show-maintenance-page',
  summary: 'Show visitors a maintenance page.',
  targets: {page: maintenancePage},
  input: z.object({text: z.string()}),
  before: z.object({text: z.string().nullable()}),
  output: z.object({}),
  reverses: 'Shows what was shown before: another page, or the site itself.',
  needs: {page: ['to write the file, and to remove it']},
  timeoutMs: 10_000,

  async check({input, targets: {page}}) {
    const text = await page.text();
    return text === input.text
      ? done({})
      : pending({text}, {what: page.name, is: shown(text), shouldBe: shown(input.text)});
  },

  async plan({input}) {
    return [showing(input.text)];
  },

  async reverse({targets: {page}}, before) {
    return (await page.text()) === before.text ? [] : [showing(before.text)];
  },
});

const showing = (text: string | null) => ({
  on: 'page' as const,
  does: text === null ? 'remove the maintenance page' : `show ${shown(text)}`,
  perform: async (page: PageWriter, signal: AbortSignal) => {
    signal.throwIfAborted();
    await (text === null ? page.hide() : page.show(text));
  },
});

const shown = (text: string | null) => (text === null ? 'the site itself' : `"${text}"`);
