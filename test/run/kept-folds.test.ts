import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {lineOf, readChain} from '../../src/journal/chain.ts';
import {type Disk, realDisk} from '../../src/journal/disk.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {sha256} from '../../src/model/canonical.ts';
import {type Progress, progressOf} from '../../src/model/progress.ts';
import {progressFromJson, progressToJson} from '../../src/model/progress-json.ts';
import {refuseBesideDamaged} from '../../src/run/guards.ts';
import {KeptFolds} from '../../src/run/kept-folds.ts';
import {damagedRuns, keepFolds, readableProgress, recallFolds} from '../../src/run/past-runs.ts';
import {bytesOf, type Original, original, originals} from '../fuzz/journals.ts';
import {accidents, forgeries} from '../fuzz/mutations.ts';
import {Random} from '../fuzz/random.ts';
import {journalOf, runStarted, stepDone} from '../model/journal-of.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folds-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const random = new Random(20_260_301);
/** Long enough that its fold is worth keeping, with all that a fold can hold. */
const long = original('long', [
  runStarted({
    run: '20260301-030000-0009',
    params: {note: 'ä'.repeat(600_000)},
    decideByUtc: '2026-03-02T03:00:00.000Z',
    longestOutageMs: 60_000,
    besides: ['another'],
  }),
  {kind: 'systems-claimed', lasting: ['db'], whileActing: [], unreachable: [], regained: []},
  ...stepDone('freeze', 'freeze "db1"'),
  {kind: 'checkpoint-reached', name: 'frozen'},
  {kind: 'entry-lapsed', entry: 'freeze', differences: [], since: '03:00'},
  {kind: 'asked', entry: 'letter', about: 'by-hand', question: 'Done?', details: [], person: 'ada'},
  {
    ...{kind: 'answered', entry: 'letter', about: 'by-hand', question: 'Done?', details: []},
    ...{answer: 'yes', by: 'ada', note: 'it is', way: 'forward'},
  },
  {kind: 'outage-limit-passed', limitMs: 60_000},
  {kind: 'asked', entry: null, about: 'failure', question: 'Again?', details: [], person: 'ada'},
  {
    ...{kind: 'answered', entry: null, about: 'failure', question: 'Again?', details: []},
    ...{answer: 'retry', by: 'ada'},
  },
  {kind: 'entry-bookmarked', entry: 'verify', bookmark: {table: 'orders', at: 12}},
  {kind: 'process-stopped', sinceUtc: '2026-03-01T03:00:30.000Z', ms: 9_000, inOutage: true},
  {kind: 'point-of-no-return-passed', because: 'writes'},
  {
    kind: 'asked',
    entry: 'accept',
    about: 'confirmation',
    question: 'OK?',
    details: [],
    person: 'ada',
  },
]);
const all: readonly Original[] = [...originals, long];

const folded = ({bytes}: Pick<Original, 'bytes'>): Progress =>
  progressOf(readChain('j', bytes).entries) as Progress;
const never = (): never => {
  throw new Error('it was folded anew');
};
const file = () => join(folder, 'folds', 'folds.jsonl');
const namesIn = () => readdirSync(join(folder, 'folds'));

/** As another process opens them. */
const opened = (disk: Disk = realDisk) => KeptFolds.of({path: folder, disk});

function kept(journals: readonly Original[] = all): void {
  const folds = opened();
  for (const journal of journals) {
    folds.foldOf(journal.bytes, () => folded(journal));
  }
  folds.save();
}

test('a fold as text is the same fold again, with each of its dates', () => {
  for (const journal of all) {
    const progress = folded(journal);
    const again = progressFromJson(progressToJson(progress));
    expect(again).toStrictEqual({...progress, entries: expect.anything()});
    expect([...again.entries]).toStrictEqual([...progress.entries]);
  }
  expect(folded(long)).toMatchObject({
    decideBy: expect.any(Date),
    outageAllowedAt: expect.any(Date),
    questions: [{since: expect.any(Date)}],
  });
  expect(folded(long).entries.get('letter')).toMatchObject({word: {at: expect.any(Date)}});
});

describe('folds that were kept', () => {
  test('are taken instead of folding the same journals anew, and only their owner can read them', () => {
    kept();
    expect(namesIn()).toEqual(['folds.jsonl']);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'folds')).mode & 0o777).toBe(0o700);
    for (const journal of all) {
      expect(opened().foldOf(journal.bytes, never)).toStrictEqual(
        progressFromJson(progressToJson(folded(journal))),
      );
    }
  });

  test('are not written for a few small runs, and not again without new ones', () => {
    kept(originals);
    expect(readdirSync(folder)).toEqual([]);
    kept();
    const written = statSync(file(), {bigint: true}).mtimeNs;
    kept();
    expect(statSync(file(), {bigint: true}).mtimeNs).toBe(written);
  });

  test('of journals that are gone or grew are left out when others are added', () => {
    kept();
    const grown = {...long, bytes: bytesOf([...long.lines, grownLine()])};
    kept([grown]);
    expect(readFileSync(file(), 'utf8').split('\n')).toHaveLength(2);
    expect(opened().foldOf(grown.bytes, never).seq).toBe(long.lines.length);
  });

  test('are not those of a journal with any other byte', () => {
    kept();
    const folds = opened();
    const anew = {...folded(originals[0] as Original), seq: -1};
    for (const [name, change] of Object.entries({...accidents, ...forgeries})) {
      for (let count = 0; count < 100; count += 1) {
        const bytes = change(random.of(originals), random, originals);
        const isSame = all.some((journal) => journal.bytes.equals(bytes));
        const given = folds.foldOf(bytes, () => anew);
        expect(isSame || given.seq === anew.seq, name).toBe(true);
      }
    }
  });

  test('that are damaged, or of another version, are made again', () => {
    kept();
    const whole = readFileSync(file());
    const line = whole
      .toString('latin1')
      .split('\n')
      .findIndex((text) => text.length > 100_000);
    expect(line).toBe(originals.length);
    for (let count = 0; count < 100; count += 1) {
      const bytes = Buffer.from(whole);
      const at = random.below(8_000);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      writeFileSync(file(), count % 2 ? bytes : bytes.subarray(0, at));
      for (const journal of originals) {
        const fresh = folded(journal);
        const given = opened().foldOf(journal.bytes, () => fresh);
        expect(given).toStrictEqual(progressFromJson(progressToJson(fresh)));
      }
    }
    writeFileSync(file(), whole);
    expect(() => opened().foldOf(long.bytes, never)).not.toThrow();
    const others = whole.toString().split('\n').slice(0, -1);
    writeFileSync(
      file(),
      others.map((text) => `${sha256(text.slice(65))}${text.slice(64)}\n`).join(''),
    );
    expect(() => opened().foldOf(long.bytes, never)).toThrow('folded anew');
  });

  test('leave nothing behind where they cannot be written', () => {
    const full = Object.assign(new Error('no space left on device'), {code: 'ENOSPC'});
    let taken = 0;
    const disks: Readonly<Record<string, Disk>> = {
      full: {
        ...realDisk,
        write: (to, bytes) => {
          taken += 1;
          if (taken > 1) {
            throw full;
          }
          return realDisk.write(to, bytes.subarray(0, 100));
        },
      },
      'takes nothing': {...realDisk, write: () => 0},
      'nearly full': {...realDisk, space: (at) => ({...realDisk.space(at), freeBytes: 1_000_000})},
      'refuses the name': {
        ...realDisk,
        rename: () => {
          throw full;
        },
      },
    };
    for (const [name, disk] of Object.entries(disks)) {
      const folds = opened(disk);
      folds.foldOf(long.bytes, () => folded(long));
      folds.save();
      expect(namesIn(), name).toEqual([]);
    }
    rmSync(join(folder, 'folds'), {recursive: true});
    writeFileSync(join(folder, 'folds'), 'a file of somebody else');
    kept();
    expect(readFileSync(join(folder, 'folds'), 'utf8')).toBe('a file of somebody else');
  });

  test('are written whole beside what a process left that ended on the way', () => {
    mkdirSync(join(folder, 'folds'));
    writeFileSync(join(folder, 'folds', 'draft-0011223344556677'), 'half a li');
    kept();
    expect(namesIn()).toEqual(['folds.jsonl']);
    expect(() => opened().foldOf(long.bytes, never)).not.toThrow();
  });
});

describe('a state folder with kept folds', () => {
  const name = '20260301-030000-0009';
  const journal = () => join(folder, name, 'journal.jsonl');
  beforeEach(() => {
    mkdirSync(join(folder, name));
    writeFileSync(journal(), long.bytes);
    const host = {state: new StateFolder(folder)};
    recallFolds(host);
    expect(readableProgress(host, name)?.seq).toBe(long.lines.length - 1);
    keepFolds(host);
    expect(namesIn()).toEqual(['folds.jsonl']);
  });

  /** Another process that shows it. */
  const shown = () => {
    const host = {state: new StateFolder(folder)};
    recallFolds(host);
    return host;
  };

  test('shows a journal that grew as it is now', () => {
    writeFileSync(journal(), bytesOf([...long.lines, grownLine()]));
    expect(readableProgress(shown(), name)).toMatchObject({
      seq: long.lines.length,
      outcome: 'done',
    });
  });

  test('shows the damage of a journal, whatever is kept of it, also with its old size and times', () => {
    const bytes = Buffer.from(long.bytes);
    bytes[bytes.length - 200] = (bytes.at(-200) ?? 0) ^ 1;
    writeFileSync(journal(), bytes);
    expect(readableProgress(shown(), name)).toBeUndefined();
    expect(damagedRuns(shown())).toMatchObject([{run: name, problem: {code: 'journal-damaged'}}]);
  });

  test('keeps no run beside a damaged one from being refused, also with a fold that somebody made up for it', () => {
    const bytes = Buffer.from(long.bytes);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(journal(), bytes);
    const forged = opened();
    forged.foldOf(bytes, () => folded(long));
    forged.save();
    expect(opened().foldOf(bytes, never).run.run).toBe(name);
    expect(() => refuseBesideDamaged({state: new StateFolder(folder)})).toThrow('is damaged');
  });
});

function grownLine(): string {
  const {entries, head} = readChain('j', long.bytes);
  const [last] = journalOf([{kind: 'run-done'}]);
  return lineOf({...(last as NonNullable<typeof last>), seq: entries.length, prev: head});
}
