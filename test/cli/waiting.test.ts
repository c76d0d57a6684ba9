import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-waiting-'));
});
afterEach(() => {
  tmux('kill-server');
  rmSync(folder, {recursive: true, force: true});
});

const tmux = (...words: string[]): string =>
  spawnSync('tmux', ['-S', join(folder, 'tmux'), '-f', '/dev/null', ...words], {encoding: 'utf8'})
    .stdout;
const pane = (): string => tmux('capture-pane', '-p').trimEnd();

async function paneWith(words: string): Promise<string> {
  for (;;) {
    if (pane().includes(words)) {
      return pane();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const start = (...words: string[]): void => {
  const command = ['node', '--import', 'tsx', 'test/cli/waiting-demo.ts', ...words].join(' ');
  tmux('new-session', '-d', '-x', '80', '-y', '24', `${command}; cat`);
};

const outageSeconds = (text: string): number => Number(/OUTAGE ([\d.]+) s/.exec(text)?.[1]);

async function isTicking(): Promise<void> {
  const before = outageSeconds(pane());
  expect(before).toBeGreaterThan(0);
  while (!(outageSeconds(pane()) >= before + 2)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.skipIf(spawnSync('tmux', ['-V']).error !== undefined)('while a person is asked', () => {
  test('the failed entry, its problem, and who is waited for are on one screen, and the outage ticks', async () => {
    start('tree', 'failure');
    const text = await paneWith('navigate');
    const masked = text
      .replace(/asked at \S+/, 'asked at 00:00:00')
      .replace(/OUTAGE [\d.]+ m?s/, 'OUTAGE 12 s')
      .replace(/open, [\d.]+ m?s/, 'open, 1 s');
    expect(masked).toMatchInlineSnapshot(`
      "? waiting for ada: open  OUTAGE since 03:05:52 UTC  shop-move on lab
      asked at 00:00:00 UTC  reversal: possible to prepared, the start

      ✗ Cut over  3 entries: 2 done, 1 failed
        ✗ failed      open

      ✗ aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s.
        changes in place  9 changes, which status lists
        next              Look whether the server runs, and whether its security group
                          lets this machine connect to it.
        code              target-unreachable   switcharoo explain target-unreachable
        no skip           open: Aurora would refuse writes after the cutover, for
                          ever.

      ? OUTAGE 12 s  waiting for ada: open, 1 s
        open has failed. What do you want to do?
      ❯ stop: pause here, and leave the changes in place
        retry: check again, and continue from there
        reverse to seeded
        reverse to prepared
        reverse to the start

      ↑↓ navigate • ⏎ select"
    `);
    await isTicking();
    tmux('send-keys', 'Down');
    await paneWith('❯ retry');
    await isTicking();
    expect(pane()).toContain('❯ retry');
  });

  test('what is typed stays, and a narrower terminal has the question once', async () => {
    start('tree', 'question');
    await paneWith('(y/N)');
    tmux('send-keys', 'ye');
    await paneWith('(y/N) ye');
    tmux('resize-window', '-x', '60', '-y', '20');
    await isTicking();
    tmux('send-keys', 's');
    const text = await paneWith('(y/N) yes');
    expect(text.match(/\(y\/N\)|OUTAGE [\d.]+ s/g)).toHaveLength(2);
    tmux('send-keys', 'Enter');
    await paneWith('closed');
  });

  test('nothing is repeated where no picture is drawn', async () => {
    start('plain', 'question');
    const before = await paneWith('(y/N)');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(pane()).toBe(before);
    expect(before).not.toContain('OUTAGE');
  });
});
