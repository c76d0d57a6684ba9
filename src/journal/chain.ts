import {createHash} from 'node:crypto';
import {sha256} from '../model/canonical.ts';
import {type JournalEntry, journalEntryIn} from '../model/journal.ts';
import {SwitcharooError} from '../model/problem.ts';
import {journalDamaged} from './problems.ts';

export const noPrev = '0'.repeat(64);
/** No entry is longer, so a longer line was not written by us. */
export const longestLine = 4 * 1024 * 1024;

export interface ReadChain {
  readonly entries: readonly JournalEntry[];
  readonly head: string;
  /** How many bytes of the file are whole lines. */
  readonly wholeBytes: number;
  /** What a crash left of a last line that never became whole. */
  readonly tornBytes: number;
}

/** Of a file in which no line is whole yet. */
const emptyChain: ReadChain = {entries: [], head: noPrev, wholeBytes: 0, tornBytes: 0};

/**
 * Reads and verifies all lines. Only a last line without its end may be torn; any other damage is refused. `since`:
 * what was read of the same bytes before, and is not read again.
 */
export const readChain = (path: string, bytes: Buffer, since = emptyChain): ReadChain =>
  readInto([...since.entries], path, bytes, since);

/** The entries of a damaged journal before the damage, each as it was written. */
export function readablePart(path: string, bytes: Buffer): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  try {
    readInto(entries, path, bytes, emptyChain);
  } catch (error) {
    if (!(error instanceof SwitcharooError)) {
      throw error;
    }
  }
  return entries;
}

function readInto(
  entries: JournalEntry[],
  path: string,
  bytes: Buffer,
  since: ReadChain,
): ReadChain {
  const wholeBytes = bytes.lastIndexOf(lineEnd) + 1;
  let {head} = since;
  for (let start = since.wholeBytes; start < wholeBytes; ) {
    const end = bytes.indexOf(lineEnd, start);
    const line = readLine(path, entries.length + 1, bytes.subarray(start, end));
    entries.push(inPlace(path, entries.length + 1, line.entry, head));
    head = line.hash;
    start = end + 1;
  }
  refuseEditedEnd(path, entries.length + 1, bytes.subarray(wholeBytes));
  return {entries, head, wholeBytes, tornBytes: bytes.length - wholeBytes};
}

/**
 * The line of an entry, without its end. It closes with its own hash: the last line has no later one that would vouch
 * for it.
 */
export function lineOf(entry: JournalEntry): string {
  const body = JSON.stringify(entry);
  return `${body.slice(0, -1)}${beforeHash}${sha256(body)}${afterHash}`;
}

/** What the next entry follows, as the line itself says it. */
export const hashOf = (line: string): string => line.slice(-hashEnd, -afterHash.length);

const lineEnd = 0x0a;
const beforeHash = ',"hash":"';
const afterHash = '"}';
const hashEnd = 64 + afterHash.length;
const tail = beforeHash.length + hashEnd;

function readLine(path: string, line: number, bytes: Buffer): {entry: JournalEntry; hash: string} {
  const refuse = (what: string, cause?: unknown) =>
    new SwitcharooError(journalDamaged(path, line, what), {cause});
  if (bytes.length > longestLine) {
    throw refuse(`is ${bytes.length} bytes long, more than any entry`);
  }
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw refuse('is not UTF-8', cause);
  }
  if (!text.startsWith(beforeHash, text.length - tail)) {
    throw refuse('is not an entry that this version knows');
  }
  const hash = hashOf(text);
  const body = `${text.slice(0, -tail)}}`;
  if (hash !== sha256(body) || !text.endsWith(afterHash)) {
    throw refuse('was edited: it is not what its own hash says');
  }
  const entry = parse(body);
  if (!entry) {
    throw refuse('is not an entry that this version knows');
  }
  return {entry, hash};
}

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

const bodyHash = (line: Buffer): string =>
  createHash('sha256').update(line.subarray(0, -tail)).update('}').digest('hex');

/** A line that we would write differently is not ours: a key given twice, a number that is too large to be exact. */
function parse(body: string): JournalEntry | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return JSON.stringify(parsed) === body ? journalEntryIn(parsed) : undefined;
  } catch {
    // Not JSON, or nested more deeply than can be followed.
    return undefined;
  }
}

function inPlace(path: string, line: number, entry: JournalEntry, head: string): JournalEntry {
  const refuse = (what: string) => new SwitcharooError(journalDamaged(path, line, what));
  if (entry.prev !== head) {
    throw refuse('does not follow from the line before it: a line was edited, removed or moved');
  }
  if (entry.seq !== line - 1) {
    throw refuse(`has the number ${entry.seq}, and ${line - 1} is due`);
  }
  if ((entry.kind === 'run-started') !== (line === 1)) {
    throw refuse(line === 1 ? 'does not start a run' : 'starts a run in the middle of another');
  }
  return entry;
}

/** A crash leaves the beginning of a line. A whole one with anything but its end behind it was edited. */
function refuseEditedEnd(path: string, line: number, torn: Buffer): void {
  const whole = torn.subarray(0, -1);
  const isWhole = whole.length > tail && hashOf(whole.toString('latin1')) === bodyHash(whole);
  if (isWhole) {
    throw new SwitcharooError(
      journalDamaged(path, line, 'is whole, and its end was edited: no crash leaves it so'),
    );
  }
}
