import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createIdentity} from '../../lab/aws/identity.ts';
import {createS3, type S3} from '../../lab/aws/s3.ts';
import {textOf} from '../../src/journal/shared-log.ts';
import {MemoryJournal} from '../../src/testing/memory-journal.ts';
import {credentials, type Started, started} from '../lab/aws/started.ts';
import {runStarted} from '../model/journal-of.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

let desk: Desk;
beforeAll(() => {
  desk = openDesk();
});
afterAll(() => desk.clear());

/** An inventory whose store is this S3. */
async function inventoryFor(s3: S3, region = 'us-east-1'): Promise<Started & {file: string}> {
  const aws = await started(s3);
  const journals = {kind: 's3-store', bucket: 'cutovers', prefix: 'shop', region};
  const target = {...journals, endpoint: aws.endpoint.url, credentials};
  const file = join(desk.stateFolder, `store-${aws.endpoint.url.split(':').at(-1)}.yaml`);
  // JSON is YAML, too.
  const whole = {name: 'try', params: {}, targets: {journals: target}, store: 'journals'};
  writeFileSync(file, JSON.stringify(whole));
  return {...aws, file};
}

const resultsOf = (document: {
  checks: readonly {check: string; result: string}[];
}): Record<string, string> =>
  Object.fromEntries(document.checks.map(({check, result}) => [check, result]));

test('a bucket that is made as store init says passes store check, and keeps what was tried', async () => {
  const identity = createIdentity();
  const s3 = createS3({
    buckets: {cutovers: {}},
    locked: ['cutovers'],
    allows: (asked) => identity.allows(asked),
    principalOf: (headers) => identity.principalOf(headers),
  });
  await using store = await inventoryFor(s3);
  const setup = lastDocument(await desk.run('store', 'init', '-i', store.file, '--json'));
  const documentOf = (file: string) =>
    setup.policies.find((policy: {file: string}) => policy.file === file).document;
  identity.attach(documentOf('operators.json'), documentOf('bucket.json'));
  const ended = await desk.run('store', 'check', '-i', store.file, '--json');
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  const survey = lastDocument(ended);
  expect(resultsOf(survey)).toEqual({
    keys: 'good',
    'one-writer': 'good',
    'plain-write': 'good',
    approvals: 'good',
    'live-page': 'good',
    deletion: 'good',
    versions: 'good',
    'object-lock': 'good',
    'round-trip': 'good',
  });
  expect(survey.next).toEqual([]);
  const keys = Object.keys(s3.contents('cutovers'));
  expect(keys.map((key) => key.replace('shop/', '')).sort()).toEqual([...survey.left].sort());
  expect(keys).toHaveLength(15);
  // As a bucket was made before there was a page in it.
  const plain = {Null: {'s3:if-none-match': 'true'}};
  const noPlain = {
    Effect: 'Deny',
    Action: 's3:PutObject',
    Resource: '*',
    Condition: plain,
  } as const;
  identity.attach(documentOf('operators.json'), {Statement: [noPlain]});
  const earlier = lastDocument(await desk.run('store', 'check', '-i', store.file, '--json'));
  expect(resultsOf(earlier)).toMatchObject({'plain-write': 'good', 'live-page': 'advice'});
  // As the operators' policy was made before it let them ask that.
  const {Statement} = documentOf('operators.json');
  const earlierPolicy = Statement.filter(({Sid}: {Sid: string}) => Sid !== 'ReadSafeguards');
  identity.attach({Statement: earlierPolicy});
  const least = await desk.run('store', 'check', '-i', store.file);
  expect(least.code).toBe(0);
  expect(least.stdout).toMatch(/^\? versions: not checked\. /m);
});

test('store check says what an open bucket lacks, and removes what it tried', async () => {
  const s3 = createS3({buckets: {cutovers: {}}, unversioned: ['cutovers']});
  await using store = await inventoryFor(s3);
  const ended = await desk.run('store', 'check', '-i', store.file);
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  const text = ended.stdout.replaceAll(/\s+/g, ' ').replaceAll(store.file, 'FILE');
  expect(text).toContain('! plain-write: This account may write without the condition');
  expect(text).toContain('! approvals: This account may approve a run as somebody else');
  expect(text).toContain('! deletion: This account may delete objects');
  expect(text).toContain('! versions: The bucket keeps no versions');
  expect(text).toContain('! object-lock: Object Lock keeps no object');
  expect(text).toMatch(/store init -i FILE/);
  expect(Object.keys(s3.contents('cutovers'))).toEqual(['shop/check/round-trip']);
});

test('store check refuses a store that ignores the condition, and one that cannot be read', async () => {
  await using careless = await inventoryFor(
    createS3({buckets: {cutovers: {}}, ignoresConditions: true}),
  );
  const ended = await desk.run('store', 'check', '-i', careless.file);
  expect(ended.code).toBe(3);
  expect(ended.stderr).toContain('store-overwrites');
  await using other = await inventoryFor(createS3({buckets: {others: {}}}));
  const missing = await desk.run('store', 'check', '-i', other.file, '--json');
  expect(missing.code).toBe(3);
  expect(lastDocument(missing)).toMatchObject({
    checks: [{check: 'keys', result: 'bad'}],
    problems: [{code: 's3-bucket-not-found'}],
    left: [],
  });
});

test.each([
  ['cn-north-1', 'arn:aws-cn'],
  ['us-gov-west-1', 'arn:aws-us-gov'],
])('in %s, store init prints policies of %s, and creates nothing', async (region, partition) => {
  const s3 = createS3({buckets: {}});
  await using store = await inventoryFor(s3, region);
  const ended = await desk.run('store', 'init', '-i', store.file);
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  expect(ended.stdout).toContain(`"Resource": "${partition}:s3:::cutovers/shop/*"`);
  expect(ended.stdout).toContain(`LocationConstraint=${region}`);
  const {url} = store.endpoint;
  const buckets = ended.stdout.split('\n').filter((line) => line.startsWith('aws s3api'));
  expect(buckets.filter((line) => line.includes(` --endpoint-url ${url}`))).toEqual(buckets);
  expect(store.endpoint.calls('s3', 'PutObject')).toBe(0);
});

test('log --verify names an object of a run that was replaced in its store, and what to do', async () => {
  const s3 = createS3({buckets: {cutovers: {}}});
  await using store = await inventoryFor(s3);
  const journal = new MemoryJournal();
  const run = '20261127-030000-0001';
  journal.append(runStarted({run}));
  const key = `shop/${run}/00000000.jsonl`;
  s3.put('cutovers', key, textOf(journal.entries));
  const verify = ['log', run, '--verify', '--shared', store.file] as const;
  const whole = await desk.run(...verify);
  expect(whole.code, whole.stdout + whole.stderr).toBe(0);
  expect(whole.stdout).toContain(
    `${run}: 1 entries, each follows from the one before it. s3://cutovers/shop has them in 1 object. None of these was replaced or deleted.\nhead ${journal.head}\n`,
  );
  // One that no host wrote is not copied, however often the store is read.
  s3.put('cutovers', `shop/${run}/00000001.jsonl`, 'x');
  const torn = await desk.run(...verify, '--json');
  expect(lastDocument(torn).problems).toMatchObject([{code: 'shared-journal-damaged'}]);
  const listed = await desk.run('log', run, '--shared', store.file);
  expect(listed.stderr).toContain(`! ${run}/00000001.jsonl in s3://cutovers/shop is no part`);
  const shared = join(desk.stateFolder, 'shared');
  const [folder = ''] = readdirSync(shared);
  const copy = readFileSync(join(shared, folder, run, 'journal.jsonl'), 'utf8');
  expect(copy).toBe(textOf(journal.entries));
  // The copy here stays as it was read.
  s3.put('cutovers', key, 'replaced\n');
  const changed = await desk.run(...verify, '--json');
  expect(changed.code, changed.stdout + changed.stderr).not.toBe(0);
  expect(lastDocument(changed).problems).toMatchObject([
    {code: 'shared-journal-changed', hint: expect.stringContaining('list-object-versions')},
  ]);
});
