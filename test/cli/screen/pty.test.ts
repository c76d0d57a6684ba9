import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';

const has = (program: string): boolean => spawnSync(program, ['-V']).error === undefined;
const demo = (...words: string[]): string =>
  ['node', '--import', 'tsx', 'test/cli/screen/demo.ts', ...words].join(' ');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-screen-'));
});
afterEach(() => {
  rmSync(folder, {recursive: true, force: true});
});

async function until<Found>(look: () => Found | undefined): Promise<Found> {
  for (;;) {
    const found = look();
    if (found !== undefined) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.skipIf(!has('script'))('on a real terminal', () => {
  const onTerminal = (command: string) =>
    spawn('script', ['-qfec', `stty cols 80 rows 24; ${command}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {...process.env, TERM: 'xterm', CI: ''},
    });

  test('the cursor is hidden while a run is drawn, and is back at the end', async () => {
    const terminal = onTerminal(demo('tree', '20', '2'));
    let text = '';
    terminal.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await new Promise((resolve) => terminal.on('close', resolve));
    expect([
      text.indexOf('\u001b[?25l') >= 0,
      text.lastIndexOf('\u001b[?25h') > text.lastIndexOf('\u001b[?25l'),
    ]).toEqual([true, true]);
    expect(text.trimEnd().endsWith('closed')).toBe(true);
  });

  test.each(['tree', 'plain', 'ndjson'])(
    'losing it while the %s screen is on does not end the run',
    async (how) => {
      const through = join(folder, 'through');
      const terminal = onTerminal(demo(how, '100', '2', through));
      await new Promise((resolve) => terminal.stdout.once('data', resolve));
      terminal.kill('SIGKILL');
      await until(() => (existsSync(through) ? true : undefined));
    },
  );
});

describe.skipIf(!has('tmux'))('in tmux', () => {
  const socket = () => join(folder, 'tmux');
  const tmux = (...words: string[]): string =>
    spawnSync('tmux', ['-S', socket(), '-f', '/dev/null', ...words], {encoding: 'utf8'}).stdout;

  afterEach(() => {
    tmux('kill-server');
  });

  test.each([
    [80, 24],
    [160, 50],
  ])('a run of thirty entries ends as one folded picture at %dx%d', async (columns, rows) => {
    tmux(
      'new-session',
      '-d',
      '-x',
      String(columns),
      '-y',
      String(rows),
      `${demo('tree', '3', '10')}; cat`,
    );
    const picture = await until(() => {
      const pane = tmux('capture-pane', '-p');
      return pane.includes('closed') ? pane : undefined;
    });
    const masked = picture
      .trimEnd()
      .replaceAll(/\d\d:\d\d:\d\d/g, '00:00:00')
      .replaceAll(/\b\d+(?:\.\d)? m?s\b/g, '0 ms');
    expect(masked).toBe(
      [
        '✓ done  outage was 0 ms  shop-move on production (PROTECTED)  0 ms',
        '00:00:00 UTC  reversal: possible to settle, cut over, prepare, the start',
        '',
        '✓ Prepare   10 entries: 10 done, 0 ms',
        '✓ Cut over  10 entries: 10 done, 0 ms',
        '✓ Settle    10 entries: 10 done, 0 ms',
        ...Array.from(
          {length: 10},
          (_, index) => `  ✓ done        ${`settle-${index + 1}`.padEnd(9)}  0 ms`,
        ),
        'closed',
      ].join('\n'),
    );
  });
});
