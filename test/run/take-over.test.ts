import {expect, test} from 'vitest';
import {installJournal} from '../../src/journal/install-journal.ts';
import {sharedEntries} from '../../src/journal/open-shared-log.ts';
import {keyOf, leftKeyOf, textOf} from '../../src/journal/shared-log.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import type {Fact} from '../../src/model/journal.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import {refuseWhileElsewhere} from '../../src/run/guards.ts';
import {handOverRun} from '../../src/run/hand-over-run.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {shareEnded} from '../../src/run/share-ended.ts';
import {sharedRunIn} from '../../src/run/shared-run.ts';
import {takeOverRun} from '../../src/run/take-over-run.ts';
import {journalOf, runStarted, stepDone, type Told} from '../model/journal-of.ts';
import {SimulatedDisk} from '../simulation/disk.ts';
import {SimulatedStore} from '../simulation/store.ts';
import {Time} from '../simulation/time.ts';

const run = '20261127-030000-0001';
const never = new AbortController().signal;
const ada = {user: 'ada', host: 'bastion', pid: 1};
const kim = {user: 'kim', host: 'laptop', pid: 1};
const action = {entry: 'freeze', way: 'forward', target: 'source', does: 'SET read_only'} as const;
const intended: Fact = {kind: 'action-intended', ...action, limitMs: 60_000};

/** A run of Ada in a store, and Kim's host. */
async function scene(...facts: readonly Told[]) {
  const time = new Time();
  const store = new SimulatedStore(() => time.ms).openedBy(async (_what, serve) => serve());
  const started = runStarted({run, operator: ada, store: 'journals', storePlace: store.place});
  const entries = journalOf([started, ...facts]);
  await store.add(keyOf(run, 0), textOf(entries), never);
  const clockAt = (start: Date) => {
    const aheadMs = start.getTime() - time.ms;
    return {
      mark: 'test',
      monotonic: () => time.ms,
      now: () => new Date(time.ms + aheadMs),
      sleep: (ms: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          const end = () => {
            signal.removeEventListener('abort', end);
            resolve();
          };
          signal.addEventListener('abort', end);
          time.in(signal.aborted ? 0 : ms, end);
        }),
    };
  };
  const disk = new SimulatedDisk(['/', '/var']).openedBy(() => {});
  const host = {state: new StateFolder('/var/state', disk), operator: kim};
  const take = async (given: {store?: ObjectStore; signal?: AbortSignal; waiting?: () => void}) => {
    const shared = await sharedRunIn(store, run, never);
    const taking = {host, store: given.store ?? store, shared, isSure: false};
    const {waiting = () => {}} = given;
    let isOver = false;
    const taken = takeOverRun(
      {...taking, whenTaken: async () => {}, waiting, clockAt: clockAt as never},
      given.signal ?? never,
    ).finally(() => {
      isOver = true;
    });
    taken.catch(() => {}); // the caller hears of it once time has passed
    await time.pass(() => isOver);
    return taken;
  };
  return {store, host, take, time, entries, clockAt, count: entries.length};
}

test('a take-over that is repeated hears that the earlier holder stopped, and names it', async () => {
  const {store, take, time, count} = await scene(intended);
  const stopping = new AbortController();
  const stopped = take({signal: stopping.signal, waiting: () => stopping.abort('SIGINT')});
  await expect(stopped).rejects.toThrow(`${run} is yours, but its take-over is not finished.`);
  await store.add(leftKeyOf(run, count), 'stopped\n', never);
  const startedMs = time.ms;
  await take({});
  expect(time.ms - startedMs).toBeLessThan(20_000);
  const added = (await sharedEntries({store, run}, never)).slice(count);
  const told = added.map((fact) =>
    fact.kind === 'lock-taken-over'
      ? `from ${fact.from}`
      : fact.kind === 'earlier-holder-stopped'
        ? fact.because
        : fact.kind,
  );
  expect(told).toEqual([
    'from ada@bastion',
    'from ada@bastion',
    'operator-identified',
    'it reported that it has stopped',
  ]);
});

test('a take-over without an answer of the store says that nobody knows, and writes nothing later', async () => {
  const {store, take, time, count} = await scene(intended);
  let isAway = true;
  const silent: ObjectStore = {
    ...store,
    add: (key, text, signal) =>
      isAway ? Promise.reject(new Error('timed out')) : store.add(key, text, signal),
  };
  await expect(take({store: silent})).rejects.toMatchObject({
    problem: {
      code: 'take-over-unfinished',
      message: expect.stringContaining(`It is not known whether ${run} is yours`),
    },
    inPlace: 'not known: ada@bastion may have been stopped',
  });
  isAway = false;
  const untilMs = time.ms + 10_000;
  await time.pass(() => time.ms > untilMs);
  expect(await sharedEntries({store, run}, never)).toHaveLength(count);
});

test('what may be done by hand is not called finished', async () => {
  const {store, take} = await scene({kind: 'action-intended', ...action});
  await take({});
  const last = (await sharedEntries({store, run}, never)).at(-1);
  expect(last).toMatchObject({
    because:
      'none of its actions was in flight, as far as is known: somebody may have been doing "SET read_only" on source by hand',
  });
});

const noReturn: Fact = {kind: 'point-of-no-return-passed', because: 'dismantle'};

test('a run that is done is taken over as long as it can be reversed', async () => {
  const {host, take} = await scene(...stepDone('freeze', 'SET read_only'), {kind: 'run-done'});
  await take({});
  expect(progressIn(host, run)).toMatchObject({outcome: 'done', operator: kim});
  const passed = await scene(...stepDone('freeze', 'SET read_only'), noReturn, {kind: 'run-done'});
  await expect(passed.take({})).rejects.toMatchObject({problem: {code: 'run-finished'}});
  const unchanged = await scene({kind: 'run-done'});
  await expect(unchanged.take({})).rejects.toMatchObject({problem: {code: 'run-finished'}});
});

test('a take-over of a run that is done, and that failed, is not shared by another command', async () => {
  const {store, host, take, time, count} = await scene(...stepDone('freeze', 'SET read_only'), {
    kind: 'run-done',
  });
  const away: ObjectStore = {...store, add: () => Promise.reject(new Error('timed out'))};
  await expect(take({store: away})).rejects.toThrow('It is not known');
  const clock = {monotonic: () => time.ms, sleep: () => new Promise<void>(() => {})};
  expect(await shareEnded({host, store, clock, runs: [run]}, never)).toEqual([]);
  expect(await sharedEntries({store, run}, never)).toHaveLength(count);
});

test('a hand-over without an answer of the store says that nobody knows whether the other sees it', async () => {
  const {store, host, time, entries, clockAt, count} = await scene({kind: 'run-paused'});
  installJournal(host.state.journalOf(run), textOf(entries), host.state.disk);
  const away: ObjectStore = {...store, add: () => Promise.reject(new Error('timed out'))};
  let isOver = false;
  const clockFrom = () => clockAt(new Date()) as never;
  const offering = handOverRun(
    {host: {...host, operator: ada}, store: away, run, to: 'kim', clockFrom},
    never,
  ).finally(() => {
    isOver = true;
  });
  offering.catch(() => {}); // heard of below, once time has passed
  await time.pass(() => isOver);
  await expect(offering).rejects.toMatchObject({
    problem: {code: 'hand-over-unfinished', hint: {command: `hand-over ${run} --to kim`}},
    inPlace: 'not known: kim may be able to take it over',
  });
  expect(await sharedEntries({store, run}, never)).toHaveLength(count);
});

test('a take-over that dies once the journal is here leaves it with the take-over: nobody on this host goes on', async () => {
  const {store, host, take, count} = await scene({kind: 'run-paused'});
  const dead: ObjectStore = {...store, add: () => Promise.reject(new Error('killed'))};
  await expect(take({store: dead})).rejects.toThrow('It is not known');
  const progress = progressIn(host, run);
  expect(progress.notBefore).toBeInstanceOf(Date);
  const neighbour = {host: {operator: {...ada, user: 'lee'}}};
  expect(() => refuseWhileElsewhere(neighbour, progress, new Date())).toThrow(
    `The take-over of ${run} was not finished`,
  );
  expect(await sharedEntries({store, run}, never)).toHaveLength(count);
  await take({});
  expect(progressIn(host, run)).toMatchObject({operator: kim});
});
