import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {type AwsEndpoint, startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import {createS3, type S3} from '../../lab/aws/s3.ts';
import {LiveFeed} from '../../src/cli/live/feed.ts';
import {StoreFiles} from '../../src/cli/live/store-files.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import type {HolderName} from '../../src/report/index.ts';
import {LiveRun} from '../../src/run/live-run.ts';
import {s3Store} from '../../steps/s3/index.ts';
import {credentials} from '../lab/aws/started.ts';
import {runStarted} from '../model/journal-of.ts';
import {JournalFile} from './journal-file.ts';

const never = new AbortController().signal;
const run = '20260301-030000-abcd';

let folder: string;
let endpoint: AwsEndpoint;
let s3: S3;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-test-'));
  s3 = createS3({buckets: {cutovers: {}}});
  endpoint = await startAwsEndpoint({services: [s3], credentials});
  vi.useFakeTimers({toFake: ['performance']});
});
afterEach(async () => {
  vi.useRealTimers();
  await endpoint.stop();
  rmSync(folder, {recursive: true, force: true});
});

const openedStore = () => {
  const config = {bucket: 'cutovers', region: 'us-east-1', endpoint: endpoint.url, credentials};
  return s3Store.open(s3Store.config.parse(config), {name: 's', signal: never});
};

test('a report that changes a moment after the run has ended is written again, whole', async () => {
  const store = await openedStore();
  const journal = new JournalFile(folder, run);
  journal.add(runStarted({run}));
  let holder: HolderName | undefined = {user: 'ada', host: 'bastion', pid: 4711};
  const live = new LiveRun({state: new StateFolder(folder)}, undefined, {holderOf: () => holder});
  const feed = new LiveFeed(live);
  const files = new StoreFiles(store.reader, undefined);
  const page = async () => {
    feed.look();
    await files.write(feed, never);
    return s3.contents('cutovers')['live/index.html'];
  };
  await page();
  journal.add({kind: 'run-done'});
  expect(await page()).toContain('<dt>Process</dt><dd>ada@bastion, pid 4711.</dd>');
  holder = undefined;
  expect(await page()).toContain('<dt>Process</dt><dd>none.</dd>');
  const written = endpoint.calls('s3', 'PutObject');
  vi.advanceTimersByTime(10_000);
  await page();
  expect(endpoint.calls('s3', 'PutObject')).toBe(written);
  await store.close();
});

test('after a write that failed, none is in flight that could replace the next one', async () => {
  const store = await openedStore();
  const journal = new JournalFile(folder, run);
  journal.add(runStarted({run}));
  const feed = new LiveFeed(new LiveRun({state: new StateFolder(folder)}, undefined));
  let inFlight = 0;
  const publish: ObjectStore['publish'] = async (...words) => {
    inFlight += 1;
    await store.reader.publish(...words).finally(() => {
      inFlight -= 1;
    });
  };
  const counted: ObjectStore = Object.assign(Object.create(store.reader), {publish});
  const files = new StoreFiles(counted, undefined);
  feed.look();
  await files.write(feed, never);
  journal.add({kind: 'checkpoint-reached', name: 'prepared'});
  vi.advanceTimersByTime(2_000);
  feed.look();
  endpoint.faults.add({service: 's3', operation: 'PutObject', kind: 'deny'});
  endpoint.faults.add({service: 's3', operation: 'PutObject', kind: 'delay', delayMs: 500});
  await expect(files.write(feed, never)).rejects.toThrow('The page of the run cannot be written');
  expect(inFlight).toBe(0);
  await store.close();
});

test('what has changed is in the store after one write, and the page itself every two seconds', async () => {
  const store = await openedStore();
  const journal = new JournalFile(folder, run);
  journal.add(runStarted({run}));
  const feed = new LiveFeed(new LiveRun({state: new StateFolder(folder)}, undefined));
  const files = new StoreFiles(store.reader, undefined);
  const write = async () => {
    const before = endpoint.calls('s3', 'PutObject');
    feed.look();
    await files.write(feed, never);
    return endpoint.calls('s3', 'PutObject') - before;
  };
  const shown = () => {
    const {'live/index.html': page, 'live/state.json': state} = s3.contents('cutovers');
    const [, seq] = /<span id="seq">(\d+)</.exec(page ?? '') ?? [];
    return {page: Number(seq), state: JSON.parse(state ?? '{}').seq};
  };
  expect([await write(), shown()]).toEqual([2, {page: 0, state: 0}]);
  journal.add({kind: 'checkpoint-reached', name: 'prepared'});
  expect([await write(), shown()]).toEqual([1, {page: 0, state: 1}]);
  expect(await write()).toBe(0);
  vi.advanceTimersByTime(2_000);
  expect([await write(), shown()]).toEqual([2, {page: 1, state: 1}]);

  // The next run has a page of its own, which browsers load once the state names it: the page comes first.
  const next = '20990301-030000-abcd';
  new JournalFile(folder, next).add(runStarted({run: next}));
  endpoint.faults.add({service: 's3', operation: 'PutObject', kind: 'deny'});
  await expect(write()).rejects.toThrow('The page of the run cannot be written');
  expect(shown()).toEqual({page: 1, state: 1});
  expect([await write(), shown()]).toEqual([2, {page: 0, state: 0}]);
  await store.close();
});
