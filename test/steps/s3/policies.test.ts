import {setTimeout} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {createIdentity} from '../../../lab/aws/identity.ts';
import type {PolicyDocument} from '../../../lab/aws/policy.ts';
import {createS3} from '../../../lab/aws/s3.ts';
import {reopenSharedLog, sharedEntries} from '../../../src/journal/open-shared-log.ts';
import {leftKeyOf, SharedLog, type Sharing} from '../../../src/journal/shared-log.ts';
import type {ObjectStore} from '../../../src/model/object-store.ts';
import {verifyShared} from '../../../src/run/verify-shared.ts';
import {MemoryJournal} from '../../../src/testing/memory-journal.ts';
import {s3Store} from '../../../steps/s3/index.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {runStarted} from '../../model/journal-of.ts';

const never = new AbortController().signal;
const clock = {
  monotonic: () => performance.now(),
  sleep: (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, {signal}).catch(() => {}),
};

const kmsKey = 'arn:aws:kms:us-east-1:123456789012:key/4f2a';

let identity: ReturnType<typeof createIdentity>;
let lab: Started;
let store: ObjectStore;
let close: () => Promise<void>;
beforeEach(async () => {
  identity = createIdentity();
  const s3 = createS3({
    buckets: {cutovers: {}, others: {}, encrypted: {}},
    keys: {encrypted: kmsKey},
    locked: ['cutovers'],
    unversioned: ['others'],
    allows: (asked) => identity.allows(asked),
    principalOf: (headers) => identity.principalOf(headers),
  });
  lab = await started(s3, identity.sts, identity.iam);
  const config = s3Store.config.parse({bucket: 'cutovers', prefix: 'shop', ...lab.config});
  const session = await s3Store.open(config, {name: 'store', signal: never});
  store = session.writer;
  close = session.close;
});
afterEach(async () => {
  await close();
  await lab[Symbol.asyncDispose]();
});

async function policyOf(file: string): Promise<PolicyDocument> {
  const {policies} = await store.safeguards.setup();
  return policies.find((policy) => policy.file === file)?.document as PolicyDocument;
}

let count = 0;
/** All that a run asks of its store. */
async function worksAsOperator(): Promise<void> {
  count += 1;
  const run = `20261127-030000-${String(count).padStart(4, '0')}`;
  const journal = new MemoryJournal();
  journal.append(runStarted({run}));
  const sharing = {store, run, clock};
  await new SharedLog(sharing, 0).add(journal.entries, AbortSignal.timeout(3_000));
  await reopenSharedLog(sharing, journal.entries, never);
  await readsRun(run);
  await losesRun(sharing);
  await replacesPages();
  // For `store check`.
  await store.safeguards.keepsVersions(never);
  await store.safeguards.retention(never);
}

/** The live page of the newest run, and that of one run. */
async function replacesPages(): Promise<void> {
  for (const folder of ['live', `live/20261127-030000-0001`] as const) {
    for (const name of ['index.html', 'state.json']) {
      const text = `${name} ${count}`;
      await store.publish(`${folder}/${name}`, {text, type: 'text/plain'}, never);
      expect(await store.read(`${folder}/${name}`, never)).toBe(text);
    }
  }
}

/** Who was overtaken says that it has stopped: the new holder need not wait for its action. */
async function losesRun(sharing: Sharing): Promise<void> {
  const journal = new MemoryJournal();
  journal.append({...runStarted({run: sharing.run}), params: {of: 'another host'}});
  const log = new SharedLog(sharing, 0);
  await expect(log.add(journal.entries, never)).rejects.toMatchObject({
    problem: {code: 'lock-lost'},
  });
  await log.leave();
  expect(await store.read(leftKeyOf(sharing.run, 0), never)).toBe('stopped\n');
}

async function readsRun(run: string): Promise<void> {
  await sharedEntries({store, run}, never);
  expect(await verifyShared(store, run, never)).toMatchObject({objects: 1});
  expect(await store.read('none', never)).toBeNull();
}

const without = ({Statement}: PolicyDocument, index: number): PolicyDocument => ({
  Statement: Statement.toSpliced(index, 1),
});

test('an operator can do all that a run does, and without any statement a right is missing or too many', async () => {
  const policy = await policyOf('operators.json');
  identity.attach(policy);
  await worksAsOperator();
  const everything: PolicyDocument = {
    Statement: [{Effect: 'Allow', Action: 's3:*', Resource: '*'}],
  };
  for (const [index, {Effect}] of policy.Statement.entries()) {
    identity.attach(without(policy, index));
    if (Effect === 'Allow') {
      await expect(worksAsOperator(), String(index)).rejects.toThrow();
    } else {
      // It is there against other policies of the same account.
      identity.attach(without(policy, index), everything);
      expect(await store.safeguards.remove('other', never)).toBe('done');
      identity.attach(policy, everything);
      expect(await store.safeguards.remove('other', never)).toBe('denied');
    }
  }
  identity.attach(policy);
  expect(await store.safeguards.overwrite('other', 'text', never)).toBe('denied');
});

test('a reader can read, and without any statement something is refused', async () => {
  identity.attach(await policyOf('operators.json'));
  await worksAsOperator();
  const run = `20261127-030000-${String(count).padStart(4, '0')}`;
  const policy = await policyOf('readers.json');
  identity.attach(policy);
  await readsRun(run);
  await expect(store.add('new', 'text', never)).rejects.toThrow('AWS does not allow');
  expect(await store.read('live/index.html', never)).toMatch('index.html');
  await expect(replacesPages()).rejects.toThrow('AWS does not allow');
  for (const index of policy.Statement.keys()) {
    identity.attach(without(policy, index));
    await expect(readsRun(run), String(index)).rejects.toThrow();
  }
});

test('the policy of the bucket keeps everybody from replacing or deleting an object', async () => {
  const everything = {Statement: [{Effect: 'Allow', Action: 's3:*', Resource: '*'}]} as const;
  const policy = await policyOf('bucket.json');
  identity.attach(policy, everything);
  await worksAsOperator();
  const keys = [
    'check/other',
    'live/other',
    'live/other/index.html',
    '20261127-030000-0001/0.jsonl',
  ];
  for (const key of keys) {
    expect(await store.safeguards.overwrite(key, 'text', never), key).toBe('denied');
  }
  expect(await store.safeguards.remove('check/other', never)).toBe('denied');
  identity.attach(without(policy, 0), everything);
  expect(await store.safeguards.remove('check/other', never)).toBe('done');
  identity.attach(without(policy, 1), everything);
  expect(await store.safeguards.overwrite('check/other', 'text', never)).toBe('done');
});

test('the policy of the bucket ties an approval to whom it is written by, and an approver needs no more', async () => {
  const everything = {Statement: [{Effect: 'Allow', Action: 's3:*', Resource: '*'}]} as const;
  const bucket = await policyOf('bucket.json');
  const approvers = await policyOf('approvers.json');
  const folder = 'approvals/20261127-030000-0001/d/go/1-approved';
  const own = `${folder}/arn:aws:iam::123456789012:role/switcharoo/AROALABSWITCHAROO:night`;
  const foreign = `${folder}/arn:aws:iam::123456789012:role/dba/AROALABSWITCHAROO:night`;
  identity.attach(bucket, everything);
  await expect(store.add(foreign, 'text', never)).rejects.toThrow('AWS does not allow');
  identity.attach(without(bucket, 2), everything);
  expect(await store.add(foreign, 'text', never)).toBe('added');
  identity.attach(bucket, approvers);
  expect(await store.add(own, 'text', never)).toBe('added');
  expect(await store.keys(folder, never)).toHaveLength(2);
  await expect(store.add('20261127-030000-0001/0.jsonl', 'x', never)).rejects.toThrow('AWS');
  await expect(replacesPages()).rejects.toThrow('AWS does not allow');
  identity.attach(bucket, without(approvers, 2));
  await expect(store.add(`${own}-2`, 'text', never)).rejects.toThrow('AWS does not allow');
});

test('the rights of a role are those of its policy, also where it asks for a condition', async () => {
  const config = s3Store.config.parse({bucket: 'cutovers', prefix: 'shop', ...lab.config});
  const context = {name: 'journals', signal: never};
  const rightsWith = async (file: string) => {
    identity.attach(await policyOf(file));
    const [rights] = (await s3Store.rights?.(config, s3Store.inventoryNeeds ?? [], context)) ?? [];
    return {...rights, needs: rights?.needs.map(({need, is}) => `${need} ${is}`)};
  };
  expect(await rightsWith('operators.json')).toMatchObject({
    grants: [
      {
        form: 'iam',
        actions: [
          's3:GetBucketObjectLockConfiguration',
          's3:GetBucketVersioning',
          's3:ListBucket',
          's3:ListBucketVersions',
        ],
        resources: ['arn:aws:s3:::cutovers'],
      },
      {
        form: 'iam',
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: ['arn:aws:s3:::cutovers/shop/*'],
      },
    ],
    needs: [
      's3:GetBucketObjectLockConfiguration granted',
      's3:GetBucketVersioning granted',
      's3:ListBucket granted',
      's3:ListBucketVersions granted',
      's3:GetObject granted',
      's3:PutObject granted',
    ],
  });
  expect((await rightsWith('readers.json')).needs).toContain('s3:PutObject missing');
});

test('a bucket says whether it keeps versions, and for how long it keeps an object', async () => {
  expect(await store.safeguards.keepsVersions(never)).toBe(true);
  expect(await store.safeguards.retention(never)).toBe('GOVERNANCE, 365 days');
  const config = s3Store.config.parse({bucket: 'others', ...lab.config});
  const {writer, close: closeOther} = await s3Store.open(config, {name: 'store', signal: never});
  expect(await writer.safeguards.keepsVersions(never)).toBe(false);
  expect(await writer.safeguards.retention(never)).toBeNull();
  await closeOther();
});

test('with a KMS key, operators and readers may use it as far as they need it, and permissions lists that', async () => {
  await close();
  const config = s3Store.config.parse({bucket: 'encrypted', kmsKey, ...lab.config});
  const session = await s3Store.open(config, {name: 'store', signal: never});
  ({writer: store, close} = session);
  const operators = await policyOf('operators.json');
  const readers = await policyOf('readers.json');
  identity.attach(operators);
  await worksAsOperator();
  const {commands} = await store.safeguards.setup();
  expect(commands.map(({command}) => command).join('\n')).toContain(`"KMSMasterKeyID":"${kmsKey}"`);
  const isKey = ({Action}: {readonly Action: string | readonly string[]}) =>
    [Action].flat().some((action) => action.startsWith('kms:'));
  const withoutKey = (policy: PolicyDocument): PolicyDocument => ({
    Statement: policy.Statement.filter((statement) => !isKey(statement)),
  });
  expect(readers.Statement.find(isKey)).toMatchObject({Action: ['kms:Decrypt'], Resource: kmsKey});
  identity.attach(readers);
  await readsRun(`20261127-030000-${String(count).padStart(4, '0')}`);
  identity.attach(withoutKey(readers));
  await expect(readsRun(`20261127-030000-${String(count).padStart(4, '0')}`)).rejects.toThrow();
  identity.attach(withoutKey(operators));
  await expect(worksAsOperator()).rejects.toThrow();
  const context = {name: 'journals', signal: never};
  const [rights] = (await s3Store.rights?.(config, s3Store.inventoryNeeds ?? [], context)) ?? [];
  expect(rights?.grants).toContainEqual(
    expect.objectContaining({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [kmsKey],
    }),
  );
  expect(rights?.needs).toContainEqual(
    expect.objectContaining({need: 'kms:Decrypt', is: 'missing'}),
  );
});
