import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {afterEach, expect, test, vi} from 'vitest';
import {endGroupsBelow, processGroup} from '../../../lab/hosts/process-group.ts';

const directory = `/lab-${process.pid}`;
const [one, other] = [processGroup(`${directory}/one`), processGroup(`${directory}/other`)];

afterEach(() => endGroupsBelow(directory));

const start = async (group: typeof one, script: string) => {
  const shell = spawn('/bin/sh', ['-c', script], {
    env: {PATH: process.env['PATH'], ...group.marker},
  });
  await once(shell, 'spawn');
  return shell;
};
const namesIn = (group: typeof one) => group.members().map(({name}) => name);

test('a process stays a member when its parent is gone', async () => {
  await once(await start(one, 'sleep 1000 >/dev/null 2>&1 &'), 'exit');
  await vi.waitFor(() => expect(namesIn(one)).toEqual(['sleep']));
});

test('a group is ended as a whole, also a member that ignores SIGTERM, and no other group with it', async () => {
  const stubborn = await start(one, "trap '' TERM; echo deaf; sleep 1000; sleep 1000");
  await once(stubborn.stdout, 'data');
  await start(other, 'exec sleep 1000');
  await one.end(100);
  expect([namesIn(one), namesIn(other)]).toEqual([[], ['sleep']]);
});

test('all groups of a lab can be ended by its folder', async () => {
  await Promise.all([start(one, 'exec sleep 1000'), start(other, 'exec sleep 1000')]);
  await endGroupsBelow(directory);
  expect([namesIn(one), namesIn(other)]).toEqual([[], []]);
});
