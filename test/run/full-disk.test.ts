import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {realDisk} from '../../src/journal/disk.ts';
import {refuseWithoutSpace} from '../../src/journal/disk-space.ts';
import {createJournal} from '../../src/journal/file-journal.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {fillReserve, reserveBeside, reserveSize} from '../../src/journal/reserve.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {journalRoom} from '../../src/run/disk-room.ts';
import {runStarted} from '../model/journal-of.ts';

const probe = mountOf(600);
if (probe === null) {
  console.warn('SKIPPED: a full disk: only root may mount a file system of 600 KB');
} else {
  unmount(probe);
}

describe.skipIf(probe === null)('on a file system that is full', () => {
  let folder = '';
  beforeEach(() => {
    folder = mountOf(600) ?? '';
  });
  afterEach(() => unmount(folder));

  test('the journal goes on with its reserve, and its last problem says how much room to make', () => {
    const path = join(folder, 'state', 'r1', 'journal.jsonl');
    realDisk.makeFolder(join(folder, 'state', 'r1'));
    fillReserve(realDisk, reserveBeside(path), 100 * 1024);
    const lock = {assertHeld: () => {}, release: () => {}};
    let used = 0;
    const onReserveUsed = () => {
      used += 1;
    };
    const around = {now: () => new Date(), lock, redactor: new Redactor(), onReserveUsed};
    const journal = createJournal(path, around);
    journal.append(runStarted());
    fill(join(folder, 'other'));
    let appended = 1;
    const append = () => {
      journal.append({kind: 'entry-started', entry: 'x'.repeat(500)});
      appended += 1;
    };
    expect(() => {
      for (;;) {
        append();
      }
    }).toThrow(/cannot be written: the disk is full\.$/);
    expect(append).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({
          code: 'disk-full',
          hint: {
            text: expect.stringMatching(
              new RegExp(`^Make room: \\d+ KB on ${folder}, the file system of ${folder}/state\\.`),
            ),
            command: 'resume',
          },
        }),
      }),
    );
    expect(used).toBeGreaterThan(2);
    // Most of the reserve became lines.
    expect(appended).toBeGreaterThan(100);
    expect(reserveSize(realDisk, reserveBeside(path))).toBe(0);
    journal.close();
    expect(readJournal(path)).toMatchObject({tornBytes: 0, entries: {length: appended}});
  });

  test('preflight says what is free and what a long run needs, also before the folder exists', () => {
    const state = new StateFolder(join(folder, 'state'));
    const neededBytes = 2_528 * 1024;
    expect(journalRoom({state})).toMatchObject({
      ...{folder: state.path, mount: folder, freeBytes: 600 * 1024, entries: 100, neededBytes},
      problem: {
        code: 'disk-full',
        message: `${state.path} cannot be written: ${folder} has 600 KB free, and the run needs 2528 KB.`,
        hint: `Make room: 2528 KB on ${folder}, the file system of ${state.path}. Then repeat the command.`,
      },
    });
  });

  test('too little room is refused before a run, and a reserve that does not fit is taken back', () => {
    const state = join(folder, 'state');
    expect(() => refuseWithoutSpace(realDisk, state, 400 * 1024)).not.toThrow();
    expect(() => refuseWithoutSpace(realDisk, state, 4_000 * 1024)).toThrow(
      new RegExp(
        `^${state} cannot be written: ${folder} has 600 KB free, and the run needs 4000 KB\\.$`,
      ),
    );
    realDisk.makeFolder(state);
    const reserve = join(state, 'reserve');
    expect(() => fillReserve(realDisk, reserve, 4_000 * 1024)).toThrow(/ENOSPC|the disk took/);
    expect(reserveSize(realDisk, reserve)).toBe(0);
    expect(realDisk.space(state).freeBytes).toBeGreaterThan(500 * 1024);
  });
});

/** A new file system of so many KB; `null` where this account may not mount one. */
function mountOf(kilobytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
    return folder;
  } catch {
    rmSync(folder, {recursive: true});
    return null;
  }
}

function unmount(folder: string): void {
  execFileSync('umount', [folder]);
  rmSync(folder, {recursive: true});
}

/** Another program's file takes all that is free. */
function fill(path: string): void {
  for (const size of [16_384, 4_096, 1]) {
    try {
      for (;;) {
        writeFileSync(path, 'x'.repeat(size), {flag: 'a'});
      }
    } catch {
      // Smaller pieces may still find room.
    }
  }
}
