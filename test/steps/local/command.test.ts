import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {localCommand} from '../../../steps/local/command.ts';
import {localMachine} from '../../../steps/local/target.ts';
import {endWithTest} from '../../end-with-test.ts';

const folder = await mkdtemp(join(tmpdir(), 'switcharoo-local-'));
const feed = join(folder, 'feed');
const open = () => localMachine.open({}, {name: 'here', signal: new AbortController().signal});
let session: Awaited<ReturnType<typeof open>>;

beforeAll(async () => {
  session = await open();
});
afterAll(() => rm(folder, {recursive: true, force: true}));

const world = async () => {
  writeFileSync(feed, 'on\n');
  return {
    sessions: {machine: session},
    picture: async () => [await readdir(folder), readFileSync(feed, 'utf8')],
  };
};

lawsOfStep({
  step: localCommand,
  input: {
    does: 'pause the feed',
    undoes: 'start the feed again',
    check: 'cat "$FEED"; grep -q off "$FEED"',
    do: 'echo off >> "$FEED"',
    undo: 'echo on > "$FEED"',
    values: {FEED: feed},
  },
  world,
});

test('an aborted command is ended, with its processes', async () => {
  const stop = new AbortController();
  const pidFile = join(folder, 'pid');
  const [machine] = session.writer.hosts;
  const running = machine?.runCommand(
    {text: `echo $$ > ${pidFile}; sleep 60`, values: {}, limitMs: 10_000},
    {id: 'r-1', entry: 'feed'},
    stop.signal,
  );
  await vi.waitFor(() => expect(readFileSync(pidFile, 'utf8')).toMatch(/\d/), 60_000);
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), 60_000);
  expect(existsSync(pidFile)).toBe(true);
});

test('commands run in a shell that stays open: none sees what another one set, and it ends with the session', async () => {
  const own = await open();
  const [machine] = own.reader.hosts;
  const look = async (text: string) => {
    const command = {text, values: {}, limitMs: 60_000};
    const marker = {id: 'r-1', entry: 'look'};
    const end = await machine?.checkCommand(command, marker, new AbortController().signal);
    return end === 'running' ? end : end?.printed.trim();
  };
  const session = 'ps -o sess= -p $$';
  const shell = Number(await look(`export LEFT=1; cd /tmp; ${session}`));
  expect(await look('printenv LEFT || pwd')).toBe('/');
  expect(await look('exit 7')).toBe('');
  expect(Number(await look(session))).toBe(shell);
  await own.close();
  await vi.waitFor(() => expect(() => process.kill(shell, 0)).toThrow(), 60_000);
});

test('where switcharoo is killed during a command, nothing of it is left when the command has ended', async () => {
  const outputFile = join(folder, 'output-of-killed');
  const demo = fileURLToPath(new URL('killed-demo.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', demo, outputFile], {stdio: 'inherit'});
  endWithTest(child);
  const output = await vi.waitFor(() => readFileSync(outputFile, 'utf8').trim() || never(), 60_000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(output)).toBe(true);
  await vi.waitFor(() => expect(existsSync(dirname(output))).toBe(false), 60_000);
});

const never = (): never => {
  throw new Error('It has not begun.');
};
