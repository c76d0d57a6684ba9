import {expect, test} from 'vitest';
import {hashOf, lineOf} from '../../src/journal/chain.ts';
import {installJournal} from '../../src/journal/install-journal.ts';
import {reopenSharedLog, sharedJournalOf} from '../../src/journal/open-shared-log.ts';
import {keyOf, SharedLog, textOf} from '../../src/journal/shared-log.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {entryOf, type Fact, type JournalEntry} from '../../src/model/journal.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import {appliedEntries} from '../../src/model/progress.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {sharedRunIn} from '../../src/run/shared-run.ts';
import {takeOverRun} from '../../src/run/take-over-run.ts';
import {actionsOf, textHere, unsharedPart} from '../../src/run/unshared-part.ts';
import {journalOf, runStarted, stepDone, type Told} from '../model/journal-of.ts';
import {SimulatedDisk} from '../simulation/disk.ts';
import {SimulatedStore} from '../simulation/store.ts';

const run = '20261127-030000-0001';
const never = new AbortController().signal;
const ada = {user: 'ada', host: 'bastion', pid: 1};
const kim = {user: 'kim', host: 'laptop', pid: 1};
const lee = {user: 'lee', host: 'laptop', pid: 2};
const atUtc = '2026-03-01T03:00:00.000Z';

const takenByAda: Fact = {
  ...{kind: 'lock-taken-over', from: 'kim@laptop', operator: ada},
  notBeforeUtc: atUtc,
};
const alone: readonly Told[] = [
  {kind: 'run-resumed', operator: kim, accepted: [], alone: true},
  ...stepDone('freeze', 'SET read_only'),
  {kind: 'point-of-no-return-passed', because: 'dismantle'},
  ...stepDone('dismantle', 'DROP'),
];

/** Kim's run, which went on alone on the laptop while `elsewhere` came into the store. Lee is at that laptop now. */
async function scene(elsewhere: readonly Told[], own = alone) {
  const store = new SimulatedStore(() => Date.now()).openedBy(async (_what, serve) => serve());
  const started = runStarted({run, operator: kim, store: 'journals', storePlace: store.place});
  const both: readonly Told[] = [started, {kind: 'entry-started', entry: 'freeze'}];
  const there = journalOf([...both, ...elsewhere]);
  await store.add(keyOf(run, 0), textOf(there.slice(0, 2)), never);
  if (there.length > 2) {
    await store.add(keyOf(run, 2), textOf(there.slice(2)), never);
  }
  const disk = new SimulatedDisk(['/', '/var']).openedBy(() => {});
  const host = {state: new StateFolder('/var/state', disk), operator: lee};
  const here = journalOf([...both, ...own]);
  installJournal(host.state.journalOf(run), textOf(here), disk);
  let ms = Date.now();
  const clock = {
    ...{mark: 'test', monotonic: () => ms, now: () => new Date(ms)},
    sleep: async (forMs: number) => {
      ms += forMs;
    },
  };
  const shared = () => sharedRunIn(store, run, never);
  const take = async (through: ObjectStore = store) =>
    takeOverRun(
      {
        ...{host, store: through, shared: await shared(), isSure: false},
        ...{whenTaken: async () => {}, waiting: () => {}, clockAt: () => clock as never},
      },
      never,
    );
  return {store, host, here, shared, take, clock};
}

const kinds = (entries: readonly JournalEntry[]) => entries.map(({kind}) => kind);

test('what a host did alone is added to the store when the run is taken over there: it counts as done by the run', async () => {
  const {store, host, here, take} = await scene([takenByAda]);
  await take();
  const {text, entries} = await sharedJournalOf({store, run}, never);
  expect(entries.slice(3, 5)).toMatchObject([
    {kind: 'unshared-added', by: 'kim@laptop', entries: here.length - 2, operator: lee},
    {kind: 'run-resumed', operator: kim, alone: true},
  ]);
  expect(kinds(entries).slice(-3)).toEqual([
    'lock-taken-over',
    'operator-identified',
    'earlier-holder-stopped',
  ]);
  const times = (all: readonly JournalEntry[]) => all.map(({kind, atUtc: at}) => [kind, at]);
  expect(times(entries.slice(4, -3))).toEqual(times(here.slice(2)));
  const progress = progressIn(host, run);
  expect(appliedEntries(progress).map(({id}) => id)).toEqual(['freeze', 'dismantle']);
  expect(progress).toMatchObject({passedPointOfNoReturn: true, operator: lee});
  expect(textHere(host, run)).toBe(text);
});

test('a take-over that dies or hears nothing keeps what the host did alone, and its repetition adds it', async () => {
  const {store, host, take, shared} = await scene([takenByAda]);
  const away: ObjectStore = {...store, add: () => Promise.reject(new Error('timed out'))};
  await expect(take(away)).rejects.toThrow('It is not known');
  // Nobody here can go on before it is repeated.
  expect(progressIn(host, run)).toMatchObject({
    ...{passedPointOfNoReturn: true, notBefore: expect.any(Date)},
  });
  expect(unsharedPart(host, run, await shared())).toBeUndefined();
  await take();
  const {text, entries} = await sharedJournalOf({store, run}, never);
  expect(kinds(entries).filter((kind) => kind === 'unshared-added')).toHaveLength(1);
  expect(kinds(entries)).toContain('point-of-no-return-passed');
  expect(textHere(host, run)).toBe(text);
});

test('who began to take it over meanwhile elsewhere does not hide what the host did alone', async () => {
  const {store, take} = await scene([takenByAda]);
  let isFirst = true;
  const raced: ObjectStore = {
    ...store,
    add: async (key, text, signal) => {
      if (isFirst && key === keyOf(run, 3)) {
        isFirst = false;
        const before = await sharedJournalOf({store, run}, never);
        const stopped = {kind: 'earlier-holder-stopped', because: 'it said so'} as const;
        const prev = hashOf(lineOf(before.entries[2] as JournalEntry));
        const next = entryOf({seq: 3, atUtc, prev}, stopped);
        await store.add(key, textOf([next]), never);
      }
      return store.add(key, text, signal);
    },
  };
  await take(raced);
  const {entries} = await sharedJournalOf({store, run}, never);
  expect(kinds(entries).slice(2, 6)).toEqual([
    ...['lock-taken-over', 'earlier-holder-stopped', 'unshared-added', 'run-resumed'],
  ]);
  expect(kinds(entries).filter((kind) => kind === 'unshared-added')).toHaveLength(1);
  expect(kinds(entries).filter((kind) => kind === 'lock-taken-over')).toHaveLength(2);
});

test('where another host has acted since, nothing is added: it is kept beside, and its actions are named', async () => {
  const intended: Fact = {
    ...{kind: 'action-intended', entry: 'freeze', way: 'forward', target: 'db1'},
    does: 'SET read_only',
  };
  const {store, host, here, shared, take} = await scene([
    takenByAda,
    {kind: 'earlier-holder-stopped', because: 'it said so'},
    {kind: 'run-resumed', operator: ada, accepted: []},
    intended,
  ]);
  const part = unsharedPart(host, run, await shared());
  expect(part?.isStillTrue).toBe(false);
  expect(part && actionsOf(part).map(({does}) => does)).toEqual(['SET read_only', 'DROP']);
  await take();
  const {entries} = await sharedJournalOf({store, run}, never);
  expect(kinds(entries)).not.toContain('unshared-added');
  const kept = host.state.journalOf(run).replace('.jsonl', '.before-take-over-1.jsonl');
  expect(host.state.disk.read(kept).toString()).toBe(textOf(here));
});

test('entries that were shared a moment later are no part of what was done alone, nor are offers', async () => {
  const {host, shared, here} = await scene([]);
  expect(unsharedPart(host, run, await shared())).toBeUndefined();
  expect(here.length).toBeGreaterThan(2);
  const offered = await scene(
    [takenByAda],
    [{kind: 'run-paused'}, {kind: 'run-handed-over', to: 'lee', operator: kim}],
  );
  expect(unsharedPart(offered.host, run, await offered.shared())).toBeUndefined();
});

test('a host that acted alone and lost the run is told to take it over there, until somebody acts elsewhere', async () => {
  const hints = async (elsewhere: readonly Told[], own = alone) => {
    const {store, here, clock} = await scene(elsewhere, own);
    const sharing = {store, run, clock};
    // A process that goes on has written its entries; one that begins has only read them.
    const log = new SharedLog(sharing, 2);
    void log.watch(here, AbortSignal.abort());
    const refused = [log.add(here, never), reopenSharedLog(sharing, here, never)];
    const problems = refused.map((each) =>
      each.then(
        () => undefined,
        (error) => error.problem.hint,
      ),
    );
    return Promise.all(problems);
  };
  const hint = {
    text: 'Tell the other operator not to continue. A take-over on this host adds it to the store',
    command: `take-over ${run} -i INVENTORY`,
  };
  expect(await hints([takenByAda])).toEqual([hint, hint]);
  const acted = stepDone('freeze', 'SET read_only');
  const resumed: Fact = {kind: 'run-resumed', operator: ada, accepted: []};
  expect((await hints([takenByAda, resumed, ...acted]))[1]).not.toEqual(hint);
  expect(await hints([takenByAda], [{kind: 'run-paused'}])).not.toContainEqual(hint);
});
