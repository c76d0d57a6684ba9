import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';
import {endWithTest} from '../end-with-test.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the bench of a fleet prints a row for each size, and what it concludes', async () => {
  const sizes = ['--units', '2,4', '--plain-up-to', '2', '--runners', '1'];
  const words = ['--import', 'tsx', 'bench/fleet/main.ts', ...sizes];
  const bench = spawn(process.execPath, words, {cwd: root, stdio: ['ignore', 'pipe', 'pipe']});
  endWithTest(bench);
  const printed = Promise.all([text(bench.stdout), text(bench.stderr)]);
  const [code] = await once(bench, 'exit');
  const [stdout, stderr] = await printed;
  expect(stderr).toBe('');
  const rows = stdout.split('\n');
  expect(rows.some((row) => /^2 .* s .* ms .* s .* ms /.test(row))).toBe(true);
  expect(rows.some((row) => /^4 .* s .* ms +- +- /.test(row))).toBe(true);
  expect(stdout).toMatch(/2 times the units: \d+\.\d\d times the seconds and/);
  expect(stdout).toContain('Plain runs were measured up to 2 units.');
  expect(code).toBe(stdout.includes('The cost of a fleet is linear.') ? 0 : 1);
});
