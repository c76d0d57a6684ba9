import {existsSync} from 'node:fs';
import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, expect, test} from 'vitest';
import {localMachine} from '../../../steps/local/index.ts';
import {byHandCommand} from '../../../steps/operator/by-hand-command.ts';
import {byHandLocal} from '../../../steps/operator/by-hand-local.ts';
import {FakeHosts} from '../hosts/fake-hosts.ts';

const words = {
  does: 'pause the feed',
  todo: ['Press pause.'],
  undoes: 'start the feed again',
  undo: ['Press start.'],
  owner: {name: 'Feed', reach: '+49 30 1234'},
  takesMinutes: 10,
};
const {signal} = new AbortController();
const folder = await mkdtemp(join(tmpdir(), 'switcharoo-by-hand-'));
afterAll(() => rm(folder, {recursive: true, force: true}));

const command = {...words, check: 'show /etc/feed off'};
const hosts = () =>
  new FakeHosts(
    {name: 'web1', files: {'/etc/feed': 'on'}},
    {name: 'web2', files: {'/etc/feed': 'off'}},
  );
const setFeed = async (fake: FakeHosts, text: string) => {
  const [web1] = fake.session.writer.hosts;
  const command = {text: `write /etc/feed ${text}`, values: {}, limitMs: 1_000};
  await web1?.runCommand(command, {id: 'r-1', entry: 'feed'}, signal);
};

lawsOfStep({
  step: byHandCommand,
  input: command,
  world: async () => {
    const fake = hosts();
    return {
      sessions: {hosts: fake.session},
      picture: async () => fake.picture(),
      person: (way) => setFeed(fake, way === 'forward' ? 'off' : 'on'),
    };
  },
  blockedWorld: async () => {
    const fake = new FakeHosts({name: 'web1'});
    return {sessions: {hosts: fake.session}, picture: async () => fake.picture()};
  },
});

// A real shell, on this machine.
lawsOfStep({
  step: byHandLocal,
  input: {...words, check: 'test -e "$PAUSED"', values: {PAUSED: join(folder, 'paused')}},
  world: async () => {
    const paused = join(folder, 'paused');
    await rm(paused, {force: true});
    return {
      sessions: {machine: await localMachine.open({}, {name: 'here', signal})},
      picture: () => readdir(folder),
      person: async (way) => {
        await (way === 'forward' ? writeFile(paused, '') : rm(paused, {force: true}));
        expect(existsSync(paused)).toBe(way === 'forward');
      },
    };
  },
});

const look = (fake: FakeHosts, way: 'forward' | 'reverse') => ({
  input: byHandCommand.input.parse(command),
  targets: {hosts: fake.session.reader},
  run: {
    id: 'r-1',
    entry: 'feed',
    started: true,
    word: {way, at: new Date(1_000_000), by: 'ada', note: 'Max'},
  },
  now: new Date(1_000_000),
  signal,
});

test('after a word it waits until the command says the same on every host', async () => {
  const fake = hosts();
  expect(await byHandCommand.check(look(fake, 'forward'))).toEqual({
    kind: 'waiting',
    progress: 'Max (ada) says that it is done, but the check on web1 ends with exit code 1: on',
  });
  await setFeed(fake, 'off');
  expect((await byHandCommand.check(look(fake, 'forward'))).kind).toBe('done');
  expect(await byHandCommand.check(look(fake, 'reverse'))).toEqual({
    kind: 'waiting',
    progress: 'Max (ada) says that it is undone, but the check says that it is done on web',
  });
});

test('what somebody has undone already is not asked for again', async () => {
  const fake = hosts();
  const before = {hosts: [{host: 'web1', exit: 1, printed: 'on'}]};
  expect(await byHandCommand.reverse(look(fake, 'forward'), before)).toEqual([]);
  await setFeed(fake, 'other');
  expect(await byHandCommand.reverse(look(fake, 'forward'), before)).toHaveLength(1);
});
