import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {CreateBucketCommand, PutBucketVersioningCommand, S3Client} from '@aws-sdk/client-s3';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {s3Store} from '../../../steps/s3/index.ts';
import {type Desk, type Ended, lastDocument, openDesk} from '../../cli/switcharoo.ts';
import {storeLaws} from '../../journal/store-laws.ts';
import {type Ceph, hasCeph, startCeph} from './ceph.ts';

const region = 'us-east-1';
const runbook = 'docs/examples/maintenance.ts';

// An S3 that others wrote, which honours If-None-Match where a bucket keeps no versions (seen with Ceph 16.2.15).
describe.skipIf(!hasCeph)('Ceph', () => {
  let ceph: Ceph;
  let admin: S3Client;
  let [here, there]: Desk[] = [];
  beforeAll(async () => {
    ceph = await startCeph();
    // A client of the SDK writes into its credentials.
    const {endpoint, credentials} = ceph;
    admin = new S3Client({endpoint, credentials: {...credentials}, region, forcePathStyle: true});
    here = openDesk();
    there = openDesk();
    await admin.send(new CreateBucketCommand({Bucket: 'cutovers'}));
  });
  afterAll(async () => {
    admin?.destroy();
    await here?.clear();
    await there?.clear();
    await ceph?.stop();
  });

  const place = (bucket: string) => {
    const {endpoint, credentials} = ceph;
    return {bucket, prefix: 'shop', region, endpoint, credentials};
  };

  /** An inventory whose store is a bucket. Its page is put up and taken down. */
  function inventoryFor(bucket: string) {
    const folder = (here as Desk).stateFolder;
    const file = join(folder, `${bucket}.yaml`);
    const page = join(folder, `${bucket}.html`);
    const shopPage = {kind: 'maintenance-page', path: page};
    const targets = {shopPage, journals: {kind: 's3-store', ...place(bucket)}};
    const whole = {name: bucket, params: {pageText: 'Back at six.'}, targets, store: 'journals'};
    writeFileSync(file, JSON.stringify(whole));
    return {file, page};
  }

  const resultsOf = (ended: Ended) =>
    Object.fromEntries(
      lastDocument(ended).checks.map(({check, result}: Record<string, string>) => [check, result]),
    );

  storeLaws('in a bucket without versions', async () => {
    const config = s3Store.config.parse(place('cutovers'));
    const never = new AbortController().signal;
    const {writer, close} = await s3Store.open(config, {name: 'store', signal: never});
    return {store: writer, close};
  });

  test('a run is shared in a bucket without versions, continued, taken over and reversed', async () => {
    const [first, second] = [here as Desk, there as Desk];
    const {file, page} = inventoryFor('cutovers');
    const checked = await first.run('store', 'check', '-i', file, '--json');
    expect(checked.code, checked.stdout + checked.stderr).toBe(0);
    expect(resultsOf(checked)).toEqual({
      keys: 'good',
      'one-writer': 'good',
      'plain-write': 'advice',
      approvals: 'advice',
      'live-page': 'good',
      deletion: 'advice',
      versions: 'advice',
      'object-lock': 'advice',
      'round-trip': 'good',
    });
    const paused = await first.run(
      ...['run', runbook, '-i', file, '--until', 'closed', '--yes', '--json'],
    );
    expect(paused.code, paused.stdout + paused.stderr).toBe(0);
    expect(existsSync(page)).toBe(true);
    const {run} = lastDocument(await first.run('status', '--offline', '--json'));
    const taking = ['take-over', run, '-i', file, '--name', run, '--now', '--json'];
    const taken = await second.run(...taking);
    expect(taken.code, taken.stdout + taken.stderr).toBe(0);
    const overtaken = await first.run('resume', run, '--yes', '--json');
    expect(lastDocument(overtaken).problems).toMatchObject([{code: 'run-continued-elsewhere'}]);
    const reversed = await second.run('reverse', run, '--yes', '--json');
    expect(reversed.code, reversed.stdout + reversed.stderr).toBe(0);
    expect(existsSync(page)).toBe(false);
    const verified = await first.run('log', run, '--verify', '--shared', file, '--json');
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  });

  test('a bucket with versions is refused by store check, and by a run before it changes something', async () => {
    const desk = here as Desk;
    await admin.send(new CreateBucketCommand({Bucket: 'locked', ObjectLockEnabledForBucket: true}));
    await admin.send(new CreateBucketCommand({Bucket: 'versions'}));
    const VersioningConfiguration = {Status: 'Enabled'} as const;
    await admin.send(new PutBucketVersioningCommand({Bucket: 'versions', VersioningConfiguration}));
    for (const bucket of ['locked', 'versions']) {
      const {file, page} = inventoryFor(bucket);
      const checked = await desk.run('store', 'check', '-i', file, '--json');
      expect(checked.code, checked.stdout + checked.stderr).toBe(3);
      expect(lastDocument(checked)).toMatchObject({
        checks: [{check: 'one-writer', result: 'bad'}],
        problems: [{code: 'store-overwrites', hint: expect.stringContaining('versions')}],
      });
      const refused = await desk.run('run', runbook, '-i', file, '--yes', '--json');
      expect(lastDocument(refused).problems, refused.stderr).toMatchObject([
        {code: 'store-overwrites'},
      ]);
      expect([bucket, existsSync(page)]).toEqual([bucket, false]);
    }
  });
});
