import {describe, expect, test} from 'vitest';
import {hashOf, lineOf, noPrev, type ReadChain, readChain} from '../../src/journal/chain.ts';
import {SwitcharooError} from '../../src/model/problem.ts';
import {progressOf} from '../../src/model/progress.ts';
import {logText, plainPaint, reportOf, reportText, statusText} from '../../src/report/index.ts';
import {bytesOf, type Original, originals} from './journals.ts';
import {accidents, forgeries} from './mutations.ts';
import {Random} from './random.ts';

const seed = Number(process.env['SEED'] ?? 20_260_301);
/** How many of each kind: 17 and 6 kinds, more than 100,000 journals. */
const ofEachAccident = 5_400;
const ofEachForgery = 2_000;

describe(`a journal that was damaged (SEED=${seed})`, () => {
  test.for(Object.keys(accidents))(
    '%s: it means what it meant, or is refused with its line',
    (name) => {
      const random = new Random(seed);
      for (let count = 0; count < ofEachAccident; count += 1) {
        const original = random.of(originals);
        const bytes = accidents[name]?.(original, random, originals) ?? original.bytes;
        const read = tryRead(bytes);
        if (read && !meansTheSame(read, bytes, original)) {
          // Told with all that it takes to look at it.
          expect({count, read: read.entries, of: original.name, text: bytes.toString()}).toBe(
            'refused',
          );
        }
      }
    },
  );

  test('lines of 5 MB are refused before anything else is done with them', () => {
    const huge = Buffer.concat([Buffer.alloc(5 * 1024 * 1024, '['), Buffer.from('\n')]);
    for (const {bytes, lines} of originals) {
      expect(() => readChain('j', Buffer.concat([bytes, huge]))).toThrow(
        `Line ${lines.length + 1} of j is 5242880 bytes long, more than any entry.`,
      );
    }
  });
});

describe(`a journal that was forged by one who knows how (SEED=${seed})`, () => {
  test.for(Object.keys(forgeries))('%s: it is refused with its line, or can be told', (name) => {
    const random = new Random(seed);
    for (let count = 0; count < ofEachForgery; count += 1) {
      const bytes = forgeries[name]?.(random.of(originals), random, originals) ?? Buffer.of();
      const read = tryRead(bytes);
      // Whatever is taken for an entry is written again as it stands: nothing in it was dropped or rounded.
      if (read && !bytesOf(read.entries.map(lineOf)).equals(bytes)) {
        expect({count, text: bytes.toString()}).toBe('refused');
      }
      if (read) {
        progressOf(read.entries);
      }
      if (read && count % 20 === 0) {
        tellAll(read);
      }
    }
  });

  test('nothing in it becomes a property of every object', () => {
    expect(Object.hasOwn(Object.prototype, 'stands')).toBe(false);
  });
});

describe('a finished journal', () => {
  const [, finished = originals[0]] = originals;

  test('shows every edit of every one of its bytes', () => {
    const {bytes} = finished as Original;
    const random = new Random(seed);
    const missed: unknown[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      const was = bytes[at] ?? 0;
      for (const value of new Set([was ^ 1, was ^ 0x20, 0, 0x0a, 0x20, 0x30, random.below(256)])) {
        const edited = Buffer.from(bytes);
        edited[at] = value;
        if (value !== was && tryRead(edited)) {
          missed.push({at, was, value});
        }
      }
    }
    expect(missed).toEqual([]);
  });

  test('that was cut says where, or ends with a line that its head tells from the last one', () => {
    const {bytes, lines} = finished as Original;
    for (let length = 0; length < bytes.length; length += 1) {
      const {entries, head, tornBytes} = readChain('j', bytes.subarray(0, length));
      expect(tornBytes === 0 ? head : noPrev, `${length} bytes`).toBe(
        entries.length === 0 || tornBytes > 0 ? noPrev : hashOf(lines[entries.length - 1] ?? ''),
      );
      expect(entries.length).toBeLessThan(lines.length);
    }
  });
});

/** Nothing but a refusal with its line may be thrown. */
function tryRead(bytes: Buffer): ReadChain | undefined {
  try {
    return readChain('j', bytes);
  } catch (error) {
    if (
      error instanceof SwitcharooError &&
      error.problem.code === 'journal-damaged' &&
      /^Line [1-9]\d* of j [a-z].+\.$/s.test(error.message)
    ) {
      return undefined;
    }
    throw error;
  }
}

/**
 * The lines that were read are the first ones of the original, byte for byte. What is left out is said, or was cut
 * off whole.
 */
function meansTheSame(read: ReadChain, bytes: Buffer, {bytes: was, lines}: Original): boolean {
  const last = lines[read.entries.length - 1];
  return (
    bytes.subarray(0, read.wholeBytes).equals(was.subarray(0, read.wholeBytes)) &&
    read.head === (last === undefined ? noPrev : hashOf(last)) &&
    read.tornBytes === bytes.length - read.wholeBytes
  );
}

function tellAll({entries, head}: ReadChain): void {
  const progress = progressOf(entries);
  if (progress) {
    const layout = {width: 80, paint: plainPaint, now: new Date('2026-03-01T04:00:00Z'), next: []};
    statusText(progress, layout);
    logText(entries, layout);
    reportText(reportOf(entries, {head}), layout);
  }
}
