import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {type AwsEndpoint, startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import {createIdentity} from '../../lab/aws/identity.ts';
import {createS3, type S3} from '../../lab/aws/s3.ts';
import {credentials} from '../lab/aws/started.ts';
import {type Desk, type Ended, lastDocument, openDesk} from './switcharoo.ts';

const place = 's3://cutovers/shop';
const runbook = 'docs/examples/maintenance.ts';

let [here, there]: Desk[] = [];
let endpoint: AwsEndpoint;
let s3: S3;
let page: string;
let inventory: string;
beforeAll(async () => {
  here = openDesk();
  there = openDesk();
  s3 = createS3({buckets: {cutovers: {}}});
  endpoint = await startAwsEndpoint({services: [s3, createIdentity().sts], credentials});
  // The account and the region of the environment.
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint.url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  page = join(here.stateFolder, 'page.html');
  inventory = join(here.stateFolder, 'inventory.yaml');
  const shopPage = {kind: 'maintenance-page', path: page};
  const whole = {name: 'try', params: {pageText: 'Back at six.'}, targets: {shopPage}};
  writeFileSync(inventory, JSON.stringify(whole));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await here?.clear();
  await there?.clear();
  await endpoint.stop();
});

const problemIn = (ended: Ended) => lastDocument(ended).problems[0];

test('a store that is named on the command line is that of the run, also when it is handed over', async () => {
  const [first, second] = [here as Desk, there as Desk];
  const named = ['-i', inventory, '--store', place] as const;
  const planned = lastDocument(await first.run('plan', runbook, ...named, '--json'));
  expect(planned.next).toEqual([expect.stringContaining(` --store ${place} --plan `)]);
  expect(planned.remarks.join(' ')).toContain(`The journal is shared in ${place}`);
  const paused = await first.run('run', runbook, ...named, '--until', 'closed', '--yes', '--json');
  expect(paused.code, paused.stdout + paused.stderr).toBe(0);
  expect(existsSync(page)).toBe(true);
  const {run} = lastDocument(await first.run('status', '--offline', '--json'));
  expect(Object.keys(s3.contents('cutovers'))).toContainEqual(
    expect.stringMatching(`^shop/${run}/`),
  );

  const handed = await first.run('hand-over', run, '--to', 'kim', '--json');
  expect(handed.code, handed.stdout + handed.stderr).toBe(0);
  expect(lastDocument(handed).next).toEqual([`take-over ${run} -i INVENTORY --store ${place}`]);
  const take = ['take-over', run, '-i', inventory, '--name', run, '--json'] as const;
  const unnamed = await second.run(...take);
  expect(problemIn(unnamed)).toMatchObject({
    code: 'store-not-named',
    hint: expect.stringContaining('--store s3://bucket/prefix'),
  });
  const taken = await second.run(...take, '--store', place);
  expect(taken.code, taken.stdout + taken.stderr).toBe(0);
  const reversed = await second.run('reverse', run, '--yes', '--json');
  expect(reversed.code, reversed.stdout + reversed.stderr).toBe(0);
  expect(existsSync(page)).toBe(false);
  const verified = await first.run('log', run, '--verify', '--shared', place, '--json');
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  const log = await first.run('log', run, '--shared', place, '--json');
  expect(log.stdout).toContain('"kind":"run-reversed"');
});

test('an inventory can name a place as its store, and store check needs no inventory', async () => {
  const desk = here as Desk;
  const checked = await desk.run('store', 'check', '--store', place, '--json');
  expect(checked.code, checked.stdout + checked.stderr).toBe(0);
  expect(lastDocument(checked)).toMatchObject({store: place, place});
  const setup = await desk.run('store', 'init', '--store', place, '--json');
  expect(lastDocument(setup).next).toEqual([
    expect.stringContaining(`store check --store ${place}`),
  ]);
  const file = join(desk.stateFolder, 'placed.yaml');
  const shopPage = {kind: 'maintenance-page', path: page};
  const params = {pageText: 'Back at six.'};
  const whole = {name: 'placed', params, targets: {shopPage}, store: place};
  writeFileSync(file, JSON.stringify(whole));
  const planned = lastDocument(await desk.run('plan', runbook, '-i', file, '--json'));
  expect(planned.remarks.join(' ')).toContain(`The journal is shared in ${place}`);
});

test('a run is handed over through the store in which it began, also when its inventory names that no more', async () => {
  const desk = here as Desk;
  const file = join(desk.stateFolder, 'began.yaml');
  const shopPage = {kind: 'maintenance-page', path: join(desk.stateFolder, 'began.html')};
  const journals = {kind: 's3-store', bucket: 'cutovers', prefix: 'began', region: 'us-east-1'};
  const params = {pageText: 'Back at six.'};
  const whole = {name: 'began', params, targets: {shopPage, journals}, store: 'journals'};
  writeFileSync(file, JSON.stringify(whole));
  const paused = await desk.run('run', runbook, '-i', file, '--until', 'closed', '--yes', '--json');
  expect(paused.code, paused.stdout + paused.stderr).toBe(0);
  const {run} = lastDocument(await desk.run('status', '--offline', '--json'));
  const {store: _, ...storeless} = {...whole, targets: {shopPage}};
  writeFileSync(file, JSON.stringify(storeless));
  const handed = await desk.run('hand-over', run, '--to', 'kim', '--json');
  expect(handed.code, handed.stdout + handed.stderr).toBe(0);
  const log = await desk.run('log', run, '--shared', 's3://cutovers/began', '--json');
  expect(log.stdout).toContain('"kind":"run-handed-over"');
});

test('permissions has the grants of a named store, and the commands of a sheet name it', async () => {
  const desk = here as Desk;
  const named = [runbook, '-i', inventory, '--store', place, '--json'] as const;
  const grants = lastDocument(await desk.run('permissions', ...named));
  expect(grants.targets).toContainEqual(
    expect.objectContaining({target: place, kind: 's3-store', rights: expect.anything()}),
  );
  expect(JSON.stringify(grants.policies)).toContain('arn:aws:s3:::cutovers/shop/*');
  expect(grants.next).toEqual([expect.stringContaining(` --store ${place}`)]);
  const {markdown} = lastDocument(await desk.run('sheet', ...named));
  expect(markdown).toContain(` --store ${place}`);
});

test('a store that is neither a place nor a target is refused, and so is none at all', async () => {
  const desk = here as Desk;
  const unknown = await desk.run('plan', runbook, '-i', inventory, '--store', 'shopPag', '--json');
  expect(problemIn(unknown)).toMatchObject({
    code: 'store-not-named',
    message: expect.stringContaining('shopPag is neither a target of'),
  });
  for (const command of ['permissions', 'sheet']) {
    const ended = await desk.run(command, runbook, '-i', inventory, '--store', 'shopPag', '--json');
    expect(problemIn(ended)).toMatchObject({code: 'store-not-named'});
  }
  const wrong = await desk.run('plan', runbook, '-i', inventory, '--store', 'shopPage', '--json');
  expect(problemIn(wrong)).toMatchObject({code: 'store-wrong-kind'});
  const none = await desk.run('store', 'check', '--json');
  expect(problemIn(none)).toMatchObject({code: 'usage-error'});
});
