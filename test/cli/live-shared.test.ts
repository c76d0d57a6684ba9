import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {GetObjectCommand, S3Client} from '@aws-sdk/client-s3';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {type AwsEndpoint, startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import {createS3, type S3} from '../../lab/aws/s3.ts';
import {credentials} from '../lab/aws/started.ts';
import {openSharedRun} from './shared-run.ts';
import {type Desk, openDesk} from './switcharoo.ts';

const run = '20260301-030000-abcd';

let desk: Desk;
let endpoint: AwsEndpoint;
let s3: S3;
let inventory: string;
beforeEach(async () => {
  desk = openDesk();
  s3 = createS3({buckets: {cutovers: {}}});
  endpoint = await startAwsEndpoint({services: [s3], credentials});
  const target = {kind: 's3-store', ...settings()};
  const whole = {name: 'try', params: {}, targets: {journals: target}, store: 'journals'};
  inventory = join(desk.stateFolder, 'inventory.yaml');
  writeFileSync(inventory, JSON.stringify(whole));
});
afterEach(async () => {
  await desk.clear();
  await endpoint.stop();
});

const settings = () => ({
  ...{bucket: 'cutovers', region: 'us-east-1', endpoint: endpoint.url, credentials},
});

const sharedRun = () => openSharedRun(desk, settings(), run);

test('the live page of a shared run follows its store, and says when that does not answer', async () => {
  const {share, close} = await sharedRun();

  const live = desk.start('live', '--shared', inventory, '--json');
  const printed = new Promise<string>((resolve) => {
    live.child.stdout?.once('data', (line) => resolve(String(line)));
  });
  await live.said('url');
  const {url} = JSON.parse(await printed);
  const state = async (): Promise<any> => (await fetch(new URL('state.json', url))).json();
  expect(await state()).toMatchObject({run, seq: 0, trouble: null});
  const {parts} = await state();
  expect(parts.now).toContain(
    '<dt>Expected end</dt><dd>Not known here, because the shared journal',
  );
  expect(parts.now).toContain('<dt>Last heard from</dt>');
  await share({kind: 'checkpoint-reached', name: 'prepared'});
  await vi.waitFor(async () => expect(await state()).toMatchObject({seq: 1}), 60_000);

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
  await close();
});

test('the live page in a store follows a run, outlasts a store that is away, and ends as the report', async () => {
  const {share, close} = await sharedRun();
  const live = desk.start('live', '--shared', inventory, '--to-store', inventory, '--json');
  let stderr = '';
  live.child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  await live.said('"url":"s3://cutovers/live/index.html"');
  const file = (name: string) => s3.contents('cutovers')[`live/${name}`] ?? '';
  const state = () => JSON.parse(file('state.json'));
  expect(file('index.html')).toContain('data-follow="files"');
  const first = state();
  expect(first).toMatchObject({run, seq: 0, trouble: null});
  expect([await servedOf('index.html'), await servedOf('state.json')]).toEqual([
    ['text/html; charset=utf-8', 'no-store'],
    ['application/json; charset=utf-8', 'no-store'],
  ]);
  await vi.waitFor(() => expect(state().madeAtUtc > first.madeAtUtc).toBe(true), 60_000);

  endpoint.faults.add({service: 's3', operation: 'PutObject', kind: 'silence', times: 1_000});
  await vi.waitFor(() => expect(stderr).toContain('the store does not answer. Trying again.'), {
    timeout: 60_000,
  });
  endpoint.faults.clear();
  await share({kind: 'run-done'});
  await vi.waitFor(() => expect(state().structure).toBe('ended'), 60_000);
  expect(state()).toMatchObject({run, seq: 1, trouble: null});
  expect(file('index.html')).not.toContain('<script');
  // A bucket may keep each version: after the report, nothing more is written.
  const puts = endpoint.calls('s3', 'PutObject');
  await setTimeout(3_500);
  expect(endpoint.calls('s3', 'PutObject')).toBe(puts);

  live.child.kill('SIGTERM');
  const ended = await live.ended;
  expect([ended.code, ended.stderr.match(/Trying again/g)]).toEqual([0, ['Trying again']]);
  await close();
});

test('a store that refuses is asked once a second, and not more often', async () => {
  const {close} = await sharedRun();
  const live = desk.start('live', '--shared', inventory, '--to-store', inventory, '--json');
  let stderr = '';
  live.child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  await live.said('"url":"s3://cutovers/live/index.html"');
  endpoint.faults.add({service: 's3', operation: 'PutObject', kind: 'deny', times: 1_000});
  await vi.waitFor(() => expect(stderr).toContain('Trying again.'), {timeout: 60_000});
  const [asked, sinceMs] = [endpoint.calls('s3', 'PutObject'), performance.now()];
  await vi.waitFor(() => expect(endpoint.calls('s3', 'PutObject')).toBeGreaterThan(asked + 3), {
    timeout: 60_000,
  });
  // Each time, it writes one file or two.
  expect(performance.now() - sinceMs).toBeGreaterThan(900);
  live.child.kill('SIGTERM');
  expect(await live.ended).toMatchObject({code: 0});
  await close();
});

test('a store in which somebody else has a page is left as it is', async () => {
  s3.put('cutovers', 'live/index.html', '<h1>Our shop</h1>');
  const {code, stderr} = await desk.run('live', '--to-store', inventory);
  expect({code, stderr}).toEqual({
    code: 3,
    stderr: expect.stringContaining('live-page-unwritable'),
  });
  expect(s3.contents('cutovers')).toEqual({'live/index.html': '<h1>Our shop</h1>'});
});

/** As S3 answers a browser. */
async function servedOf(name: string): Promise<readonly (string | undefined)[]> {
  const client = new S3Client({...settings(), credentials: {...credentials}, forcePathStyle: true});
  const command = new GetObjectCommand({Bucket: 'cutovers', Key: `live/${name}`});
  const {ContentType, CacheControl} = await client.send(command);
  client.destroy();
  return [ContentType, CacheControl];
}
