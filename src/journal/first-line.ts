import {closeSync, openSync, readSync} from 'node:fs';
import {type EntryOf, journalEntryIn} from '../model/journal.ts';
import {longestLine} from './chain.ts';

/**
 * How a journal begins, without reading the rest of it; `undefined` while there is no whole line, or when it is none of
 * ours. It verifies nothing: who acts on a run reads all of its journal.
 */
export function firstEntryIn(path: string): EntryOf<'run-started'> | undefined {
  try {
    return firstEntryOf(firstLineIn(path));
  } catch {
    return undefined;
  }
}

/** The same, of the line itself. */
export function firstEntryOf(line: string): EntryOf<'run-started'> | undefined {
  try {
    const {hash: _, ...body} = JSON.parse(line) as {readonly hash: unknown};
    const entry = journalEntryIn(body);
    return entry?.kind === 'run-started' ? entry : undefined;
  } catch {
    return undefined;
  }
}

function firstLineIn(path: string): string {
  const file = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let bytes = 0; bytes < longestLine; ) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const read = chunk.subarray(0, readSync(file, chunk));
      const end = read.indexOf(lineEnd);
      chunks.push(end < 0 ? read : read.subarray(0, end));
      if (end >= 0) {
        return Buffer.concat(chunks).toString();
      }
      if (read.length === 0) {
        break;
      }
      bytes += read.length;
    }
    return '';
  } finally {
    closeSync(file);
  }
}

const chunkBytes = 16_384;
const lineEnd = 0x0a;
