import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Desk, openDesk} from './switcharoo.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
  process.env['MAINTENANCE_FILE'] = join(desk.stateFolder, 'page');
});
afterEach(async () => {
  delete process.env['MAINTENANCE_FILE'];
  await desk.clear();
});

test('a reversal and a resumption tell how long they take before they are approved', async () => {
  const example = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml', '--yes'];
  expect(await desk.run('run', ...example)).toMatchObject({code: 0});
  const first = await desk.run('reverse', '--yes');
  expect(first.stdout).not.toContain('A reversal to the start');

  rmSync(join(desk.stateFolder, 'page'), {force: true});
  expect(await desk.run('run', ...example, '--until', 'go')).toMatchObject({code: 0});
  const resumed = await desk.run('resume', '--yes');
  expect(resumed.stdout).toMatch(/forecast {4}.+ left once it continues/);
  const reversed = await desk.run('reverse', '--yes');
  expect(reversed.stdout).toMatch(/^A reversal to the start takes .+\.$/m);
}, 120_000);
