import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {type AwsEndpoint, startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import {createS3} from '../../lab/aws/s3.ts';
import {keyOf} from '../../src/journal/shared-log.ts';
import type {Fact} from '../../src/model/journal.ts';
import {s3Store} from '../../steps/s3/index.ts';
import {credentials} from '../lab/aws/started.ts';
import {runStarted} from '../model/journal-of.ts';
import {JournalFile} from './journal-file.ts';
import {type Desk, openDesk} from './switcharoo.ts';

const run = '20260301-030000-abcd';
const never = new AbortController().signal;

let desk: Desk;
let endpoint: AwsEndpoint;
beforeEach(async () => {
  desk = openDesk();
  const s3 = createS3({buckets: {cutovers: {}}});
  endpoint = await startAwsEndpoint({services: [s3], credentials});
});
afterEach(async () => {
  await desk.clear();
  await endpoint.stop();
});

test('the live page of a shared run follows its store, and says when that does not answer', async () => {
  const settings = {bucket: 'cutovers', region: 'us-east-1', endpoint: endpoint.url, credentials};
  const config = s3Store.config.parse(settings);
  const store = await s3Store.open(config, {name: 'journals', signal: never});
  // Written on another host, whose state folder nobody has here.
  const journal = new JournalFile(join(desk.stateFolder, 'other-host'), run);
  const share = async (fact: Fact) => {
    const key = keyOf(run, journal.seq + 1);
    await store.reader.add(key, journal.lineWith(fact), never);
  };
  await share(runStarted({run, storePlace: 's3://cutovers'}));
  const inventory = join(desk.stateFolder, 'inventory.yaml');
  const target = {kind: 's3-store', ...settings};
  const whole = {name: 'try', params: {}, targets: {journals: target}, store: 'journals'};
  writeFileSync(inventory, JSON.stringify(whole));

  const live = desk.start('live', '--shared', inventory, '--json');
  const printed = new Promise<string>((resolve) => {
    live.child.stdout?.once('data', (line) => resolve(String(line)));
  });
  await live.said('url');
  const {url} = JSON.parse(await printed);
  const state = async () => (await fetch(new URL('state.json', url))).json();
  expect(await state()).toMatchObject({run, seq: 0, trouble: null});
  await share({kind: 'checkpoint-reached', name: 'prepared'});
  await vi.waitFor(async () => expect(await state()).toMatchObject({seq: 1}), 10_000);

  await endpoint.stop();
  await vi.waitFor(
    async () =>
      expect(await state()).toMatchObject({
        ...{run, seq: 1},
        trouble: expect.stringContaining('s3://cutovers'),
        nowUtc: null,
      }),
    20_000,
  );
  live.child.kill('SIGTERM');
  expect(await live.ended).toMatchObject({code: 0, stderr: ''});
  await store.close();
}, 60_000);
