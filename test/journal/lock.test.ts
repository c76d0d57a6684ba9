import {type ChildProcess, fork, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {realDisk} from '../../src/journal/disk.ts';
import {createJournal} from '../../src/journal/file-journal.ts';
import {acquireLock, holderOf, type LockRequest, overtakeLock} from '../../src/journal/lock.ts';
import {isDead} from '../../src/journal/lock-holder.ts';
import {thisMachine} from '../../src/journal/process-identity.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {type Problem, SwitcharooError} from '../../src/model/problem.ts';
import {folderWith} from '../inventory/folder.ts';
import {runStarted} from '../model/journal-of.ts';
import type {FromRacer, ToRacer} from './racer.ts';

const scope = 'tidy-up@pantry';
const mine = {user: 'ada', host: 'bastion', pid: process.pid};
const now = () => new Date('2026-03-01T03:00:00.000Z');
const request = (given: Partial<LockRequest> = {}): LockRequest => ({
  folder: join(folderWith({}), 'locks'),
  scope,
  run: 'r1',
  operator: mine,
  now,
  ...given,
});
const elsewhere = {...thisMachine, id: 'another machine'};

describe('a lock', () => {
  test('names its holder to whoever comes second, and lets nobody else act', () => {
    const first = request();
    acquireLock(first);
    const second = {...first, run: 'r2', operator: {...mine, user: 'bob'}};
    expect(problemOf(() => acquireLock(second))).toEqual({
      code: 'lock-held',
      message: `tidy-up@pantry has been held by ada@bastion (pid ${process.pid}) since 2026-03-01T03:00:00.000Z, for run r1.`,
      hint: {
        text: 'Wait for that process or stop it. If nobody can reach it, take over with',
        command: 'unlock r1',
      },
    });
  });

  test('is free once it is released, and leaves nothing behind', () => {
    const wanted = request();
    const {lock} = acquireLock(wanted);
    lock.assertHeld();
    lock.release();
    lock.release();
    expect(readdirSync(wanted.folder)).toEqual([]);
    expect(holderOf(wanted.folder, scope)).toBeUndefined();
    expect(acquireLock(wanted).tookOverFrom).toBeUndefined();
  });

  test('of another runbook or inventory is another lock', () => {
    const wanted = request();
    acquireLock(wanted);
    expect(() => acquireLock({...wanted, scope: 'tidy-up@cellar'})).not.toThrow();
  });

  test('lies in a folder for its owner alone, and so does its file', () => {
    const wanted = request();
    acquireLock(wanted);
    const [file = ''] = readdirSync(wanted.folder);
    expect((statSync(wanted.folder).mode & 0o777).toString(8)).toBe('700');
    expect((statSync(join(wanted.folder, file)).mode & 0o777).toString(8)).toBe('600');
  });

  test('whose file was removed by hand is lost', () => {
    const wanted = request();
    const {lock} = acquireLock(wanted);
    for (const file of readdirSync(wanted.folder)) {
      rmSync(join(wanted.folder, file));
    }
    expect(problemOf(() => lock.assertHeld()).code).toMatch(/^lock-/);
  });

  test('whose folder was replaced by a file is lost, and let go without a word', () => {
    const wanted = request();
    const {lock} = acquireLock(wanted);
    rmSync(wanted.folder, {recursive: true});
    writeFileSync(wanted.folder, '');
    expect(problemOf(() => lock.assertHeld())).toMatchObject({code: 'lock-lost'});
    expect(() => lock.release()).not.toThrow();
    rmSync(wanted.folder);
  });

  test('cannot be had in a folder that cannot be made', () => {
    const folder = folderWith({file: ''});
    expect(
      problemOf(() => acquireLock(request({folder: join(folder, 'file', 'locks')}))),
    ).toMatchObject({code: 'state-folder-unusable'});
  });

  test('whose file is damaged is nobody’s, until it is taken over by name', () => {
    const wanted = request();
    acquireLock(wanted);
    const [file = ''] = readdirSync(wanted.folder);
    writeFileSync(join(wanted.folder, file), 'x');
    expect(problemOf(() => acquireLock(wanted))).toMatchObject({code: 'lock-unreadable'});
    const {lock} = overtakeLock(wanted);
    lock.assertHeld();
    lock.release();
    expect(holderOf(wanted.folder, scope)).toBeUndefined();
  });
});

test('a lock that is made in the very moment in which it is looked for has a holder', () => {
  const wanted = request();
  acquireLock(wanted);
  let reads = 0;
  const read = (path: string) => {
    reads += 1;
    if (reads === 1) {
      throw Object.assign(new Error('not yet'), {code: 'ENOENT'});
    }
    return realDisk.read(path);
  };
  expect(holderOf(wanted.folder, scope, {...realDisk, read})).toMatchObject({user: 'ada'});
});

describe('a holder whose process is gone', () => {
  test('is succeeded, and told', async () => {
    const {wanted, pid} = await heldByTheDead();
    const {lock, tookOverFrom} = acquireLock(wanted);
    expect(tookOverFrom).toMatchObject({pid, user: 'ada', run: 'r1'});
    lock.assertHeld();
    lock.release();
    expect(readdirSync(wanted.folder)).toEqual([]);
  });

  test('is not mistaken for another process that has its number now', async () => {
    const wanted = request({machine: {...thisMachine, startTicksOf: () => 1}});
    acquireLock(wanted);
    const held = holderOf(wanted.folder, scope);
    expect(held).toMatchObject({pid: process.pid, startTicks: 1});
    expect(held && isDead(held)).toBe(true);
    expect(acquireLock({...wanted, machine: thisMachine}).tookOverFrom).toMatchObject({
      startTicks: 1,
    });
  });

  test('is known to be gone after the machine was started again', () => {
    const wanted = request({machine: {...thisMachine, boot: 'an earlier boot'}});
    acquireLock(wanted);
    expect(acquireLock({...wanted, machine: thisMachine}).tookOverFrom).toBeDefined();
  });

  test.skipIf(process.platform !== 'linux')(
    'in another container of this host is never known to be: its number means another process here',
    () => {
      expect(thisMachine.id).toContain(readlinkSync('/proc/self/ns/pid'));
    },
  );

  test('on another host is never known to be', () => {
    const wanted = request({machine: elsewhere});
    acquireLock(wanted);
    expect(problemOf(() => acquireLock({...wanted, machine: thisMachine}))).toMatchObject({
      code: 'lock-held',
    });
  });
});

describe('a lock that is taken over by name', () => {
  test('from another host makes the next entry of the loser fail, before it can act', () => {
    const wanted = request({machine: elsewhere});
    const {lock} = acquireLock(wanted);
    const path = join(folderWith({}), 'run', 'journal.jsonl');
    const journal = createJournal(path, {now, lock, redactor: new Redactor()});
    journal.append(runStarted());

    const bob = {...wanted, machine: thisMachine, operator: {...mine, user: 'bob'}};
    const {lock: taken, tookOverFrom} = overtakeLock(bob);
    expect(tookOverFrom).toMatchObject({user: 'ada', machine: 'another machine'});
    expect(problemOf(() => journal.append({kind: 'run-done'}))).toEqual({
      code: 'lock-lost',
      message: `tidy-up@pantry is held by bob@bastion (pid ${process.pid}) now; this process lost it and has stopped.`,
      hint: 'Leave the run to the new holder.',
    });
    journal.close();
    lock.release();
    taken.assertHeld();
    expect(readJournal(path).entries).toHaveLength(1);
  });

  test('is not held by anybody: there is nothing to take', () => {
    expect(problemOf(() => overtakeLock(request()))).toEqual({
      code: 'lock-not-held',
      message: 'Nobody holds tidy-up@pantry.',
      hint: {text: 'There is nothing to unlock. Continue with', command: 'resume'},
    });
  });

  test('can be taken over again and again, and the last one holds it', () => {
    const wanted = request({machine: elsewhere});
    const locks = [acquireLock(wanted).lock];
    for (let taker = 0; taker < 5; taker += 1) {
      const machine = {...thisMachine, id: `machine ${taker}`};
      locks.push(overtakeLock({...wanted, machine}).lock);
    }
    const last = locks.pop();
    for (const lock of locks) {
      expect(problemOf(() => lock.assertHeld()).code).toBe('lock-lost');
      lock.release();
    }
    last?.assertHeld();
    last?.release();
    expect(readdirSync(wanted.folder)).toEqual([]);
  });
});

describe('several processes at once', () => {
  const racers: ChildProcess[] = [];

  beforeAll(async () => {
    const program = new URL('./racer.ts', import.meta.url);
    for (let racer = 0; racer < 6; racer += 1) {
      racers.push(fork(program, {execArgv: ['--import', 'tsx']}));
    }
    await Promise.all(racers.map(answer));
  });

  afterAll(() => {
    for (const racer of racers) {
      racer.kill('SIGKILL');
    }
  });

  test('of which exactly one gets a free lock, thirty times', async () => {
    const {folder} = request();
    for (let round = 0; round < 30; round += 1) {
      const answers = await race(racers.slice(0, 2 + (round % 5)), folder);
      expect(
        answers.filter(({kind}) => kind === 'won'),
        `round ${round}`,
      ).toHaveLength(1);
      expect(codesOf(answers)).toEqual(new Set(['lock-held']));
      await tell(racers[winnerOf(answers)], {kind: 'release'});
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  test('of which exactly one succeeds a dead holder, fifteen times', async () => {
    for (let round = 0; round < 15; round += 1) {
      const {wanted, pid} = await heldByTheDead();
      const answers = await race(racers, wanted.folder);
      expect(
        answers.filter(({kind}) => kind === 'won'),
        `round ${round}`,
      ).toEqual([{kind: 'won', tookOverFrom: `ada@bastion (pid ${pid})`}]);
      expect([...codesOf(answers)].every((code) => code === 'lock-held')).toBe(true);
      await tell(racers[winnerOf(answers)], {kind: 'release'});
      expect(readdirSync(wanted.folder)).toEqual([]);
    }
  });

  test('that take it and let it go as fast as they can never hold it together', async () => {
    const {folder} = request();
    const marker = join(folderWith({}), 'marker');
    const untilMs = Date.now() + 1_000;
    const churn = {kind: 'churn', folder, scope, untilMs, marker} as const;
    const answers = await Promise.all(racers.map((racer) => tell(racer, churn)));
    expect(answers.map(({kind}) => kind)).toEqual(racers.map(() => 'churned'));
    const refused = answers.flatMap((given) => (given.kind === 'churned' ? given.refused : []));
    expect([...new Set(refused)]).toEqual(['lock-held']);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of which a stopped one is ended when the lock is taken from it by name', async () => {
    const holder = racers.pop();
    if (!holder?.pid) {
      throw new Error('there is no racer');
    }
    const wanted = request();
    await race([holder], wanted.folder);
    const path = join(folderWith({}), 'run', 'journal.jsonl');
    await tell(holder, {kind: 'begin', journal: path});
    const lines = readFileSync(path);
    process.kill(holder.pid, 'SIGSTOP');
    const ended = once(holder, 'exit');

    expect(problemOf(() => acquireLock(wanted))).toMatchObject({code: 'lock-held'});
    const {lock} = overtakeLock(wanted);
    expect(isDead({...heldNow(wanted), pid: holder.pid})).toBe(true);
    expect(await ended).toEqual([null, 'SIGKILL']);
    lock.assertHeld();
    expect(readFileSync(path)).toEqual(lines);
    lock.release();
    expect(existsSync(wanted.folder) && readdirSync(wanted.folder)).toEqual([]);
  });
});

/** Leads a process to hold the lock, and ends it. */
async function heldByTheDead(): Promise<{readonly wanted: LockRequest; readonly pid: number}> {
  const sleeper = spawn('sleep', ['60'], {stdio: 'ignore'});
  await once(sleeper, 'spawn');
  const {pid = 0} = sleeper;
  const wanted = request();
  acquireLock({...wanted, operator: {...mine, pid}});
  sleeper.kill('SIGKILL');
  await once(sleeper, 'exit');
  return {wanted, pid};
}

async function race(racers: readonly ChildProcess[], folder: string): Promise<FromRacer[]> {
  const atMs = Date.now() + 15;
  return Promise.all(racers.map((racer) => tell(racer, {kind: 'race', folder, scope, atMs})));
}

async function tell(racer: ChildProcess | undefined, told: ToRacer): Promise<FromRacer> {
  if (!racer) {
    throw new Error('there is no such racer');
  }
  const answered = answer(racer);
  racer.send(told);
  return answered;
}

async function answer(racer: ChildProcess): Promise<FromRacer> {
  const done = new AbortController();
  const {signal} = done;
  const gone = once(racer, 'exit', {signal}).then(() => {
    throw new Error('the racer ended before it had answered');
  });
  gone.catch(() => {});
  try {
    const [message] = await Promise.race([once(racer, 'message', {signal}), gone]);
    return message as FromRacer; // what racer.ts sends
  } finally {
    done.abort();
  }
}

const winnerOf = (answers: readonly FromRacer[]): number =>
  answers.findIndex(({kind}) => kind === 'won');

const codesOf = (answers: readonly FromRacer[]): Set<string> =>
  new Set(answers.flatMap((given) => (given.kind === 'lost' ? [given.code] : [])));

function heldNow({folder}: LockRequest) {
  const held = holderOf(folder, scope);
  if (!held) {
    throw new Error('nobody holds it');
  }
  return held;
}

function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return error.problem;
    }
    throw error;
  }
  throw new Error('nothing was refused');
}
