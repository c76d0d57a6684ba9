import {expect, test} from 'vitest';
import {shareDecision} from '../../src/engine/share-decision.ts';
import {createJournal} from '../../src/journal/file-journal.ts';
import {installJournal} from '../../src/journal/install-journal.ts';
import {sharedEntries} from '../../src/journal/open-shared-log.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {keyOf, leftKeyOf, textOf} from '../../src/journal/shared-log.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import type {Fact} from '../../src/model/journal.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import {progressOf} from '../../src/model/progress.ts';
import {refuseWhileElsewhere} from '../../src/run/guards.ts';
import {handOverRun} from '../../src/run/hand-over-run.ts';
import {shareEnded} from '../../src/run/share-ended.ts';
import {sharedRunIn} from '../../src/run/shared-run.ts';
import {takeOverRun} from '../../src/run/take-over-run.ts';
import {runStarted} from '../model/journal-of.ts';
import {SimulatedDisk} from '../simulation/disk.ts';
import {type Asking, SimulatedStore} from '../simulation/store.ts';

const run = '20261127-030000-0001';
const never = new AbortController().signal;
const place = 's3://cutovers/simulated';
const served: Asking = async (_what, serve) => serve();
const clock = {monotonic: () => performance.now(), sleep: () => new Promise<void>(() => {})};

/** A journal on a disk of its own, written by one process. */
function journalWith(...facts: readonly Fact[]) {
  const disk = new SimulatedDisk(['/', '/var']);
  const state = new StateFolder(
    '/var/state',
    disk.openedBy(() => {}),
  );
  const lock = {assertHeld: () => {}, release: () => {}};
  const around = {now: () => new Date(), lock, redactor: new Redactor(), disk: state.disk};
  const journal = createJournal(state.journalOf(run), around);
  for (const fact of [runStarted({run, store: 'journals', storePlace: place}), ...facts]) {
    journal.append(fact as never);
  }
  return {disk, state, journal, around};
}

test('what a run wrote when it ended and the store was away is shared by a later command, once', async () => {
  const {state, journal} = journalWith({kind: 'run-done'});
  const simulated = new SimulatedStore(() => Date.now());
  const store = simulated.openedBy(served);
  await store.add(keyOf(run, 0), textOf(journal.entries.slice(0, 1)), never);
  const ended = {host: {state}, store, clock, runs: [run]};
  expect(await shareEnded(ended, never)).toEqual([run]);
  expect(await sharedEntries({store, run}, never)).toEqual(journal.entries);
  expect(await shareEnded(ended, never)).toEqual([]);
});

test('a run that ended alone before the store had heard of it is shared by a later command', async () => {
  const {state, journal} = journalWith({kind: 'run-done'});
  const store = new SimulatedStore(() => Date.now()).openedBy(served);
  expect(await shareEnded({host: {state}, store, clock, runs: [run]}, never)).toEqual([run]);
  expect(await sharedEntries({store, run}, never)).toEqual(journal.entries);
});

test('the journal of a run that was taken over is still there after a power loss', () => {
  const {journal} = journalWith();
  const text = textOf(journal.entries);
  const disk = new SimulatedDisk(['/', '/var']);
  const path = '/var/state/20261127-030000-0001/journal.jsonl';
  installJournal(
    path,
    text,
    disk.openedBy(() => {}),
  );
  disk.losePower(() => 0);
  expect(disk.bytesAt(path)?.toString()).toBe(text);
});

test('a journal that is replaced is kept beside the new one, and a full disk changes neither', () => {
  const {disk, state, journal} = journalWith({kind: 'run-done'});
  const path = state.journalOf(run);
  const before = textOf(journal.entries);
  disk.freeBytes = 100;
  expect(() => installJournal(path, 'other\n'.repeat(100), state.disk)).toThrow(
    'cannot be written',
  );
  expect(disk.bytesAt(path)?.toString()).toBe(before);
  disk.freeBytes = Number.POSITIVE_INFINITY;
  installJournal(path, 'other\n', state.disk);
  expect(disk.bytesAt(path)?.toString()).toBe('other\n');
  const beside = path.replace('.jsonl', '.before-take-over-1.jsonl');
  expect(disk.bytesAt(beside)?.toString()).toBe(before);
});

test('a store that is throttled refuses a take-over, and leaves no error that nobody handles', async () => {
  const intended = (entry: string): Fact => ({
    ...{kind: 'action-intended', entry, way: 'forward', target: 'a'},
    ...{does: 'write', limitMs: 1_000},
  });
  const {journal} = journalWith(intended('one'), intended('two'));
  let listings = 0;
  const store = new SimulatedStore(() => Date.now()).openedBy(async (_what, serve) => {
    const result = serve();
    listings += Array.isArray(result) ? 1 : 0;
    // The runs, the journal, and then how old its entries are.
    if (listings > 2) {
      throw new Error('throttled');
    }
    return result;
  });
  await store.add(keyOf(run, 0), textOf(journal.entries), never);
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listener);
  await expect(sharedRunIn(store, run, never)).rejects.toThrow('throttled');
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});

test('a run that is to end while a decision is shared pauses, and is no error in the program', async () => {
  const stopping = new AbortController();
  const aborting = new AbortController();
  const shared = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const sharing = shareDecision({
    record: {shared} as never, // nothing else of it is used
    stopping: stopping.signal,
    aborting: aborting.signal,
  });
  stopping.abort('SIGINT');
  aborting.abort(new Error('SIGINT, for the second time'));
  expect(await sharing).toMatchObject({code: 'run-stopped'});
});

test('who takes a run over is named in its journal, unless the store does not say who that is', async () => {
  const takenBy = async (caller: (store: ObjectStore) => ObjectStore['caller']) => {
    const {journal} = journalWith({kind: 'run-paused'});
    const whole = new SimulatedStore(() => Date.now()).openedBy(served);
    await whole.add(keyOf(run, 0), textOf(journal.entries), never);
    const store = {...whole, caller: caller(whole)};
    const shared = await sharedRunIn(store, run, never);
    const disk = new SimulatedDisk(['/', '/var']).openedBy(() => {});
    const operator = {user: 'kim', host: 'laptop', pid: 1};
    const host = {state: new StateFolder('/var/state', disk), operator};
    const taking = {host, store, shared, isSure: true, whenTaken: async () => {}};
    await takeOverRun({...taking, waiting: () => {}}, never);
    const entries = await sharedEntries({store, run}, never);
    return entries.slice(2).map((fact) => ('arn' in fact ? fact.arn : fact.kind));
  };
  expect(await takenBy((store) => store.caller)).toEqual([
    'lock-taken-over',
    'arn:aws:iam::123456789012:role/operator',
    'earlier-holder-stopped',
  ]);
  const away = () => () => Promise.reject(new Error('STS is away'));
  expect(await takenBy(away)).toEqual(['lock-taken-over', 'earlier-holder-stopped']);
});

test('a take-over waits five seconds after the other host has stopped: its last call may still be on its way', async () => {
  const intent = {kind: 'action-intended', entry: 'one', way: 'forward', target: 'a', does: 'one'};
  const {journal} = journalWith({...intent, limitMs: 60_000} as never);
  let aheadMs = 0;
  const simulated = new SimulatedStore(() => Date.now() + aheadMs);
  const store = simulated.openedBy(served);
  await store.add(keyOf(run, 0), textOf(journal.entries), never);
  await store.add(leftKeyOf(run, 2), 'stopped\n', never);
  const shared = await sharedRunIn(store, run, never);
  const disk = new SimulatedDisk(['/', '/var']).openedBy(() => {});
  const operator = {user: 'kim', host: 'another-host', pid: 1};
  const host = {state: new StateFolder('/var/state', disk), operator};
  const clockAt = (start: Date) => ({
    ...clock,
    mark: 'test',
    monotonic: () => aheadMs,
    now: () => new Date(start.getTime() + aheadMs),
    sleep: async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      aheadMs += ms;
    },
  });
  const taking = {host, store, shared, isSure: false, whenTaken: async () => {}};
  await takeOverRun({...taking, clockAt: clockAt as never, waiting: () => {}}, never);
  const last = (await sharedEntries({store, run}, never)).at(-1);
  expect(last).toMatchObject({because: 'it reported that it has stopped'});
  expect(aheadMs).toBeGreaterThanOrEqual(4_000);
  expect(aheadMs).toBeLessThan(20_000);
});

test('the run of another host is not continued because its journal is here: a take-over may have died', () => {
  const {journal} = journalWith();
  const progress = progressOf(journal.entries);
  const continueOn = (host: string, alone: boolean) => () => {
    const operator = {user: 'kim', host, pid: 1};
    refuseWhileElsewhere({host: {operator}, alone}, progress as never, new Date());
  };
  const {host} = progress?.operator ?? {host: ''};
  expect(continueOn('another-host', false)).toThrow('this host has not taken it over');
  expect(continueOn('another-host', true)).not.toThrow();
  expect(continueOn(host, false)).not.toThrow();
});

test('a take-over that was not finished is no reason to work alone: the other host may not know of it', () => {
  const notBefore = new Date(Date.now() - 60_000).toISOString();
  const operator = {user: 'kim', host: 'here', pid: 1};
  const {journal} = journalWith({
    ...{kind: 'lock-taken-over', from: 'lee@there', operator, notBeforeUtc: notBefore},
  });
  const progress = progressOf(journal.entries);
  for (const alone of [false, true]) {
    expect(() =>
      refuseWhileElsewhere({host: {operator}, alone}, progress as never, new Date()),
    ).toThrow('was not finished');
  }
});

test('who hands a run over is named in its journal, unless the store does not say who that is', async () => {
  const handedOver = async (isAway: boolean) => {
    const {state, journal} = journalWith({kind: 'run-paused'});
    const whole = new SimulatedStore(() => Date.now()).openedBy(served);
    await whole.add(keyOf(run, 0), textOf(journal.entries), never);
    const store = isAway ? {...whole, caller: () => Promise.reject(new Error('away'))} : whole;
    const {operator} = progressOf(journal.entries) as never as {operator: never};
    const clockFrom = () => ({...clock, mark: 'test', now: () => new Date()}) as never;
    await handOverRun({host: {state, operator}, store, run, to: 'kim', clockFrom}, never);
    const entries = await sharedEntries({store, run}, never);
    return entries.slice(2).map((fact) => ('arn' in fact ? fact.arn : fact.kind));
  };
  expect(await handedOver(false)).toEqual([
    'arn:aws:iam::123456789012:role/operator',
    'run-handed-over',
  ]);
  expect(await handedOver(true)).toEqual(['run-handed-over']);
});

test('an offer that nobody has heard of, because its process died, is shared when it is repeated', async () => {
  const operator = {user: 'kim', host: 'here', pid: 1};
  const {state, journal} = journalWith(
    {kind: 'run-resumed', operator, accepted: []},
    {kind: 'run-handed-over', to: 'lee', operator},
  );
  const store = new SimulatedStore(() => Date.now()).openedBy(served);
  const clockFrom = () => ({...clock, mark: 'test', now: () => new Date()}) as never;
  const offer = (to: string) =>
    handOverRun({host: {state, operator}, store, run, to, clockFrom}, never);
  await expect(offer('ada')).rejects.toThrow('was handed over to lee');
  await offer('lee');
  const shared = await sharedEntries({store, run}, never);
  expect(shared.map(({kind}) => kind)).toEqual(journal.entries.map(({kind}) => kind));
  await offer('lee');
  expect(await sharedEntries({store, run}, never)).toHaveLength(shared.length);
});

test('a hand-over waits for an action that ended without an answer, and says so', async () => {
  const operator = {user: 'kim', host: 'here', pid: 1};
  const {state, journal} = journalWith(
    {kind: 'run-resumed', operator, accepted: []},
    {
      ...{kind: 'action-intended', entry: 'notes.lower', way: 'forward', target: 'dns'},
      ...{does: 'set the TTL', limitMs: 1_000},
    },
  );
  const store = new SimulatedStore(() => Date.now()).openedBy(served);
  const heard: string[] = [];
  const sleep = async (ms: number) => void heard.push(`slept ${ms}`);
  const clockFrom = () => ({...clock, sleep, mark: 'test', now: () => new Date()}) as never;
  const waiting = (ms: number) => heard.push(`said ${ms}`);
  await handOverRun({host: {state, operator}, store, run, to: 'lee', waiting, clockFrom}, never);
  expect(heard.slice(0, 2)).toEqual(['said 5000', 'slept 5000']);
  const shared = await sharedEntries({store, run}, never);
  expect(shared.at(-1)?.kind).toBe('run-handed-over');
  expect(shared).toHaveLength(journal.entries.length + 2);
});
