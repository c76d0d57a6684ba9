import {execFileSync, spawn} from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {readJournal} from '../../src/journal/read-journal.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {lastDocument} from '../cli/switcharoo.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'bin/switcharoo.js');
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

let folder: string;
let state: StateFolder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-disk-'));
  chmodSync(folder, 0o755);
  state = new StateFolder(join(folder, 'state'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const path = (name: string) => join(folder, name);
const written = (): readonly string[] =>
  existsSync(path('ledger')) ? readFileSync(path('ledger'), 'utf8').trim().split('\n') : [];
const forty = Array.from({length: 40}, (_none, index) => `line ${index + 1}`);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function inventory(happens: Readonly<Record<string, string>> = {}): string {
  const lines = [
    'name: desk',
    'targets:',
    '  ledger:',
    '    kind: ledger',
    `    path: ${path('ledger')}`,
  ];
  writeFileSync(
    path('desk.yaml'),
    [...lines, ...Object.entries(happens).map(([name, file]) => `    ${name}: ${file}`), ''].join(
      '\n',
    ),
  );
  return path('desk.yaml');
}

/** Starts the real command line, in a shell that may set a limit first. */
async function switcharoo(
  words: readonly string[],
  {limit = 'true', uid}: {limit?: string; uid?: number} = {},
): Promise<Ended> {
  const args = [
    '-c',
    `${limit} && exec "$@"`,
    'bash',
    process.execPath,
    program,
    '--state-dir',
    state.path,
    '--json',
    ...words,
  ];
  const child = spawn('bash', args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : {uid, gid: uid}),
  });
  const ended = {stdout: '', stderr: ''};
  child.stdout.on('data', (chunk) => {
    ended.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    ended.stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return {code, ...ended};
}

const run = (happens?: Readonly<Record<string, string>>) => [
  'run',
  'test/fuzz/many-writes.ts',
  '-i',
  inventory(happens),
  '--yes',
];
const problemOf = ({stdout}: Ended) => {
  const document = lastDocument({code: 0, signal: null, stdout, stderr: ''});
  return (document.problem ?? document.problems?.[0])?.code;
};

/** Every line in the ledger was intended first, and at most the last intent did not get there. */
function expectIntendedFirst(journal: string): void {
  const intents = readJournal(journal).entries.flatMap((entry) =>
    entry.kind === 'action-intended' ? [entry.does.replace('add ', '')] : [],
  );
  expect(intents.slice(0, written().length)).toEqual(written());
  expect(intents.length - written().length).toBeLessThanOrEqual(1);
}

/** A file system of so many KB in the place of the state folder. */
async function onDiskOf(kilobytes: number, work: () => Promise<void>): Promise<void> {
  mkdirSync(state.path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', state.path], {
      stdio: 'pipe',
    });
  } catch (error) {
    // Root in a container may not be allowed to.
    console.warn(`SKIPPED: a full disk: ${String(error)}`);
    return;
  }
  try {
    await work();
  } finally {
    execFileSync('umount', [state.path]);
  }
}

async function expectStopped(): Promise<void> {
  const ended = await switcharoo(run({fills: join(state.path, 'filler')}));
  expect({code: ended.code, problem: problemOf(ended)}).toEqual({code: 5, problem: 'run-stopped'});
  expect(written()).toEqual(forty.slice(0, 10));
  expectIntendedFirst(state.journalOf(state.runs()[0] ?? ''));
}

async function expectGoesOn(): Promise<void> {
  const resumed = await switcharoo(['resume', '--yes']);
  expect({code: resumed.code, stderr: resumed.stderr}).toEqual({code: 0, stderr: ''});
  expect(written()).toEqual(forty);
}

describe('nothing more reaches a target', () => {
  test('when a file may not grow as long as the reserve of the run', async () => {
    // Blocks of 1,024 bytes (bash(1), ulimit).
    const ended = await switcharoo(run(), {limit: 'ulimit -f 32'});
    expect({code: ended.code, problem: problemOf(ended)}).toEqual({
      code: 3,
      problem: 'journal-unwritable',
    });
    expect(written()).toEqual([]);
    expect(state.runs()).toEqual([]);
  });

  test.skipIf(!isRoot)(
    'when the disk is too small for a run (only root can make one)',
    async () => {
      await onDiskOf(48, async () => {
        const ended = await switcharoo(run());
        expect({code: ended.code, problem: problemOf(ended)}).toEqual({
          code: 3,
          problem: 'disk-full',
        });
        expect(written()).toEqual([]);
        expect(state.runs()).toEqual([]);
      });
    },
  );

  test.skipIf(!isRoot)('when the disk fills up: with room again, it goes on', async () => {
    await onDiskOf(1_500, async () => {
      await expectStopped();
      const resumed = await switcharoo(['resume', '--yes']);
      expect({code: resumed.code, problem: problemOf(resumed)}).toEqual({
        code: 5,
        problem: 'disk-full',
      });
      expect(written()).toEqual(forty.slice(0, 10));
      rmSync(join(state.path, 'filler'));
      await expectGoesOn();
    });
  });

  test.skipIf(!isRoot)(
    'when the disk fills up: the run can be reversed on the full disk',
    async () => {
      await onDiskOf(1_500, async () => {
        await expectStopped();
        // A ledger only grows, so its steps cannot be reversed: the journal has all that was tried.
        await switcharoo(['reverse', '--yes']);
        const {entries} = readJournal(state.journalOf(state.runs()[0] ?? ''));
        expect(entries.map(({kind}) => kind)).toEqual(
          expect.arrayContaining(['reserve-given-back', 'reverse-started', 'entry-reversing']),
        );
      });
    },
  );

  test('when the state folder is moved away; put back, it goes on', async () => {
    const ended = await switcharoo(run({moves: state.path}));
    expect({code: ended.code, stderr: ended.stderr}).toEqual({code: 5, stderr: ''});
    expect(['journal-unwritable', 'lock-lost']).toContain(problemOf(ended));
    expect(written()).toEqual(forty.slice(0, 10));
    renameSync(`${state.path}-away`, state.path);
    expectIntendedFirst(state.journalOf(state.runs()[0] ?? ''));
    await expectGoesOn();
  });

  test('when the folder is read-only from the start', async () => {
    mkdirSync(state.path, {mode: 0o555});
    chmodSync(state.path, 0o555);
    if (isRoot) {
      // Root may write anywhere.
      chownSync(folder, nobody, nobody);
      chownSync(state.path, nobody, nobody);
    }
    const ended = await switcharoo(run(), isRoot ? {uid: nobody} : {});
    expect({code: ended.code, problem: problemOf(ended), stderr: ended.stderr}).toEqual({
      code: 3,
      problem: 'state-folder-unusable',
      stderr: '',
    });
    expect(written()).toEqual([]);
  });
});
