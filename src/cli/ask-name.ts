import {createInterface} from 'node:readline/promises';
import type {App} from './app.ts';

/** Has the name of a run typed at the terminal; `undefined` when there is none. */
export async function askName(
  app: App,
  run: string,
  what = 'take it over',
): Promise<string | undefined> {
  if (!app.terminal) {
    return undefined;
  }
  const lines = createInterface({input: process.stdin, output: process.stderr});
  try {
    return (await lines.question(`Type the name of the run to ${what} (${run}): `)).trim();
  } finally {
    lines.close();
  }
}
