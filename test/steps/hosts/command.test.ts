import {existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {backupFresh} from '../../../steps/hosts/backup-fresh.ts';
import {hostsCommand} from '../../../steps/hosts/command.ts';
import {FakeHosts} from './fake-hosts.ts';
import {contentOf, type LabWorld, pictureOf, startLabWorld} from './lab-world.ts';
import {lookAt, performAll} from './look.ts';

const words = {does: 'pause the feed', undoes: 'start the feed again'};
const parse = (input: object) => hostsCommand.input.parse({...words, ...input});

// "append" is not safe to repeat: a second one would leave "onoffoff".
lawsOfStep({
  step: hostsCommand,
  input: {
    ...words,
    check: 'show /etc/feed off',
    do: 'append /etc/feed off',
    undo: 'write /etc/feed $OLD',
    values: {OLD: 'on'},
  },
  world: async () => {
    const fake = new FakeHosts(
      {name: 'web1', files: {'/etc/feed': 'on'}},
      {name: 'web2', files: {'/etc/feed': 'off already'}},
    );
    return {sessions: {hosts: fake.session}, picture: async () => fake.picture()};
  },
  blockedWorld: async () => {
    const fake = new FakeHosts({name: 'web1'});
    return {sessions: {hosts: fake.session}, picture: async () => fake.picture()};
  },
});

describe('the texts', () => {
  const hosts = () =>
    new FakeHosts(
      {name: 'web1', files: {'/etc/feed': 'on'}},
      {name: 'web2', files: {'/etc/feed': 'off'}},
    );
  const input = parse({check: 'show /etc/feed off', do: 'write /etc/feed off', undo: 'write on'});

  test('each host is judged by itself, and the plan names those where the command is run', async () => {
    const {reader} = hosts().session;
    expect(await hostsCommand.check(lookAt(reader, input))).toEqual({
      kind: 'pending',
      before: {hosts: [{host: 'web1', exit: 1, printed: 'on'}]},
      differences: [{what: 'the check on web1', is: 'exit code 1: on', shouldBe: 'exit code 0'}],
    });
    const planned = await hostsCommand.plan(lookAt(reader, input), {hosts: []});
    expect(planned.map(({does}) => does)).toEqual(['pause the feed on web1 (write /etc/feed off)']);
  });

  test('an exit code that is neither done nor pending blocks, with what the command printed', async () => {
    const {reader} = hosts().session;
    const wrong = parse({check: 'exit 127 no such program', do: 'x', undo: 'x'});
    expect(await hostsCommand.check(lookAt(reader, wrong))).toMatchObject({
      kind: 'blocked',
      reason:
        'The command "check" on web1 ended with exit code 127: no such program, which is neither done nor pending. The command "check" on web2 ended with exit code 127: no such program, which is neither done nor pending.',
    });
  });

  test('a check that prints a whole file is refused', async () => {
    const long = new FakeHosts({name: 'web1', files: {'/etc/feed': 'x'.repeat(4_001)}});
    expect(await hostsCommand.check(lookAt(long.session.reader, input))).toMatchObject({
      kind: 'blocked',
      reason: 'The command "check" on web1 printed 4001 bytes; at most 4000 are allowed.',
    });
  });

  test('a value cannot replace the search path, and its name is that of a variable', () => {
    const refused = (values: object) =>
      hostsCommand.input.safeParse({...words, check: 'x', do: 'x', undo: 'x', values}).success;
    expect([{PATH: '/tmp'}, {ROOT: '/'}, {'a b': 'x'}, {FEED_2: 'x'}].map(refused)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe('on a host, over ssh', () => {
  let lab: LabWorld;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switcharoo-command-'));
    lab = await startLabWorld({name: 'web1', files: {'/etc/feed': 'on\n'}});
  });
  afterAll(async () => {
    await lab.stop();
    await rm(folder, {recursive: true, force: true});
  });
  const look = (input: object) => lookAt(lab.session.reader, parse(input));
  const {signal} = new AbortController();
  const marker = {id: 'r-1', entry: 'stop'};
  const writer = () => lab.session.writer.hosts[0] as (typeof lab.session.writer.hosts)[number];

  lawsOfStep({
    step: hostsCommand,
    input: {
      ...words,
      check: 'cat "$ROOT/etc/feed"; grep -qxF "$NEW" "$ROOT/etc/feed"',
      do: 'printf "%s\\n" "$NEW" >> "$ROOT/etc/feed"',
      undo: 'printf "on\\n" > "$ROOT/etc/feed"',
      values: {NEW: `'; touch /tmp/pasted; echo "$HOME" \\ %s`},
    },
    world: async () => {
      writeFileSync(join(lab.tried.hosts[0]?.root ?? '', 'etc/feed'), 'on\n');
      return {
        sessions: {hosts: lab.session},
        picture: async () => pictureOf(lab.tried, []),
      };
    },
  });

  test('values arrive as they are, and no part of them is run', async () => {
    const odd = `'$(touch ${folder}/run)'; touch ${folder}/run "ü\n`;
    const [{value} = {value: undefined}] = [
      {value: await writer().checkCommand(command('printf %s "$ODD"', {ODD: odd}), marker, signal)},
    ];
    expect(value).toMatchObject({exit: 0, printed: odd, complaint: ''});
    expect(existsSync(`${folder}/run`)).toBe(false);
  });

  test('at its time limit a command is ended with all of its processes, and this is said', async () => {
    const end = await writer().runCommand(
      {...command(`(sleep 1; touch ${folder}/late) & sleep 60`), limitMs: 200},
      marker,
      signal,
    );
    expect(end).toMatchObject({exit: 'timeout'});
    await sleep(1_200);
    expect(existsSync(`${folder}/late`)).toBe(false);
  });

  test('an aborted command is ended on the host', async () => {
    const stop = new AbortController();
    const text = `echo $$ > ${folder}/pid; sleep 60`;
    const running = writer().runCommand(command(text), marker, stop.signal);
    await vi.waitFor(() => expect(readFileSync(`${folder}/pid`, 'utf8')).toMatch(/\d/), 60_000);
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    const pid = Number(readFileSync(`${folder}/pid`, 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), 60_000);
  });

  test('while a command of an earlier try runs, a check waits, and no second one is started', async () => {
    const text = `touch ${folder}/began; while [ ! -e ${folder}/may-end ]; do sleep 0.02; done`;
    const running = writer().runCommand(command(text), marker, signal);
    await vi.waitFor(() => expect(existsSync(`${folder}/began`)).toBe(true), 60_000);
    expect(await hostsCommand.check(look({check: 'true', do: 'x', undo: 'x'}))).toEqual({
      kind: 'waiting',
      progress: 'a command of an earlier attempt is still running on web1',
    });
    expect(await writer().runCommand(command('true'), marker, signal)).toBe('running');
    writeFileSync(`${folder}/may-end`, '');
    expect(await running).toMatchObject({exit: 0});
    expect(await writer().runCommand(command('true'), marker, signal)).toMatchObject({exit: 0});
  });

  test('the newest backup is found, and one that is too old, empty or of the future blocks', async () => {
    const put = (name: string, text: string, hours: number) => {
      const path = join(lab.tried.hosts[0]?.root ?? '', 'backup', name);
      mkdirSync(dirname(path), {recursive: true});
      writeFileSync(path, text);
      const at = Date.now() / 1_000 - hours * 3_600;
      utimesSync(path, at, at);
    };
    const verdict = (more: object = {}) => {
      const input = backupFresh.input.parse({directory: '/backup', names: 'shop-*.gz', ...more});
      return backupFresh.check(lookAt(lab.session.reader, input));
    };
    const reason = async (more: object = {}) => {
      const {kind, ...rest} = await verdict(more);
      return 'reason' in rest ? rest.reason : kind;
    };
    expect(await reason()).toMatch(
      /^It is not known when the last backup was taken. web1: the command ended with exit code \d+: .*backup/,
    );
    put('other.gz', 'x', 0);
    expect(await reason()).toBe('No host of web has a backup /backup/shop-*.gz.');
    put('shop-1.gz', 'x', 50);
    put('shop-2 of "b".gz', 'xx', 26.5);
    expect(await reason()).toMatch(
      /^The newest backup on web1, shop-2 of "b"\.gz from [\d-]+ [\d:]+ UTC, is 26 h old, and at most 24 h are allowed\.$/,
    );
    expect(await verdict({hoursMax: 48})).toMatchObject({
      kind: 'done',
      output: {host: 'web1', what: 'shop-2 of "b".gz'},
    });
    expect(await reason({hoursMax: 48, bytesMin: 3})).toContain(
      'has 2 bytes, and at least 3 are expected',
    );
    put('shop-3.gz', 'x', -2);
    expect(await reason()).toContain('in the future.');
  });

  test('a command says when the last backup ended, as seconds or as a date, and its failure is told', async () => {
    const verdict = (text: string) =>
      backupFresh.check(lookAt(lab.session.reader, backupFresh.input.parse({command: text})));
    const hourAgo = Math.floor(Date.now() / 1_000) - 3_600;
    const date = new Date(hourAgo * 1_000).toISOString();
    for (const text of [`echo old; echo ${hourAgo}`, `echo ${date} # the last line`]) {
      expect(await verdict(text)).toMatchObject({
        kind: 'done',
        output: {what: 'the last backup', at: date.replace(/\.\d+Z/, '.000Z')},
      });
    }
    expect(await verdict('echo yesterday')).toMatchObject({
      reason:
        'It is not known when the last backup was taken. web1: "yesterday" is neither seconds since 1970 nor a date.',
    });
    expect(await verdict('true')).toMatchObject({
      reason: 'The command printed no time of a backup on any host of web.',
      hint: 'Correct the input "command" of the entry, or take a backup; then retry.',
    });
    expect(await verdict('echo no such vault >&2; exit 3')).toMatchObject({
      reason:
        'It is not known when the last backup was taken. web1: the command ended with exit code 3: no such vault.',
    });
  });

  test('a command that fails says its exit code and its last lines', async () => {
    const failing = look({check: 'exit 1', do: 'echo one; echo two >&2; exit 3', undo: 'true'});
    const planned = await hostsCommand.plan(failing, {hosts: []});
    await expect(performAll(lab.session.writer, planned)).rejects.toMatchObject({
      problem: {
        code: 'command-failed',
        message: 'The command "do" on web1 ended with exit code 3: two.',
      },
    });
    expect(contentOf(lab.tried.hosts[0] as never, 'etc/feed')).toBe('on\n');
  });
});

const command = (text: string, values: Record<string, string> = {}) => ({
  text,
  values,
  limitMs: 10_000,
});
