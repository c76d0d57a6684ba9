import {pipeline} from 'node:stream/promises';
import {type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import type {LoadOrder} from '../contract.ts';
import {withTimeout} from '../session/with-timeout.ts';
import type {CopyProcess} from './client.ts';
import {copyIncomplete} from './problems.ts';
import {DumpProgress} from './progress.ts';
import {RemovedMode} from './removed-mode.ts';

export interface LoadPreamble {
  /** Statements to execute before the dump. */
  readonly first: string;
  /** The server refuses NO_AUTO_CREATE_USER. */
  readonly refusesMode: boolean;
}

// In binary mode DELIMITER is the only client command in the dump.
export const loadArguments = [
  '--batch',
  '--binary-mode',
  '--skip-reconnect',
  '--default-character-set=utf8mb4',
  '--max-allowed-packet=1G',
];

/** Held by the session that loads until it ends: a later attempt finds the session by it, and ends it. */
export const loadLock = 'switcharoo.seed';
const takeLock = `DO IF(GET_LOCK('${loadLock}', 10) = 1, 0, (SELECT 1 UNION SELECT 2));\n`;

export async function loadAll(
  {dumping, loading}: {readonly dumping: CopyProcess; readonly loading: CopyProcess},
  {from, to, expected, first, refusesMode}: LoadOrder & LoadPreamble & {readonly to: string},
  signal: AbortSignal,
  report: ReportProgress,
): Promise<void> {
  const progress = new DumpProgress(expected);
  const mode = refusesMode ? new RemovedMode() : null;
  const ended = (program: string, output: string) =>
    new SwitcharooError(
      copyIncomplete({from: from.name, to, program, output, progress: progress.text()}),
    );
  loading.stdin.write(`${takeLock}${first}`);
  const piping = pipeline(
    dumping.stdout,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        progress.feed(chunk);
        yield mode?.feed(chunk) ?? chunk;
      }
      yield mode?.rest() ?? Buffer.alloc(0);
    },
    loading.stdin,
    // Only after a successful dump may the load see the end of its input.
    {end: false, signal},
  ).then(
    () => true,
    () => false,
  );
  let early = false;
  // Without this, a load that has ended would be noticed only at the next output of the dump.
  void loading.ended.then(() => {
    early = true;
    return dumping.kill();
  });
  const reporting = setInterval(() => report(progress.text()), reportEveryMs);
  try {
    const passed = await piping;
    signal.throwIfAborted();
    if (early || !passed) {
      throw ended('load', (await withTimeout(loading.ended, longestMs, signal)).output);
    }
    const dumped = await withTimeout(dumping.ended, longestMs, signal);
    if (dumped.code !== 0 || !progress.complete) {
      throw ended('dump', dumped.output);
    }
    loading.stdin.end();
    const loaded = await withTimeout(loading.ended, longestMs, signal);
    if (loaded.code !== 0) {
      throw ended('load', loaded.output);
    }
  } finally {
    clearInterval(reporting);
  }
}

const reportEveryMs = 1_000;
// The signal of the entry ends it much earlier.
const longestMs = 20 * 24 * 3_600_000;
