import {pipeline} from 'node:stream/promises';
import {SwitcharooError} from '../../../src/index.ts';
import type {CopyProcess} from './client.ts';
import {errorLines, firstErrorLine, loadErrors} from './client-errors.ts';
import {DumpParts} from './dump-parts.ts';
import {type LoadPreamble, linesIn, takeLock} from './load.ts';
import {copyIncomplete} from './problems.ts';
import {DumpProgress} from './progress.ts';
import {withoutEvents, withoutModes} from './removed-mode.ts';

/**
 * Loads a dump of definitions past every error. Gives all that was refused: the object, and the error whole.
 */
export async function loadDefinitions(
  {dumping, loading}: {readonly dumping: CopyProcess; readonly loading: CopyProcess},
  {from, to, first, removed}: LoadPreamble & {readonly from: string; readonly to: string},
  signal: AbortSignal,
): Promise<readonly string[]> {
  const progress = new DumpProgress({tables: 0, bytes: 0}, new DumpParts(Number.POSITIVE_INFINITY));
  const before = `${takeLock}${first}`;
  const changes = [withoutModes(removed), withoutEvents()];
  loading.stdin.write(before);
  const piping = pipeline(
    dumping.stdout,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        progress.feed(chunk);
        yield changes.reduce((text, lines) => lines.feed(text), chunk);
      }
      const [modes, events] = changes;
      yield Buffer.concat([events?.feed(modes?.rest() ?? none) ?? none, events?.rest() ?? none]);
    },
    loading.stdin,
    {signal},
  ).catch(() => {});
  await piping;
  signal.throwIfAborted();
  const [dumped, loaded] = await Promise.all([dumping.ended, loading.ended]);
  signal.throwIfAborted();
  const incomplete = (program: 'dump' | 'load', printed: string) =>
    new SwitcharooError(
      copyIncomplete({
        ...{from, to, program, progress: progress.text(), output: firstErrorLine(printed)},
      }),
    );
  if (!progress.complete) {
    throw incomplete('dump', dumped.printed);
  }
  const errors = loadErrors(loaded.printed);
  if (loaded.code === null || errors.some(({text}) => isLost.test(text))) {
    throw incomplete('load', loaded.printed);
  }
  return [
    ...errorLines(dumped.printed),
    ...errors.map(({line, text}) => {
      const part = line === null ? null : progress.parts.at(line - linesIn(before));
      return `${part?.name ?? 'the dump'}: ${text.replace(/ at line \d+:/, ':')}`;
    }),
  ];
}

const none: Buffer = Buffer.alloc(0);

/** Of the client: the server has gone away, or the connection was lost. */
const isLost = /^ERROR (2006|2013|4031)\b/;
