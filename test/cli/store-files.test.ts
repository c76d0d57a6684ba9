import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {type AwsEndpoint, startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import {createS3, type S3} from '../../lab/aws/s3.ts';
import {LiveFeed} from '../../src/cli/live/feed.ts';
import {StoreFiles} from '../../src/cli/live/store-files.ts';
import {StateFolder} from '../../src/journal/state-folder.ts';
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

test('what has changed is in the store after one write, and the page itself every two seconds', async () => {
  const config = {bucket: 'cutovers', region: 'us-east-1', endpoint: endpoint.url, credentials};
  const store = await s3Store.open(s3Store.config.parse(config), {name: 's', signal: never});
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
