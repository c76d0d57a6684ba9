import {createInterface} from 'node:readline/promises';
import type {App} from './app.ts';

interface Asking {
  readonly run: string;
  /** What happens then. */
  readonly what?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Has the name of a run typed at the terminal; `undefined` where there is none, or when a person leaves it open. */
export async function askName(
  app: App,
  {run, what = 'take it over', signal}: Asking,
): Promise<string | undefined> {
  if (!app.terminal) {
    return undefined;
  }
  const lines = createInterface({input: process.stdin, output: process.stderr});
  // Ctrl-D: the question would be asked for ever.
  const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  const question = `Type the name of the run to ${what} (${run}): `;
  const answer = signal ? lines.question(question, {signal}) : lines.question(question);
  try {
    const typed = await Promise.race([answer, closed]).catch(unlessAborted);
    if (typed === undefined) {
      process.stderr.write('\n');
    }
    return typed?.trim();
  } finally {
    lines.close();
  }
}

/** Ctrl-C ends a question so, and so does a signal. */
function unlessAborted(error: unknown): undefined {
  if (!(error instanceof Error) || error.name !== 'AbortError') {
    throw error;
  }
}
