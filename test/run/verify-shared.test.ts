import {afterEach, beforeEach, expect, test} from 'vitest';
import {createS3, type S3} from '../../lab/aws/s3.ts';
import {keyOf, textOf} from '../../src/journal/shared-log.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import {verifyShared} from '../../src/run/verify-shared.ts';
import {MemoryJournal} from '../../src/testing/memory-journal.ts';
import {s3Store} from '../../steps/s3/index.ts';
import {type Started, started} from '../lab/aws/started.ts';
import {runStarted} from '../model/journal-of.ts';

const run = '20261127-030000-0001';
const never = new AbortController().signal;

let s3: S3;
let lab: Started;
let close: (() => Promise<void>)[];
beforeEach(async () => {
  s3 = createS3({buckets: {cutovers: {}, others: {}}, unversioned: ['others']});
  lab = await started(s3);
  close = [];
});
afterEach(async () => {
  await Promise.all(close.map((each) => each()));
  await lab[Symbol.asyncDispose]();
});

async function storeIn(bucket: string): Promise<ObjectStore> {
  const config = s3Store.config.parse({bucket, prefix: 'shop', ...lab.config});
  const session = await s3Store.open(config, {name: 'store', signal: never});
  close.push(session.close);
  return session.writer;
}

/** Three entries in two objects. */
async function sharedIn(bucket: string) {
  const store = await storeIn(bucket);
  const journal = new MemoryJournal();
  journal.append(runStarted({run}));
  journal.append({kind: 'run-paused'});
  journal.append({kind: 'run-done'});
  const texts = {
    first: textOf(journal.entries.slice(0, 1)),
    rest: textOf(journal.entries.slice(1)),
  };
  await store.add(keyOf(run, 0), texts.first, never);
  await store.add(keyOf(run, 1), texts.rest, never);
  return {store, journal, ...texts};
}

const key = (seq: number) => `shop/${keyOf(run, seq)}`;
const problemOf = (store: ObjectStore) =>
  verifyShared(store, run, never).then(
    () => undefined,
    (error) => ({code: error.problem?.code, message: error.problem?.message ?? String(error)}),
  );

test('a journal that nobody changed is verified as the store has it', async () => {
  const {store, journal} = await sharedIn('cutovers');
  expect(await verifyShared(store, run, never)).toEqual({
    ...{place: 's3://cutovers/shop', entries: 3, head: journal.head},
    ...{objects: 2, keepsVersions: true},
  });
});

test('an object that was replaced or deleted is named, also when the same text is there again', async () => {
  const {store, rest} = await sharedIn('cutovers');
  s3.put('cutovers', key(1), rest);
  expect(await problemOf(store)).toEqual({
    code: 'shared-journal-changed',
    message: `Objects of the journal of ${run} in s3://cutovers/shop were changed after they were written: ${run}/00000001.jsonl has 2 versions. Each should have one version and no delete marker.`,
  });
  s3.remove('cutovers', key(0));
  s3.remove('cutovers', key(1));
  s3.put('cutovers', key(1), rest);
  expect((await problemOf(store))?.message).toContain(
    `: ${run}/00000000.jsonl was deleted once; ${run}/00000001.jsonl has 3 versions and was deleted once. `,
  );
});

test('without versions a deleted object leaves a gap, and nobody is told that nothing was replaced', async () => {
  const {store, rest} = await sharedIn('others');
  s3.put('others', key(1), rest);
  expect(await verifyShared(store, run, never)).toMatchObject({objects: 2, keepsVersions: false});
  s3.remove('others', key(0));
  expect((await problemOf(store))?.code).toBe('shared-journal-incomplete');
});

test('an entry in two objects is named, and so is a line that does not follow', async () => {
  const {store, rest} = await sharedIn('cutovers');
  await store.add(keyOf(run, 2), rest, never);
  expect(await problemOf(store)).toMatchObject({
    code: 'shared-journal-overlap',
    message: expect.stringContaining(`Entry 2 of ${run} is in two objects`),
  });
  const other = await storeIn('others');
  await other.add(keyOf(run, 0), rest, never);
  expect((await problemOf(other))?.code).toBe('journal-damaged');
});

test('an object that blocks the run is named: empty, without the end of its line, or with another name', async () => {
  const {store} = await sharedIn('others');
  const added = [
    ['00000003.jsonl', 'x'],
    ['00000003.jsonl', ''],
    ['1.jsonl', ''],
    ['zzz', 'x\n'],
  ] as const;
  for (const [name, text] of added) {
    s3.put('others', `shop/${run}/${name}`, text);
    expect(await problemOf(store)).toMatchObject({
      code: 'shared-journal-damaged',
      message: expect.stringContaining(`${run}/${name} in s3://others/shop `),
    });
    s3.remove('others', `shop/${run}/${name}`);
  }
  expect(await problemOf(store)).toBeUndefined();
});

test('a store must still have what this host read of it before', async () => {
  const {store, journal, first, rest} = await sharedIn('others');
  const whole = {path: 'copy.jsonl', text: `${first}${rest}`};
  const part = {...whole, text: first};
  expect(await verifyShared(store, run, never, part)).toMatchObject({head: journal.head});
  expect(await verifyShared(store, run, never, whole)).toMatchObject({head: journal.head});
  s3.remove('others', key(1));
  const shorter = verifyShared(store, run, never, whole);
  await expect(shorter).rejects.toMatchObject({problem: {code: 'shared-journal-changed'}});
  await expect(shorter).rejects.toThrow(`Entry 1 of ${run} is missing in s3://others/shop`);
});

test('every page of the versions is read', async () => {
  const store = await storeIn('cutovers');
  for (let number = 0; number < 700; number += 1) {
    const name = `shop/paged/${String(number).padStart(4, '0')}`;
    s3.put('cutovers', name, 'text');
    s3.put('cutovers', name, 'again');
  }
  s3.remove('cutovers', 'shop/paged/0699');
  const histories = await store.safeguards.history('paged/', never);
  expect(histories.map(({versions}) => versions)).toEqual(Array.from({length: 700}, () => 2));
  expect(histories.at(-1)).toEqual({key: 'paged/0699', versions: 2, deletions: 1, isKept: true});
});
