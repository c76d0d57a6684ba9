import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {openJournal} from '../../src/journal/file-journal.ts';
import {acquireLock, type LockRequest, overtakeLock} from '../../src/journal/lock.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {
  effectsIn,
  heard,
  holderIn,
  leaveRun,
  leftRun,
  lockIn,
  race,
  rewriteHolder,
  scope,
  startActor,
} from './race.ts';

let folder: string;
let actor: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-lock-'));
});
afterEach(() => {
  actor?.kill('SIGKILL');
  rmSync(folder, {recursive: true, force: true});
});

const request = (user = 'ada'): LockRequest => ({
  folder: join(folder, 'locks'),
  scope,
  run: leftRun,
  operator: {user, host: 'bastion', pid: process.pid},
  now: () => new Date('2026-03-01T03:00:00Z'),
});
const problem = (code: string) =>
  expect.objectContaining({problem: expect.objectContaining({code})});
const around = (lock: ReturnType<typeof acquireLock>['lock']) => ({
  now: () => new Date(),
  lock,
  redactor: new Redactor(),
});
const journalPath = () => join(folder, leftRun, 'journal.jsonl');

test('of two processes that go for the same at the same moment, exactly one acts', async () => {
  const raced = await race(200);
  expect(raced.filter(({problems}) => problems.length > 0)).toEqual([]);
  expect(raced).toHaveLength(200);
});

describe('a holder that is stopped, overtaken and continued', () => {
  test('on this host has ended, and does nothing more', async () => {
    actor = startActor();
    await heard(actor);
    const pid = actor.pid ?? 0;
    const ended = once(actor, 'exit');
    actor.send({how: 'begin', folder, scope, run: leftRun, actions: 1_000_000, atMs: 0});
    while ((effectsIn(folder).get(pid) ?? 0) < 5) {
      await sleep(5);
    }
    process.kill(pid, 'SIGSTOP');
    const {lock, tookOverFrom} = overtakeLock(request('bob'));
    expect(tookOverFrom.pid).toBe(pid);
    const effects = effectsIn(folder);
    // What cannot be continued any more is not there.
    try {
      process.kill(pid, 'SIGCONT');
    } catch {}
    expect(await ended).toEqual([null, 'SIGKILL']);

    const journal = openJournal(journalPath(), around(lock));
    journal.append({kind: 'run-done'});
    journal.close();
    lock.release();
    expect(effectsIn(folder)).toEqual(effects);
    expect(readJournal(journalPath()).entries.at(-1)?.kind).toBe('run-done');
  });

  test('on another host is refused before it acts, and told by whom', () => {
    const {lock} = acquireLock(request());
    lock.release();
    leaveRun(folder, 'elsewhere');
    const first = overtakeLock(request('ada')).lock;
    const journal = openJournal(journalPath(), around(first));
    journal.append({kind: 'entry-started', entry: 'e'});
    // From here on ada's process is one on another machine, which nobody can end.
    const [path = ''] = readdirSync(join(folder, 'locks')).filter((name) => name.includes('after'));
    rewriteHolder(join(folder, 'locks', path), {machine: 'another', host: 'elsewhere', pid: 1});
    const second = overtakeLock(request('bob'));
    expect(second.tookOverFrom).toMatchObject({user: 'ada', host: 'elsewhere'});

    const refused = () => journal.append({kind: 'entry-started', entry: 'f'});
    expect(refused).toThrow(problem('lock-lost'));
    expect(refused).toThrow('move@production is held by bob@bastion');
    second.lock.assertHeld();
    expect(readJournal(journalPath()).entries.map(({kind}) => kind)).toEqual([
      'run-started',
      'entry-started',
    ]);
  });
});

describe('a lock that does not tell who holds it', () => {
  const breakings: Readonly<Record<string, () => void>> = {
    'an empty one': () => writeFileSync(lockIn(folder), ''),
    'a half-written one': () => writeFileSync(lockIn(folder), '{"token":"3f2a'),
    'one of zeros': () => writeFileSync(lockIn(folder), Buffer.alloc(300)),
    'one of something else': () => writeFileSync(lockIn(folder), '{"pid": 4711}'),
    'a folder': () => mkdirSync(lockIn(folder)),
    'a link that leads nowhere': () => symlinkSync('/nowhere/at/all', lockIn(folder)),
  };

  test.for(Object.keys(breakings))('%s is named, and is taken over only by name', (name) => {
    mkdirSync(join(folder, 'locks'));
    breakings[name]?.();

    expect(() => acquireLock(request())).toThrow(problem('lock-unreadable'));
    expect(() => acquireLock(request())).toThrow(lockIn(folder));
    expect(holderIn(folder)).toMatchObject({unreadable: lockIn(folder)});

    const {lock} = overtakeLock(request());
    lock.assertHeld();
    expect(holderIn(folder)).toMatchObject({user: 'ada', run: leftRun});
    expect(() => acquireLock(request('bob'))).toThrow(problem('lock-held'));
    lock.release();
    expect(holderIn(folder)).toBeUndefined();
    acquireLock(request('bob')).lock.assertHeld();
  });

  test('a copy of a lock, named as its own successor, is not followed round and round', () => {
    const {lock} = acquireLock(request());
    const token = holderIn(folder)?.token;
    copyFileSync(lockIn(folder), join(folder, 'locks', `${scope}.after-${token}.lock`));

    expect(() => lock.assertHeld()).toThrow(problem('lock-unreadable'));
    expect(() => acquireLock(request('bob'))).toThrow(problem('lock-unreadable'));
    overtakeLock(request('bob')).lock.assertHeld();
  });
});

test('a lock that was removed under its holder is noticed before the next entry', () => {
  const {lock} = acquireLock(request());
  rmSync(lockIn(folder));
  expect(() => lock.assertHeld()).toThrow('was removed; this process lost the lock');
  const other = acquireLock(request('bob')).lock;
  expect(() => lock.assertHeld()).toThrow(problem('lock-lost'));
  lock.release();
  other.assertHeld();
});

test('what is taken over is the lock that was looked at, and no other', () => {
  leaveRun(folder, 'elsewhere');
  const seen = holderIn(folder);
  const {lock} = overtakeLock(request('ada'), seen);
  expect(() => overtakeLock(request('bob'), seen)).toThrow(problem('lock-held'));
  lock.assertHeld();
});
