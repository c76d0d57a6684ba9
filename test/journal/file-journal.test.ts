import {execFile} from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {describe, expect, test} from 'vitest';
import {readChain} from '../../src/journal/chain.ts';
import type {Journal, Lock} from '../../src/journal/contract.ts';
import {createJournal, openJournal} from '../../src/journal/file-journal.ts';
import {lockLost} from '../../src/journal/problems.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import type {Fact} from '../../src/model/journal.ts';
import {type Problem, SwitcharooError} from '../../src/model/problem.ts';
import {MemoryJournal} from '../../src/testing/memory-journal.ts';
import {folderWith} from '../inventory/folder.ts';
import {runStarted, stepDone} from '../model/journal-of.ts';

const held: Lock = {assertHeld: () => {}, release: () => {}};
const now = () => new Date('2026-03-01T03:00:00.000Z');
const around = (lock = held, redactor = new Redactor()) => ({now, lock, redactor});

/** Thirty facts of a run that goes well. */
const facts: readonly Fact[] = [
  runStarted(),
  ...Array.from({length: 5}, (_none, index) => stepDone(`step-${index}`, `set x = ${index} — é`))
    .flat()
    .map((told) => (Array.isArray(told) ? (told[1] as Fact) : (told as Fact))),
  {kind: 'checkpoint-reached', name: 'prepared'},
  {kind: 'point-of-no-return-passed', because: 'Ashes are forever.'},
  {kind: 'entry-started', entry: 'last'},
  {kind: 'run-done'},
];

const implementations: readonly {
  readonly name: string;
  create(): {readonly journal: Journal; again(): Journal};
}[] = [
  {
    name: 'the journal on the disk',
    create: () => {
      const path = freshPath();
      return {journal: createJournal(path, around()), again: () => openJournal(path, around())};
    },
  },
  {
    name: 'the journal in memory, on which the engine is tried',
    create: () => {
      const journal = new MemoryJournal({now});
      let last = journal;
      const again = () => {
        last = new MemoryJournal({now}, last.lines);
        return last;
      };
      return {journal, again};
    },
  },
];

for (const {name, create} of implementations) {
  describe(name, () => {
    test('gives back every entry, numbered, timed and chained, and goes on where it was', () => {
      const {journal, again} = create();
      for (const fact of facts.slice(0, 20)) {
        journal.append(fact);
      }
      const {entries, head} = journal;
      expect(entries.map(({seq}) => seq)).toEqual([...facts.slice(0, 20).keys()]);
      expect(entries.map(({seq: _seq, atUtc: _at, prev: _prev, ...fact}) => fact)).toEqual(
        facts.slice(0, 20),
      );
      journal.close();

      const later = again();
      expect(later.entries).toEqual(entries);
      expect(later.head).toBe(head);
      for (const fact of facts.slice(20)) {
        later.append(fact);
      }
      expect(later.entries.at(20)?.prev).toBe(head);
      later.close();
      expect(again().entries).toHaveLength(30);
    });

    test('takes nothing more once it is closed', () => {
      const {journal} = create();
      journal.append(runStarted());
      journal.close();
      journal.close();
      expect(() => journal.append({kind: 'run-done'})).toThrow(/closed/);
    });
  });
}

describe('a journal on the disk', () => {
  test('is readable by its owner alone, and so is its folder', () => {
    const {path} = written(2);
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(dirname(path)).mode & 0o777).toString(8)).toBe('700');
  });

  test('has each entry in the file when append returns', () => {
    const path = freshPath();
    const journal = createJournal(path, around());
    for (const [index, fact] of facts.entries()) {
      journal.append(fact);
      expect(readJournal(path).entries).toHaveLength(index + 1);
    }
    journal.close();
  });

  test('that was read before, and was edited or cut since, is read anew', () => {
    const {path, bytes} = written(4);
    expect(readJournal(path).entries).toHaveLength(4);
    const edited = Buffer.from(bytes);
    edited[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(path, edited);
    expect(problemOf(() => readJournal(path))).toMatchObject({code: 'journal-damaged'});
    writeFileSync(path, bytes.subarray(0, bytes.indexOf(0x0a) + 1));
    expect(readJournal(path).entries).toHaveLength(1);
    writeFileSync(path, bytes);
    expect(readJournal(path)).toEqual(readChain(path, bytes));
  });

  test('does not begin where one lies already', () => {
    const {path, bytes} = written(3);
    expect(problemOf(() => createJournal(path, around()))).toMatchObject({
      code: 'journal-unwritable',
    });
    expect(readFileSync(path)).toEqual(bytes);
  });

  test('that holds no entry says that its run had not begun', () => {
    const path = join(folderWith({'journal.jsonl': ''}), 'journal.jsonl');
    expect(problemOf(() => readJournal(path))).toEqual({
      code: 'journal-empty',
      message: `${path} has no entries: its run ended before it started.`,
      hint: {text: 'It changed nothing. Start again with', command: 'run'},
    });
  });

  test('that cannot be read is no mistake of the program', () => {
    const folder = folderWith({'x/y': ''});
    expect(problemOf(() => readJournal(folder))).toMatchObject({code: 'journal-unreadable'});
  });

  test('has no secret in it', () => {
    const path = freshPath();
    const redactor = new Redactor();
    redactor.add('hunter2000');
    const journal = createJournal(path, around(held, redactor));
    journal.append(runStarted());
    const problem = {code: 'x', message: 'hunter2000 was refused', hint: '-phunter2000'};
    journal.append({kind: 'entry-failed', entry: 'a', problem});
    expect(readFileSync(path, 'utf8')).not.toContain('hunter');
    expect(journal.entries[1]).toMatchObject({problem: {message: '[redacted] was refused'}});
    journal.close();
  });

  test('goes on after a fact that it refused', () => {
    const path = freshPath();
    const redactor = new Redactor();
    redactor.add('hunter2000');
    const journal = createJournal(path, around(held, redactor));
    journal.append(runStarted());
    const leak: Fact = {kind: 'before', entry: 'a', before: 'hunter2000', differences: []};
    expect(problemOf(() => journal.append(leak))).toMatchObject({code: 'secret-in-journal'});
    journal.append({kind: 'run-done'});
    journal.close();
    expect(readJournal(path).entries).toHaveLength(2);
  });
});

describe('what a crash left of a last line', () => {
  const bytes = wholeJournal();
  const lastStart = bytes.lastIndexOf(0x0a, bytes.length - 2) + 1;

  test('is cut off, however long it is, and said; the run goes on', () => {
    for (let length = 1; length < bytes.length - lastStart; length += 1) {
      const path = join(folderWith({}), 'journal.jsonl');
      writeFileSync(path, bytes.subarray(0, lastStart + length));
      const torn = readJournal(path);
      expect([torn.entries.length, torn.tornBytes]).toEqual([29, length]);

      if (length % 20 === 1) {
        const journal = openJournal(path, around());
        expect(journal.entries.at(-1)).toMatchObject({kind: 'tail-cut', bytes: length, seq: 29});
        journal.append({kind: 'run-done'});
        journal.close();
        expect(readJournal(path)).toMatchObject({tornBytes: 0, entries: {length: 31}});
      }
    }
  });

  test('is left as it is by whoever only reads', () => {
    const path = join(folderWith({}), 'journal.jsonl');
    const torn = bytes.subarray(0, lastStart + 10);
    writeFileSync(path, torn);
    readJournal(path);
    expect(readFileSync(path)).toEqual(torn);
  });

  test('is left as it is by whoever has lost the lock: it may be the line that the new holder writes', () => {
    const path = join(folderWith({}), 'journal.jsonl');
    const torn = bytes.subarray(0, lastStart + 10);
    writeFileSync(path, torn);
    const lost: Lock = {
      assertHeld: () => {
        throw new SwitcharooError(lockLost('tidy-up@pantry', 'bob@bastion (pid 7)'));
      },
      release: () => {},
    };
    expect(problemOf(() => openJournal(path, around(lost)))).toMatchObject({code: 'lock-lost'});
    expect(readFileSync(path)).toEqual(torn);
  });

  test('is nothing, where the crash came between two lines', () => {
    const path = join(folderWith({}), 'journal.jsonl');
    writeFileSync(path, bytes.subarray(0, lastStart));
    expect(readJournal(path)).toMatchObject({tornBytes: 0, entries: {length: 29}});
  });
});

describe('any other damage is refused, with its line', () => {
  const bytes = wholeJournal();
  const lines = bytes.toString().split('\n').slice(0, -1);

  test('whichever byte was edited', () => {
    let line = 1;
    for (let at = 0; at < bytes.length; at += 1) {
      const edited = Buffer.from(bytes);
      edited[at] = (bytes[at] ?? 0) ^ 1;
      const problem = problemOf(() => readChain('it', edited));
      expect(problem.code, `byte ${at}`).toBe('journal-damaged');
      expect(problem.message, `byte ${at}`).toMatch(
        // A line end that is none joins two lines; one that is new splits one.
        new RegExp(`^Line (${line}|${line + 1}) of `),
      );
      line += bytes[at] === 0x0a ? 1 : 0;
    }
  });

  const damages: readonly {
    readonly name: string;
    readonly lines: readonly (string | Buffer)[];
    readonly says: string;
  }[] = [
    {
      name: 'a line was removed',
      lines: without(lines, 7),
      says: 'Line 8 of FILE does not follow from the line before it: a line was edited, removed or moved.',
    },
    {
      name: 'the first line was removed',
      lines: without(lines, 0),
      says: 'Line 1 of FILE does not follow from the line before it: a line was edited, removed or moved.',
    },
    {
      name: 'two lines changed places',
      lines: [...lines.slice(0, 4), lines[5] ?? '', lines[4] ?? '', ...lines.slice(6)],
      says: 'Line 5 of FILE does not follow from the line before it: a line was edited, removed or moved.',
    },
    {
      name: 'a line is there twice',
      lines: [...lines.slice(0, 5), lines[4] ?? '', ...lines.slice(5)],
      says: 'Line 6 of FILE does not follow from the line before it: a line was edited, removed or moved.',
    },
    {
      name: 'a line of another journal is in it',
      lines: [
        ...lines.slice(0, 9),
        linesAt('2026-03-02T03:00:00.000Z')[9] ?? '',
        ...lines.slice(10),
      ],
      says: 'Line 10 of FILE does not follow from the line before it: a line was edited, removed or moved.',
    },
    {
      name: 'something else is in it',
      lines: [...lines.slice(0, 3), '{"kind":"note"}', ...lines.slice(3)],
      says: 'Line 4 of FILE is not an entry that this version knows.',
    },
    {
      name: 'an empty line is in it',
      lines: [...lines.slice(0, 3), '', ...lines.slice(3)],
      says: 'Line 4 of FILE is not an entry that this version knows.',
    },
    {
      name: 'something else is at its end',
      lines: [...lines, 'exit'],
      says: 'Line 31 of FILE is not an entry that this version knows.',
    },
    {
      name: 'a line is longer than any entry',
      lines: [...lines.slice(0, 3), `"${'x'.repeat(4 * 1024 * 1024)}"`],
      says: 'Line 4 of FILE is 4194306 bytes long, more than any entry.',
    },
    {
      name: 'a line is no UTF-8',
      lines: [...lines.slice(0, 3), Buffer.from([0x22, 0xc3, 0x28, 0x22])],
      says: 'Line 4 of FILE is not UTF-8.',
    },
    {
      name: 'a file of another kind lies there',
      lines: ['name: staging', 'targets: {}'],
      says: 'Line 1 of FILE is not an entry that this version knows.',
    },
  ];

  for (const {name, lines: damaged, says} of damages) {
    test(name, () => {
      const path = join(folderWith({}), 'journal.jsonl');
      writeFileSync(path, '');
      for (const line of damaged) {
        appendFileSync(path, line);
        appendFileSync(path, '\n');
      }
      const before = readFileSync(path);
      for (const reading of [() => readJournal(path), () => openJournal(path, around())]) {
        expect(problemOf(reading)).toMatchObject({
          code: 'journal-damaged',
          message: says.replace('FILE', path),
        });
      }
      expect(readFileSync(path).equals(before)).toBe(true);
    });
  }
});

describe('nothing is appended any more', () => {
  test('once the lock is lost', () => {
    let isHeld = true;
    const lock: Lock = {
      assertHeld: () => {
        if (!isHeld) {
          throw new SwitcharooError(lockLost('tidy-up@pantry', 'bob@bastion (pid 1)'));
        }
      },
      release: () => {},
    };
    const path = freshPath();
    const journal = createJournal(path, around(lock));
    journal.append(runStarted());
    isHeld = false;
    expect(problemOf(() => journal.append({kind: 'run-done'}))).toMatchObject({
      code: 'lock-lost',
      message:
        'tidy-up@pantry is held by bob@bastion (pid 1) now; this process lost it and has stopped.',
    });
    isHeld = true;
    expect(problemOf(() => journal.append({kind: 'run-done'}))).toMatchObject({code: 'lock-lost'});
    journal.close();
    expect(readJournal(path).entries).toHaveLength(1);
  });

  test('and a lock that was lost after the disk had failed is what it says', () => {
    let isHeld = true;
    const lock: Lock = {
      assertHeld: () => {
        if (!isHeld) {
          throw new SwitcharooError(lockLost('tidy-up@pantry', 'bob@bastion (pid 1)'));
        }
      },
      release: () => {},
    };
    const path = freshPath();
    const breaks: string[] = [];
    const onBroken = ({problem}: SwitcharooError) => void breaks.push(problem.code);
    const journal = createJournal(path, {...around(lock), onBroken});
    journal.append(runStarted());
    appendFileSync(path, 'x');
    const codeNow = () => problemOf(() => journal.append({kind: 'run-done'})).code;
    expect([codeNow(), codeNow()]).toEqual(['journal-unwritable', 'journal-unwritable']);
    isHeld = false;
    expect(codeNow()).toBe('lock-lost');
    expect(breaks).toEqual(['journal-unwritable']);
    journal.close();
  });

  test('once somebody else has written to the file', () => {
    const path = freshPath();
    const journal = createJournal(path, around());
    journal.append(runStarted());
    appendFileSync(path, 'x');
    expect(problemOf(() => journal.append({kind: 'run-done'}))).toMatchObject({
      code: 'journal-unwritable',
    });
    journal.close();
  });

  test('once another file lies in its place, as long as it: what goes into the old one nobody would read', () => {
    const path = freshPath();
    const journal = createJournal(path, around());
    journal.append(runStarted());
    const bytes = readFileSync(path);
    rmSync(path);
    writeFileSync(path, bytes);
    expect(problemOf(() => journal.append({kind: 'run-done'}))).toMatchObject({
      code: 'journal-unwritable',
      message: expect.stringContaining('another file lies in its place'),
    });
    journal.close();
    expect(readFileSync(path)).toEqual(bytes);
  });

  test('once the disk is full: what it took of a line is taken back, and the file stays whole', async () => {
    const path = freshPath();
    const {stdout} = await withFileSizeLimit(8, path);
    const {appended, problem, again} = JSON.parse(stdout);
    expect(problem).toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(/cannot be written: the disk is full/),
    });
    expect(again).toEqual(problem);
    expect(readJournal(path)).toMatchObject({tornBytes: 0, entries: {length: appended}});
    expect(appended).toBeGreaterThan(5);
  });

  test('when the folder of the run cannot be made', () => {
    const folder = folderWith({file: ''});
    expect(
      problemOf(() => createJournal(join(folder, 'file', 'run', 'journal.jsonl'), around())),
    ).toMatchObject({code: 'journal-unwritable'});
    expect(existsSync(join(folder, 'file', 'run'))).toBe(false);
  });

  test.skipIf(process.getuid?.() === 0)('when the file may not be written', () => {
    const {path} = written(2);
    chmodSync(path, 0o400);
    expect(problemOf(() => openJournal(path, around()))).toMatchObject({
      code: 'journal-unwritable',
    });
  });
});

function freshPath(): string {
  return join(folderWith({}), 'state', '20260301-030000-abcd', 'journal.jsonl');
}

function written(count: number) {
  const path = freshPath();
  const journal = createJournal(path, around());
  for (const fact of facts.slice(0, count)) {
    journal.append(fact);
  }
  journal.close();
  return {path, bytes: readFileSync(path)};
}

function linesAt(at: string): readonly string[] {
  const journal = new MemoryJournal({now: () => new Date(at)});
  for (const fact of facts) {
    journal.append(fact);
  }
  return journal.lines;
}

const wholeJournal = (): Buffer =>
  Buffer.from(`${linesAt('2026-03-01T03:00:00.000Z').join('\n')}\n`);

const without = (lines: readonly string[], index: number) =>
  lines.filter((_line, at) => at !== index);

function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return error.problem;
    }
    throw error;
  }
  throw new Error('nothing was refused');
}

/** RLIMIT_FSIZE cuts a write short and then refuses, as a full disk does (setrlimit(2)); node ignores its signal. */
function withFileSizeLimit(blocksOf512: number, path: string) {
  const program = `ulimit -f ${blocksOf512} && exec node --import tsx test/journal/fill.ts "$1"`;
  return promisify(execFile)('sh', ['-c', program, 'sh', path]);
}
