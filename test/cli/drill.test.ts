import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {findLab} from '../../lab/client.ts';
import {labFaults} from '../../lab/faults.ts';
import {drillDocument} from '../../src/report/index.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

// Seed 2 breaks AWS at restore-scaling:service: the retry comes after the repair.
test('a drill breaks what its seed says, judges what was decided, and leaves no lab behind', async () => {
  const words = ['drill', 'deploy-service', '--seed', '2', '--clients', '1', '--json'];
  const ended = await desk.run(...words, '--decide', 'retry');
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  expect(drillDocument.parse(lastDocument(ended))).toMatchObject({
    kind: 'drill',
    seed: 2,
    outcome: 'done',
    fault: {name: 'aws', entry: 'restore-scaling:service', causedAtUtc: expect.any(String)},
    decisions: [
      {entry: 'restore-scaling:service', choice: 'retry', by: '--decide', faultLasted: true},
    ],
    lostWrites: 0,
    scores: {choice: {mark: 'good'}, outage: {mark: 'good'}},
    next: [
      expect.stringMatching(/drill deploy-service --clients 1 --seed 2 /),
      expect.any(String),
      expect.any(String),
    ],
  });
  // Nobody who follows the events is told before the end what goes wrong.
  const before = ended.stdout.trim().split('\n').slice(0, -2).join('\n');
  expect(before).not.toContain(labFaults.aws.what);
  expect(findLab(desk.stateFolder)).toBeUndefined();
});

test('a drill without a terminal says how to decide beforehand, and starts no lab', async () => {
  const ended = await desk.run('drill', 'deploy-service', '--json');
  expect(ended.code).toBe(2);
  const [problem] = lastDocument(ended).problems;
  expect(problem).toMatchObject({
    code: 'drill-undecided',
    hint: {command: 'drill deploy-service --decide retry,reverse'},
  });
  expect(ended.stderr).not.toContain('Starting the lab');
});

const tmux = (...words: string[]): string => {
  const server = ['-S', join(desk.stateFolder, 'tmux'), '-f', '/dev/null'];
  return spawnSync('tmux', [...server, ...words], {encoding: 'utf8'}).stdout;
};

async function paneWith(words: string): Promise<string> {
  for (let tries = 0; tries < 900; tries += 1) {
    const pane = tmux('capture-pane', '-p', '-S', '-').trimEnd();
    if (pane.includes(words)) {
      return pane;
    }
    await sleep(100);
  }
  throw new Error(`no "${words}" in:\n${tmux('capture-pane', '-p')}`);
}

test.skipIf(spawnSync('tmux', ['-V']).error !== undefined)(
  'Ctrl-C at the question of a drill pauses the run, the drill is judged, and its lab ends',
  async () => {
    mkdirSync(desk.stateFolder, {recursive: true});
    const drill = `node bin/switcharoo.js --state-dir ${desk.stateFolder} drill deploy-service --seed 2 --clients 1`;
    const shell = `${drill}; echo "ended with $?"; cat`;
    tmux('new-session', '-d', '-x', '80', '-y', '24', shell);
    try {
      await paneWith('Run this plan on lab?');
      tmux('send-keys', 'y', 'Enter');
      await paneWith('What do you want to do?');
      await sleep(500);
      tmux('send-keys', 'C-c');
      const pane = await paneWith('ended with');
      expect(pane).toContain('ended with 5');
      expect(pane.replaceAll(/\s+/g, ' ')).toContain('restore-scaling:service');
      expect(findLab(desk.stateFolder)).toBeUndefined();
    } finally {
      tmux('kill-server');
    }
  },
  180_000,
);
