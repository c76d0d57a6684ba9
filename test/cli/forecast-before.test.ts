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

test('a plan repeats the time to decide by, and a reversal and a resumption tell how long they take', async () => {
  const example = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml', '--yes'];
  const run = await desk.run('run', ...example, '--decide-by', '2099-03-01T04:00:00+01:00');
  expect(run.stdout).toContain(
    '! --decide-by: the cutover must be accepted by 2099-03-01 03:00:00 UTC, in ',
  );
  const first = await desk.run('reverse', '--yes');
  expect(first.stdout).not.toContain('A reversal to the start');

  rmSync(join(desk.stateFolder, 'page'), {force: true});
  expect(await desk.run('run', ...example, '--until', 'go')).toMatchObject({code: 0});
  const resumed = await desk.run('resume', '--yes');
  expect(resumed.stdout).toMatch(/forecast {4}.+ left once it continues/);
  const reversed = await desk.run('reverse', '--yes');
  expect(reversed.stdout).toMatch(/^A reversal to the start takes .+\.$/m);

  rmSync(join(desk.stateFolder, 'page'), {force: true});
  expect(await desk.run('run', ...example)).toMatchObject({code: 0});
  const {stdout} = await desk.run('reverse', '--yes', '--json');
  const planned = stdout.split('\n').map((line) => line && JSON.parse(line));
  expect(planned.find(({kind}) => kind === 'reverse-planned')).toMatchObject({
    plan: {to: null},
    forecast: {
      to: null,
      range: {p5: expect.any(Number), p50: expect.any(Number), p95: expect.any(Number)},
      notMeasured: [],
    },
  });
});
