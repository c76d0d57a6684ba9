import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Desk, openDesk} from './switcharoo.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

test('behind the point of no return, status still asks whether what is in place is as recorded', async () => {
  const path = join(desk.stateFolder, 'sign');
  const inventory = join(desk.stateFolder, 'signs.yaml');
  writeFileSync(path, 'open');
  const targets = {sign: {kind: 'sign', path}};
  writeFileSync(inventory, JSON.stringify({name: 'signs', lab: true, targets}));
  writeFileSync(join(desk.stateFolder, 'lab.env'), '');
  const words = ['run', 'test/cli/runbooks/sign-turned.ts', '-i', inventory, '--yes'];
  const begun = await desk.run(...words);
  expect(begun.code, begun.stdout + begun.stderr).toBe(5);
  const said = async () => (await desk.run('status')).stdout;

  const asRecorded = await said();
  expect(asRecorded).toContain('not possible: the point of no return is passed');
  expect(asRecorded).not.toContain('No longer in place');

  writeFileSync(path, 'open');
  const turned = await said();
  expect(turned).toContain(
    'turn: the sign is open and should be closed, since today. Resume makes it again',
  );
  expect(turned).not.toContain('lossless');

  writeFileSync(`${path}.away`, '');
  const away = await said();
  expect(away).toContain('No longer in place, or not known\n  ');
  expect(away).toContain('The sign is away');
  expect(away).not.toContain('lossless');
});
