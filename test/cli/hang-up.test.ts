import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
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
    const ask = (told: string) =>
      start(`node --import tsx test/cli/terminal-operator-demo.ts ${told}.answer`, told);
    const start = (program: string, told: string) => {
      // The shell reports how the program ended: a core dump at its exit would be a number above 128.
      const command = `trap '' HUP; ${program}; echo $? > ${told}`;
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

    test('of what is done by hand wants a note: without one the run is paused, with one it is done', async () => {
      const inventory = join(folder, 'inventory.yaml');
      writeFileSync(inventory, 'name: hosting\nparams: {}\ntargets: {}\n');
      const program = `node bin/switcharoo.js --state-dir ${folder}`;
      const answer = async (words: string, note: string) => {
        const file = join(folder, words.split(' ')[0] ?? '');
        const {terminal, text} = start(`${program} ${words}`, file);
        await until(() => text().includes('Is it done?'));
        terminal.stdin.write('y\r');
        await until(() => text().includes('Who did it, or said so, and a note'));
        terminal.stdin.write(`${note}\r`);
        await until(() => isTold(file));
        return {exit: readFileSync(file, 'utf8').trim(), text: text()};
      };
      const run = `run test/cli/runbooks/by-hand.ts -i ${inventory} --yes`;
      const paused = await answer(run, '');
      expect(paused).toMatchObject({exit: '5', text: expect.stringContaining('Hosting')});
      const status = () =>
        spawnSync(`${program} status`, {
          shell: true,
          encoding: 'utf8',
          env: {...process.env, CI: '1'},
        }).stdout.replace(/\s+/g, ' ');
      expect(status()).toContain('take web1 out, by Hosting.');
      expect(await answer('resume --yes', 'Max, ticket 4711')).toMatchObject({exit: '0'});
      expect(status()).toContain('lb: take web1 out, by hand: Max, ticket 4711 (');
    });
  },
);
