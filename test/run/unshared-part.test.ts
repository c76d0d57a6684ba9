import {expect, test} from 'vitest';
import {hashOf, lineOf} from '../../src/journal/chain.ts';
import {installJournal} from '../../src/journal/install-journal.ts';
import {reopenSharedLog, sharedJournalOf} from '../../src/journal/open-shared-log.ts';
import {keyOf, SharedLog, textOf} from '../../src/journal/shared-log.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {entryOf, type Fact, type FactOf, type JournalEntry} from '../../src/model/journal.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import {appliedEntries} from '../../src/model/progress.ts';
import {progressIn} from '../../src/run/past-runs.ts';
import {sharedRunIn} from '../../src/run/shared-run.ts';
import {takeOverRun} from '../../src/run/take-over-run.ts';
import {textHere, unsharedPart} from '../../src/run/unshared-part.ts';
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
const intended: FactOf<'action-intended'> = {
  ...{kind: 'action-intended', entry: 'freeze', way: 'forward', target: 'db1'},
  does: 'SET read_only',
};
const alone: readonly Told[] = [
  {kind: 'run-resumed', operator: kim, accepted: [], alone: true},
  ...stepDone('freeze', 'SET read_only'),
  {kind: 'point-of-no-return-passed', because: 'dismantle'},
  ...stepDone('dismantle', 'DROP'),
];

/** Kim's run, which went on alone on the laptop while `elsewhere` came into the store. Lee is at that laptop now. */
async function scene(elsewhere: readonly Told[], own = alone, named = 'journals') {
  const store = new SimulatedStore(() => Date.now()).openedBy(async (_what, serve) => serve());
  const started = runStarted({run, operator: kim, store: named, storePlace: store.place});
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
  const take = async (through: ObjectStore = store, on = host) =>
    takeOverRun(
      {
        ...{host: on, store: through, shared: await shared(), isSure: false},
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
  // Who repeats it is shown what was done here.
  const part = unsharedPart(host, run, await shared());
  expect(part).toMatchObject({by: 'kim@laptop', isStillTrue: true});
  expect(part?.entries).toHaveLength(alone.length);
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
  const {store, host, here, shared, take} = await scene([
    takenByAda,
    {kind: 'earlier-holder-stopped', because: 'it said so'},
    {kind: 'run-resumed', operator: ada, accepted: []},
    intended,
  ]);
  const part = unsharedPart(host, run, await shared());
  expect(part?.isStillTrue).toBe(false);
  expect(part?.acts.map(({does}) => does)).toEqual(['SET read_only', 'DROP']);
  await take();
  const {entries} = await sharedJournalOf({store, run}, never);
  expect(kinds(entries)).not.toContain('unshared-added');
  const kept = host.state.journalOf(run).replace('.jsonl', '.before-take-over-1.jsonl');
  expect(host.state.disk.read(kept).toString()).toBe(textOf(here));
});

test('what was not done is no part of it: an intent that was not sent, an offer, the end of what the store knows', async () => {
  const {kind, ...action} = intended;
  const problem = {code: 'store-unreachable', message: 'It is away.', hint: 'Wait.'};
  const partOf = async (elsewhere: readonly Told[], own: readonly Told[]) => {
    const {host, shared} = await scene(elsewhere, own);
    return unsharedPart(host, run, await shared());
  };
  const unsent: readonly Told[] = [
    intended,
    {...action, kind: 'action-unsent', problem},
    {kind: 'run-paused'},
  ];
  expect(await partOf([takenByAda], unsent)).toBeUndefined();
  // It waited at a barrier when the run was lost.
  expect(await partOf([takenByAda], [intended])).toBeUndefined();
  const offered: readonly Told[] = [
    {kind: 'run-paused'},
    {kind: 'run-handed-over', to: 'lee', operator: kim},
  ];
  expect(await partOf([takenByAda], offered)).toBeUndefined();
  expect(
    await partOf([intended], [intended, {...action, kind: 'action-performed'}]),
  ).toBeUndefined();
  // One that went on alone sent it, whatever became of that.
  const died: readonly Told[] = [
    {kind: 'run-resumed', operator: kim, accepted: [], alone: true},
    intended,
  ];
  expect(await partOf([takenByAda], died)).toMatchObject({acts: [{does: 'SET read_only'}]});
});

test('who worked alone stays named, and so does what became of the notices', async () => {
  const arn = 'arn:aws:iam::123456789012:role/kim';
  const told: Fact = {
    kind: 'people-told',
    deliveries: [{seq: 2, atUtc, event: 'paused', channel: 'mail'}],
  };
  const {store, host, take} = await scene(
    [takenByAda],
    [...alone, {kind: 'operator-identified', arn, principal: arn}, told],
  );
  await take();
  const {entries} = await sharedJournalOf({store, run}, never);
  expect(kinds(entries)).toContain('operator-identified');
  expect(progressIn(host, run).runners).toContain(arn);
  const moved = entries.find((entry) => entry.kind === 'people-told');
  const [delivery] = moved?.kind === 'people-told' ? moved.deliveries : [];
  expect(entries[delivery?.seq ?? 0]?.kind).toBe('run-resumed');
});

test('a damaged journal is not added: its actions are named', async () => {
  const {host, here, shared} = await scene([takenByAda]);
  const text = textOf(here);
  const path = host.state.journalOf(run);
  host.state.disk.remove(path);
  installJournal(path, text.replace('"does":"DROP"', '"does":"DROq"'), host.state.disk);
  expect(await unsharedPart(host, run, await shared())).toMatchObject({
    isStillTrue: false,
    acts: [{does: 'SET read_only'}],
  });
});

test('a store that does not answer before the take-over is written leaves this host able to go on alone', async () => {
  const {store, host, here, take} = await scene([takenByAda]);
  const away: ObjectStore = {...store, keys: () => Promise.reject(new Error('timed out'))};
  await expect(take(away)).rejects.toMatchObject({problem: {code: 'store-unreachable'}});
  expect(textHere(host, run)).toBe(textOf(here));
});

test('who takes a run back, and hears nothing, can repeat that', async () => {
  const offered: Fact = {kind: 'run-handed-over', to: 'ada', operator: kim};
  const {store, host, take} = await scene([offered], [offered]);
  const own = {...host, operator: kim};
  const away: ObjectStore = {...store, add: () => Promise.reject(new Error('timed out'))};
  await expect(take(away, own)).rejects.toThrow('It is not known');
  await take(store, own);
  expect(progressIn(host, run)).toMatchObject({operator: kim});
  expect(progressIn(host, run).notBefore).toBeUndefined();
});

test('a host that acted alone and lost the run is told to take it over there, until somebody acts elsewhere', async () => {
  const hints = async (elsewhere: readonly Told[], own = alone, named = 'journals') => {
    const {store, here, clock} = await scene(elsewhere, own, named);
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
    text: 'Tell the other operator not to continue the run. Then add these actions to the store with',
    command: `take-over ${run} -i INVENTORY`,
  };
  const lost = {
    ...hint,
    text: 'Tell the other operator not to continue the run. If nobody has continued it yet, this adds these actions to the store',
  };
  expect(await hints([takenByAda])).toEqual([lost, hint]);
  // The inventory does not name a store that the command line of the run named.
  const command = `take-over ${run} -i INVENTORY --store s3://ours/shop`;
  expect(await hints([takenByAda], alone, 's3://ours/shop')).toEqual([
    {...lost, command},
    {...hint, command},
  ]);
  expect(
    (await hints([takenByAda, {kind: 'run-paused'}], alone, 's3://ours/shop'))[1],
  ).toMatchObject({
    command: `status ${run} --shared s3://ours/shop`,
  });
  const acted = stepDone('freeze', 'SET read_only');
  const resumed: Fact = {kind: 'run-resumed', operator: ada, accepted: []};
  expect((await hints([takenByAda, resumed, ...acted]))[1]).toMatchObject({
    text: expect.stringContaining('Tell the other operator before they go on'),
  });
  expect(await hints([takenByAda], [{kind: 'run-paused'}])).not.toContainEqual(hint);
});
