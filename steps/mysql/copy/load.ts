import {pipeline} from 'node:stream/promises';
import {type Problem, type ReportProgress, SwitcharooError} from '../../../src/index.ts';
import type {LoadOrder} from '../contract.ts';
import {withTimeout} from '../session/with-timeout.ts';
import type {CopyProcess} from './client.ts';
import {firstErrorLine, loadErrors} from './client-errors.ts';
import {copyIncomplete, loadRefused} from './problems.ts';
import {DumpProgress} from './progress.ts';
import {withoutModes} from './removed-mode.ts';

export interface LoadPreamble {
  /** Statements to execute before the dump. */
  readonly first: string;
  /** Modes that the server refuses, and that have no effect in the objects of the dump. */
  readonly removed: readonly string[];
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
export const takeLock = `DO IF(GET_LOCK('${loadLock}', 10) = 1, 0, (SELECT 1 UNION SELECT 2));\n`;

export async function loadAll(
  {dumping, loading}: {readonly dumping: CopyProcess; readonly loading: CopyProcess},
  {from, to, expected, first, removed}: LoadOrder & LoadPreamble & {readonly to: string},
  signal: AbortSignal,
  report: ReportProgress,
): Promise<void> {
  const progress = new DumpProgress(expected);
  const dumpEnded = (printed: string) =>
    new SwitcharooError(
      copyIncomplete({
        ...{from: from.name, to, program: 'dump', progress: progress.text()},
        output: firstErrorLine(printed),
      }),
    );
  const before = `${takeLock}${first}`;
  const loadEnded = (printed: string) =>
    new SwitcharooError(
      loadProblem(printed, {from: from.name, to, progress, before: linesIn(before)}),
    );
  loading.stdin.write(before);
  const piping = pipe({dumping, loading}, {progress, removed}, signal);
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
      throw loadEnded((await withTimeout(loading.ended, longestMs, signal)).printed);
    }
    const dumped = await withTimeout(dumping.ended, longestMs, signal);
    if (dumped.code !== 0 || !progress.complete) {
      throw dumpEnded(dumped.printed);
    }
    loading.stdin.end();
    const loaded = await withTimeout(loading.ended, longestMs, signal);
    if (loaded.code !== 0) {
      throw loadEnded(loaded.printed);
    }
  } finally {
    clearInterval(reporting);
  }
}

/** `false`: a client ended before the other one. */
function pipe(
  {dumping, loading}: {readonly dumping: CopyProcess; readonly loading: CopyProcess},
  {progress, removed}: Pick<LoadPreamble, 'removed'> & {readonly progress: DumpProgress},
  signal: AbortSignal,
): Promise<boolean> {
  const mode = removed.length > 0 ? withoutModes(removed) : null;
  return pipeline(
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
}

/** How many lines come before the dump. */
export const linesIn = (text: string): number => text.split('\n').length - 1;

/** A load is behind the dump, so the dump's progress does not name the object at which it ended. */
function loadProblem(
  printed: string,
  {
    progress,
    before,
    ...ends
  }: {
    readonly from: string;
    readonly to: string;
    readonly progress: DumpProgress;
    /** How many lines the load got before the dump. */
    readonly before: number;
  },
): Problem {
  const [error] = loadErrors(printed);
  const part = error?.line ? progress.parts.at(error.line - before) : null;
  // Of a definition the error is quoted whole; of rows it would quote data.
  const output = error && part?.hasRows === false ? error.text : firstErrorLine(printed);
  return part
    ? loadRefused({...ends, part: part.name, output})
    : copyIncomplete({...ends, program: 'load', progress: progress.text(), output});
}

const reportEveryMs = 1_000;
// The signal of the entry ends it much earlier.
const longestMs = 20 * 24 * 3_600_000;
