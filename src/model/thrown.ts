import {existsSync, readFileSync} from 'node:fs';
import {SourceMap, type SourceMapPayload} from 'node:module';
import {relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {type Problem, SwitcharooError} from './problem.ts';

/** Where something was thrown: whose code it is, its file and line, and what it says. */
interface Thrown {
  readonly whose: 'author' | 'switcharoo';
  /** `steps/close.ts:12`: the author's file from the working folder, ours from the folder of this package. */
  readonly where: string;
  readonly message: string;
}

/**
 * The problem that a thrown value is: one of ours, an error in the code of an author, or a mistake of switcharoo.
 * `undefined` where no line of code is to blame, as when a system does not answer.
 *
 * @param what the part of the runbook that was running, as the beginning of a sentence
 */
export function problemOfThrown(what: string, error: unknown): Problem | undefined {
  if (error instanceof SwitcharooError) {
    return error.problem;
  }
  const thrown = thrownIn(error);
  return thrown && (thrown.whose === 'author' ? errorInYourCode : internalError)(what, thrown);
}

/**
 * The author's line, which may have called switcharoo with what it does not take. Below that, a stack trace has the
 * program that opened the run: it is no part of the runbook.
 */
export function authorsLine(error: unknown): Thrown | undefined {
  const frames = framesOf(error).filter(({whose}) => whose !== 'library');
  const own = frames.filter(({whose}) => whose === 'author');
  return thrownAt(error, own[0] === frames[0] ? own[0] : own.find(({isOfRunbook}) => isOfRunbook));
}

/** An error thrown in an author's function becomes a problem with its file and line; any other goes on. */
export function inYourCode<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const thrown = error instanceof SwitcharooError ? undefined : authorsLine(error);
    throw thrown ? new SwitcharooError(errorInYourCode(what, thrown), {cause: error}) : error;
  }
}

export const errorInYourCode = (what: string, {where, message}: Thrown): Problem => ({
  code: 'error-in-your-code',
  message: `${what} failed in your code, at ${where}: ${message}.`,
  hint: 'Fix what it says, or the code at that line. A run in progress reads its code again when it is resumed.',
});

const internalError = (what: string, {where, message}: Thrown): Problem => ({
  code: 'internal-error',
  message: `${what} failed in switcharoo, at ${where}: ${message}.`,
  hint: {
    text: 'This is a bug in switcharoo, not in your runbook. Show the changes in place with',
    command: 'status',
  },
});

/** What an error says, without its full stop. One that stands for several has a code alone. */
export const messageOf = (error: unknown): string => {
  const {message = '', code}: {message?: string; code?: unknown} =
    error instanceof Error ? error : {message: String(error)};
  return (message || String(code ?? error)).replace(/\.$/, '');
};

/** The file that threw decides: a library that it called is no code of anybody here. */
function thrownIn(error: unknown): Thrown | undefined {
  const frames = framesOf(error);
  const frame = frames.find(({whose}) => whose !== 'library');
  const isOurs = frame?.whose === 'switcharoo';
  const isNamed = isOurs
    ? isMistake(error) && frame === frames[0]
    : isMistake(error) || frame?.isOfRunbook === true;
  return isNamed ? thrownAt(error, frame) : undefined;
}

function thrownAt(error: unknown, frame: Frame | undefined): Thrown | undefined {
  if (!(error instanceof Error) || frame === undefined || frame.whose === 'library') {
    return undefined;
  }
  const {whose, path, line} = frame;
  const name = error.name === 'Error' ? '' : `${error.name}: `;
  const from = whose === 'author' ? '' : packageFolder;
  return {whose, where: `${relative(from, path)}:${line}`, message: `${name}${messageOf(error)}`};
}

/** Of the language itself: what a system or a library refuses has a code or a cause. */
const isMistake = (error: unknown): boolean =>
  (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) &&
  !('code' in error) &&
  error.cause === undefined;

interface Frame {
  readonly whose: Thrown['whose'] | 'library';
  readonly path: string;
  readonly line: number;
  /** In the runbook, or in the TypeScript that it imports. */
  readonly isOfRunbook: boolean;
}

/** Innermost first. The message may quote the stack of another machine: only what follows it counts. */
function framesOf(error: unknown): readonly Frame[] {
  if (!(error instanceof Error)) {
    return [];
  }
  const {stack = '', message} = error;
  const lines = stack.slice(stack.indexOf(message) + message.length).split('\n');
  return lines.flatMap((text) => {
    const [, file, line, column] = frameText.exec(text) ?? [];
    return file === undefined ? [] : [frameOf(file, Number(line), Number(column))];
  });
}

const frameText =
  /^\s+at (?:.*\()?(?:async )?((?:file:\/\/|data:|node:|\/|[A-Z]:\\).+):(\d+):(\d+)\)?$/;

function frameOf(file: string, line: number, column: number): Frame {
  const entry = mapOf(file)?.findEntry(line - 1, column - 1);
  const isMapped = entry !== undefined && 'originalSource' in entry;
  const source = isMapped ? entry.originalSource : file;
  const path = source.startsWith('file:') ? fileURLToPath(source) : source;
  return {
    whose: ownerOf(path),
    path,
    line: isMapped ? entry.originalLine + 1 : line,
    isOfRunbook: isMapped && !isOwnChunk(file),
  };
}

function ownerOf(path: string): Frame['whose'] {
  if (ownFolders.some((folder) => path.startsWith(folder))) {
    return 'switcharoo';
  }
  return /^node:|[\\/]node_modules[\\/]/.test(path) ? 'library' : 'author';
}

const packageFolder = fileURLToPath(new URL('../../', import.meta.url));
const ownFolders = ['../', '../../steps/', '../../chunks/'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);

const chunks = new URL('../../chunks/', import.meta.url).href;
const isOwnChunk = (file: string): boolean => file.startsWith(chunks);

const sourceMaps = new Map<string, SourceMap>();

/** Of what was compiled in memory, or of our own modules as they are put together in the package. */
function mapOf(file: string): SourceMap | undefined {
  if (!isOwnChunk(file)) {
    return sourceMaps.get(file);
  }
  const map = fileURLToPath(`${file}.map`);
  if (!existsSync(map)) {
    return undefined;
  }
  const payload = JSON.parse(readFileSync(map, 'utf8'));
  const sources = payload.sources.map((source: string) => new URL(source, file).href);
  return new SourceMap({...payload, sources});
}

/** Of a module that was compiled in memory: a stack trace has its names, and the lines of the compiled text. */
export function keepSourceMap(
  names: readonly string[],
  payload: Omit<SourceMapPayload, 'sourceRoot'>,
): void {
  const map = new SourceMap({...payload, sourceRoot: ''});
  for (const name of names) {
    sourceMaps.set(name, map);
  }
}
