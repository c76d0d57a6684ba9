import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-ask-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true, force: true});
});

describe.skipIf(spawnSync('script', ['-V']).error !== undefined)(
  'a question on a real terminal',
  () => {
    const ask = (told: string) => {
      // The shell reports how the program ended: a core dump at its exit would be a number above 128.
      const command = `trap '' HUP; node --import tsx test/cli/terminal-operator-demo.ts ${told}.answer; echo $? > ${told}`;
      const terminal = spawn(
        'script',
        ['-qfec', `bash -c "${command.replaceAll('$', '\\$')}"`, '/dev/null'],
        {
          stdio: ['pipe', 'pipe', 'ignore'],
          env: {...process.env, TERM: 'xterm', CI: ''},
        },
      );
      let text = '';
      terminal.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      return {terminal, text: () => text};
    };
    const until = async (holds: () => boolean) => {
      while (!holds()) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const told = (file: string) => ({
      exit: readFileSync(file, 'utf8').trim(),
      answer: JSON.parse(readFileSync(`${file}.answer`, 'utf8')).answer,
    });
    const isTold = (file: string) => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n');

    test('stays unanswered when the terminal hangs up, and the program goes on', async () => {
      const file = join(folder, 'told');
      const {terminal, text} = ask(file);
      await until(() => text().includes('Cut over now?'));
      terminal.kill('SIGKILL');
      await until(() => isTold(file));
      expect(told(file)).toEqual({exit: '0', answer: {answer: 'unasked', by: 'nobody'}});
    });

    test('is not answered by what was typed before it was there', async () => {
      const file = join(folder, 'told');
      const {terminal, text} = ask(file);
      terminal.stdin.write('y\r');
      await until(() => text().includes('Cut over now?'));
      terminal.stdin.write('\r');
      await until(() => isTold(file));
      expect(told(file)).toEqual({exit: '0', answer: {answer: 'no', by: 'ada'}});
    });
  },
);
