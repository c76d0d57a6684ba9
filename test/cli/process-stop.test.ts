import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {findLab} from '../../lab/client.ts';
import type {JournalEntry} from '../../src/model/journal.ts';
import {type JournalWatch, watchJournal} from '../drills/journal-watch.ts';
import {type Desk, openDesk} from './switcharoo.ts';

/** A process that stands still for less is only slow. */
const stoppedMs = 11_000;

let desk: Desk;
beforeAll(async () => {
  desk = openDesk();
  expect((await desk.run('lab', 'up', '--clients', '2')).code).toBe(0);
});
afterAll(() => desk.clear());

let journal: JournalWatch;
let startedAt = 0;
function start(...words: readonly string[]): void {
  journal = watchJournal(desk.stateFolder);
  startedAt = journal.read().length;
  const program = `node bin/switcharoo.js --state-dir ${desk.stateFolder} ${words.join(' ')}`;
  tmux('new-session', '-d', '-x', '80', '-y', '24', `${program}; echo "ended with $?"; cat`);
}
afterEach(() => {
  tmux('kill-server');
  journal.close();
});

const tmux = (...words: string[]): string => {
  const server = ['-S', join(desk.stateFolder, 'tmux'), '-f', '/dev/null'];
  return spawnSync('tmux', [...server, ...words], {encoding: 'utf8'}).stdout;
};
const pane = (): string => tmux('capture-pane', '-p').trimEnd();

async function paneWith(words: string): Promise<string> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (pane().includes(words)) {
      return pane();
    }
    await sleep(100);
  }
  throw new Error(`no "${words}" in:\n${pane()}`);
}

async function answer(words: string, ...keys: string[]): Promise<void> {
  await paneWith(words);
  // Keys right after the question would be typed ahead of it.
  await sleep(500);
  tmux('send-keys', ...keys);
}

async function journaled(isWanted: (entry: JournalEntry) => boolean): Promise<JournalEntry> {
  const isNew = (entry: JournalEntry) => entry.seq >= startedAt && isWanted(entry);
  const entry = await journal.until(isNew, AbortSignal.timeout(60_000));
  if (!entry) {
    throw new Error(`not in the journal; on the screen:\n${pane()}`);
  }
  return entry;
}

/** The process of the run stands still, as by a closed lid, and goes on. */
async function stop(): Promise<void> {
  const first = await journaled(({kind}) => kind === 'run-started' || kind === 'run-resumed');
  const pid = 'operator' in first ? first.operator.pid : 0;
  process.kill(pid, 'SIGSTOP');
  await sleep(stoppedMs);
  process.kill(pid, 'SIGCONT');
}

/** Stopped once in the freeze, and once more while the menu about it is up. */
async function stopInFreeze(): Promise<void> {
  await answer('Start the cutover?', 'y', 'Enter');
  await journaled((entry) => entry.kind === 'action-intended' && entry.entry === 'freeze');
  await stop();
  await paneWith('What do you want to do?');
  const {seq} = await journaled(({kind}) => kind === 'process-stopped');
  await stop();
  const again = await journaled((entry) => entry.kind === 'process-stopped' && entry.seq > seq);
  await journaled((entry) => entry.kind === 'asked' && entry.seq > again.seq);
  const text = await paneWith('What do you want to do?');
  // The plain screen has the line in its log, where 80 columns break the sentence.
  expect(text.replaceAll('\n', '')).toMatch(
    /this process did not run for 1\d s, from \S+ UTC, during the outage/,
  );
  expect(text).toContain('code              process-stopped');
}

async function expectNothingLost(): Promise<void> {
  const lab = findLab(desk.stateFolder);
  await sleep(1_500);
  expect(await lab?.count()).toMatchObject({lost: 0});
}

describe.skipIf(spawnSync('tmux', ['-V']).error !== undefined)(
  'a run that was stopped in the freeze, and again at the menu',
  () => {
    test('is reversed, and loses nothing', async () => {
      start('run', 'bare-metal-to-ecs', '-i', 'lab');
      const plan = await paneWith('Run this plan on lab?');
      expect(plan.replaceAll('\n', ' ')).toMatch(
        /Expected outage: .* round trips, plus work that no earlier run shows/,
      );
      await answer('Run this plan on lab?', 'y', 'Enter');
      await stopInFreeze();
      await answer('What do you want to do?', 'Down', 'Down', 'Enter');
      await answer('Reverse to prepared on lab?', 'y', 'Enter');
      await paneWith('ended with 5');
      await expectNothingLost();
    });

    test('goes on after a retry, and loses nothing', async () => {
      start('resume');
      await answer('Continue with this plan on lab?', 'y', 'Enter');
      await stopInFreeze();
      await answer('What do you want to do?', 'Down', 'Enter');
      await paneWith('Accept the cutover?');
      await expectNothingLost();
    });
  },
);
