import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {hostname, tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {createS3} from '../../lab/aws/s3.ts';
import {installJournal} from '../../src/journal/install-journal.ts';
import {sharedEntries} from '../../src/journal/open-shared-log.ts';
import {keyOf, leftKeyOf, textOf} from '../../src/journal/shared-log.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import type {Fact, FactOf} from '../../src/model/journal.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import {thisHost} from '../../src/run/host.ts';
import {openStore} from '../../src/run/open-store.ts';
import {endWithTest} from '../end-with-test.ts';
import {credentials, type Started, started, storeYaml} from '../lab/aws/started.ts';
import {journalOf, runStarted} from '../model/journal-of.ts';
import {type Ended, lastDocument} from './switcharoo.ts';

const never = new AbortController().signal;
const me = `${userInfo().username}@${hostname()}`;
const folder = mkdtempSync(join(tmpdir(), 'switcharoo-taken-'));
const inventory = join(folder, 'shop.yaml');
let lab: Started;
let store: ObjectStore;
let close: () => Promise<void>;
beforeAll(async () => {
  lab = await started(createS3({buckets: {cutovers: {}}}));
  // Nobody listens at these ports.
  const server = (variable: string) =>
    `{kind: mysql, host: 127.0.0.1, port: 9, user: switcharoo, password: {env: ${variable}}}`;
  writeFileSync(
    inventory,
    `name: shop
targets:
  source: ${server('SOURCE_PW')}
  archive: ${server('ARCHIVE_PW')}
${storeYaml(lab)}`,
  );
  vi.stubEnv('STORE_SECRET', credentials.secretAccessKey);
  ({store, close} = await openStore(thisHost(folder), inventory, never));
  vi.stubEnv('STORE_SECRET', credentials.secretAccessKey);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await close();
  await lab[Symbol.asyncDispose]();
  rmSync(folder, {recursive: true, force: true});
});

const ada = {user: 'ada', host: 'bastion', pid: 1};
const freezeDone = {entry: 'freeze', output: {}, changedByRun: true};

let runs = 0;

/** A run of Ada that is in its freeze, as the store has it. */
async function runInStore(...more: readonly Fact[]): Promise<string> {
  runs += 1;
  const run = `20261127-03000${runs}-000${runs}`;
  const operator = ada;
  const freeze = {
    entry: 'freeze',
    way: 'forward',
    target: 'source',
    does: 'SET read_only',
  } as const;
  const entries = journalOf([
    runStarted({run, operator, store: 'journals', storePlace: store.place}),
    {
      kind: 'systems-claimed',
      ...{lasting: ['source'], whileActing: [], unreachable: [], regained: []},
    },
    {kind: 'entry-started', entry: 'freeze'},
    {kind: 'action-intended', ...freeze, limitMs: 60_000},
    ...more,
  ]);
  await store.add(keyOf(run, 0), textOf(entries), never);
  return run;
}

const kindsAfterFreeze = async (run: string) =>
  (await sharedEntries({store, run}, never)).slice(4).map(({kind}) => kind);

interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stderr(): string;
}

type Secrets = Readonly<Record<string, string>>;

const take = (run: string, secrets: Secrets, ...more: string[]): Command =>
  command(
    ['take-over', run, '-i', inventory, '--name', run, '--json', ...more],
    secrets,
    `state-of-${run}`,
  );

/** `secrets`: what this host has. */
function command(words: readonly string[], secrets: Secrets, state: string): Command {
  const child = spawn(
    process.execPath,
    ['bin/switcharoo.js', '--state-dir', join(folder, state), ...words],
    {env: {...process.env, ...secrets}, stdio: ['ignore', 'pipe', 'pipe']},
  );
  endWithTest(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => resolve({code, signal, stdout, stderr})),
  );
  return {child, ended, stderr: () => stderr};
}

test('a host that lacks a secret of the run does not take it over, and stops nobody', async () => {
  const run = await runInStore();
  const refused = await take(run, {}).ended;
  expect(lastDocument(refused), refused.stderr).toMatchObject({
    problems: [{code: 'secret-missing', message: expect.stringContaining('source needs env SOU')}],
    applied: ['this command has changed nothing'],
  });
  expect(await kindsAfterFreeze(run)).toEqual([]);
});

test('a secret of a system that the run has not claimed is not needed', async () => {
  const run = await runInStore();
  const taken = await take(run, {SOURCE_PW: 'secret'}, '--now').ended;
  expect(lastDocument(taken), taken.stderr).toMatchObject({run, from: 'ada@bastion'});
  expect(taken.stderr).toContain('source: it is unknown whether ada@bastion still has a claim');
  expect(taken.stderr).not.toContain('archive');
});

test('a take-over that is stopped while it waits says that it is to be repeated; who had the run is still known then', async () => {
  const run = await runInStore();
  const {child, ended} = take(run, {SOURCE_PW: 'secret'});
  await expect.poll(() => kindsAfterFreeze(run)).toEqual(['lock-taken-over']);
  child.kill('SIGINT');
  const stopped = await ended;
  expect([stopped.code, stopped.stderr]).toEqual([3, expect.stringContaining('SIGINT: ending')]);
  const again = `take-over ${run} -i ${inventory} --name ${run}`;
  expect(lastDocument(stopped)).toMatchObject({
    problems: [
      {
        code: 'take-over-unfinished',
        message: `${run} is yours, but its take-over is not finished. It was stopped by SIGINT.`,
        hint: {command: again},
      },
    ],
    applied: [`${run} was taken over from ada@bastion`],
  });
  // Ada's process is told, and says that it has stopped.
  await store.add(leftKeyOf(run, 4), 'stopped\n', never);
  const repeated = await take(run, {SOURCE_PW: 'secret'}).ended;
  expect(lastDocument(repeated), repeated.stderr).toMatchObject({run, from: 'ada@bastion'});
  const entries = (await sharedEntries({store, run}, never)).slice(4);
  const takings = entries.filter((fact) => fact.kind === 'lock-taken-over');
  expect(takings.map(({from}) => from)).toEqual(['ada@bastion', 'ada@bastion']);
  expect(entries.at(-1) as FactOf<'earlier-holder-stopped'>).toMatchObject({
    because: 'it reported that it has stopped',
  });
});

test('a run that is done is offered for a take-over, and can only be reversed then', async () => {
  const run = await runInStore({kind: 'entry-done', ...freezeDone}, {kind: 'run-done'});
  const words = ['status', run, '--shared', inventory, '--json'];
  const shown = await command(words, {SOURCE_PW: 'secret'}, `shown-${run}`).ended;
  const inStore = `take-over ${run} -i ${inventory}`;
  expect(lastDocument(shown).next, shown.stderr).toContainEqual(expect.stringContaining(inStore));
  const taken = await take(run, {SOURCE_PW: 'secret'}).ended;
  expect(lastDocument(taken).next, taken.stderr).toEqual([
    expect.stringContaining(`reverse ${run}`),
  ]);
});

test('a run with which this host went on alone is shown as it is here, and its entries come into the store', async () => {
  const run = await runInStore();
  const all = await sharedEntries({store, run}, never);
  const facts = all.map(({seq: _seq, prev: _prev, atUtc: _at, ...fact}) => fact as Fact);
  const bob = {user: 'bob', host: hostname(), pid: 1};
  const here = journalOf([
    ...facts,
    {kind: 'not-shared', because: 'the operator chose to go on alone'},
    {kind: 'entry-done', ...freezeDone},
    {kind: 'point-of-no-return-passed', because: 'dismantle'},
    {kind: 'run-resumed', operator: bob, accepted: [], alone: true},
    {kind: 'run-done'},
  ]);
  const state = new StateFolder(join(folder, `state-of-${run}`));
  installJournal(state.journalOf(run), textOf(here));
  const taking = {user: 'kim', host: 'desk', pid: 1};
  const theirs = journalOf([...facts, {kind: 'lock-taken-over', from: 'a', operator: taking}]);
  await store.add(keyOf(run, facts.length), textOf(theirs.slice(facts.length)), never);
  const words = ['take-over', run, '-i', inventory, '--name', run, '--now'];
  const taken = await command(words, {SOURCE_PW: 'secret'}, `state-of-${run}`).ended;
  expect(taken.stderr).toContain(`bob@${hostname()} worked on the run here`);
  expect(taken.stderr.replace(/\s+/g, ' ')).toContain(
    'The store does not have these 5 entries yet.',
  );
  expect(taken.stdout).toMatch(/done/);
  expect(taken.stdout).toContain(`report ${run}`);
  expect(taken.stdout).not.toContain(`reverse ${run}`);
  expect(await kindsAfterFreeze(run)).toEqual([
    ...['lock-taken-over', 'unshared-added', 'not-shared', 'entry-done'],
    ...['point-of-no-return-passed', 'run-resumed', 'run-done', 'lock-taken-over'],
    ...['earlier-holder-stopped'],
  ]);
});

test('a run that another host has ended is not taken over, and what this host did alone is named', async () => {
  const run = await runInStore();
  const all = await sharedEntries({store, run}, never);
  const facts = all.map(({seq: _seq, prev: _prev, atUtc: _at, ...fact}) => fact as Fact);
  const open = {entry: 'open', way: 'forward', target: 'source', does: 'SET writable'} as const;
  const here = journalOf([
    ...facts,
    {kind: 'not-shared', because: 'the operator chose to go on alone'},
    {kind: 'action-intended', ...open},
    {kind: 'action-performed', ...open},
  ]);
  const state = new StateFolder(join(folder, `state-of-${run}`));
  installJournal(state.journalOf(run), textOf(here));
  const theirs = journalOf([
    ...facts,
    {kind: 'reverse-started', to: null, plan: 'p', entries: ['freeze'], operator: ada},
    {kind: 'entry-reversed', entry: 'freeze'},
    {kind: 'run-reversed', to: null},
  ]);
  await store.add(keyOf(run, facts.length), textOf(theirs.slice(facts.length)), never);
  const taken = await take(run, {SOURCE_PW: 'secret'}).ended;
  expect(lastDocument(taken)).toMatchObject({problems: [{code: 'run-finished'}]});
  expect(taken.stderr).toContain('! This host began "SET writable" on source for open');
});

describe.skipIf(spawnSync('script', ['-V']).error !== undefined)('at a terminal', () => {
  /** Types something where the name of the run is asked for. */
  async function typed(run: string, keys: string, words: string): Promise<string> {
    const command = `${process.execPath} bin/switcharoo.js --state-dir ${folder}/terminal ${words}`;
    const terminal = spawn('script', ['-qfec', command, '/dev/null'], {
      env: {
        ...process.env,
        TERM: 'xterm',
        NO_COLOR: '1',
        CI: '',
        COLUMNS: '400',
        SOURCE_PW: 'secret',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    endWithTest(terminal);
    let text = '';
    terminal.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const closed = new Promise((resolve) => terminal.once('close', resolve));
    await expect.poll(() => text).toContain(`take it over (${run}):`);
    terminal.stdin.write(keys);
    await closed;
    return text;
  }

  for (const [name, keys] of [
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ] as const) {
    test(`${name} where the name is asked for leaves the run where it is`, async () => {
      const run = await runInStore();
      const text = await typed(run, keys, `take-over ${run} -i ${inventory}`);
      expect(text).toContain(`${run} was not taken over: the name of the run was not confirmed.`);
      expect(text).not.toContain('error in switcharoo');
      expect(await kindsAfterFreeze(run)).toEqual([]);
    });
  }

  test('who repeats a take-over is told that it was not finished', async () => {
    const run = await runInStore();
    const {child, ended} = take(run, {SOURCE_PW: 'secret'});
    await expect.poll(() => kindsAfterFreeze(run)).toEqual(['lock-taken-over']);
    child.kill('SIGTERM');
    await ended;
    const text = await typed(run, '\x03', `take-over ${run} -i ${inventory}`);
    expect(text).toContain('Your take-over from ada@bastion was not finished.');
    expect(text).not.toContain(`Last worked on by ${me}`);
  });
});
