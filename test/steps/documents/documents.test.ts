import {mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {lawsOfStep} from 'switcharoo/testing';
import {afterEach, describe, expect, test} from 'vitest';
import {createS3} from '../../../lab/aws/s3.ts';
import {syncDocuments} from '../../../steps/documents/sync.ts';
import {syncLastDocuments} from '../../../steps/documents/sync-last.ts';
import {verifyDocuments} from '../../../steps/documents/verify.ts';
import {s3Bucket} from '../../../steps/s3/target.ts';
import {started} from '../../lab/aws/started.ts';
import {FakeHosts} from '../hosts/fake-hosts.ts';
import {startLabWorld} from '../hosts/lab-world.ts';

const {signal} = new AbortController();
const directory = '/srv/documents';
const place = {directory};
const files = {
  [`${directory}/offer 1.pdf`]: 'one',
  [`${directory}/2026/it's [2] {x} ä.txt`]: 'two',
  [`${directory}/empty`]: '',
};
const synced = JSON.stringify({run: 'earlier', entry: 'sync', state: 'copied', copied: 0});
const syncedKey = 'switcharoo/documents/documents/synced.json';
const leadingKey = 'switcharoo/documents/documents/leading.json';

const opened: {close(): Promise<void>}[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) {
    await each.close();
  }
});

async function bucketWith(objects: Readonly<Record<string, string>>) {
  const s3 = createS3({buckets: {shop: objects}});
  const lab = await started(s3);
  const session = await s3Bucket.open(s3Bucket.config.parse({bucket: 'shop', ...lab.config}), {
    name: 'documents',
    signal,
  });
  opened.push({
    close: async () => {
      await session.close();
      await lab[Symbol.asyncDispose]();
    },
  });
  return {s3, session, lab};
}

async function fakeWorld(objects: Readonly<Record<string, string>>, hostFiles = files) {
  const hosts = new FakeHosts({name: 'web1', files: hostFiles});
  const {s3, session} = await bucketWith(objects);
  return {
    sessions: {hosts: hosts.session, bucket: session},
    picture: async () => ({files: new Map(hosts.hosts[0]?.fileTexts), bucket: s3.contents('shop')}),
  };
}

async function labWorld(objects: Readonly<Record<string, string>>) {
  const lab = await startLabWorld({name: 'web1', files});
  const {s3, session} = await bucketWith(objects);
  const [host] = lab.tried.hosts;
  const path = (name: string) => join(host?.root ?? '', directory, name);
  return {
    s3,
    path,
    sessions: {hosts: lab.session, bucket: session},
    picture: async () => ({
      files: Object.keys(files).map((name) => readFileSync(join(host?.root ?? '', name), 'utf8')),
      bucket: s3.contents('shop'),
    }),
    close: () => lab.stop(),
  };
}

/** Copies stay in the bucket after a reversal: nothing on the new side has led there. */
const comparable = (picture: unknown) => {
  const {files: texts, bucket} = picture as {files: unknown; bucket: Record<string, string>};
  const markers = Object.entries(bucket).filter(([key]) => key.startsWith('switcharoo/'));
  return {texts, markers};
};

const blockedWorld = () => fakeWorld({[leadingKey]: synced});

describe('on a fake host', () => {
  lawsOfStep({
    step: syncDocuments,
    input: place,
    world: () => fakeWorld({[syncedKey]: synced}),
    blockedWorld,
    comparable,
  });
  lawsOfStep({
    step: syncLastDocuments,
    input: place,
    world: () => fakeWorld({[syncedKey]: synced}),
    blockedWorld: () => fakeWorld({}),
    comparable,
  });
});

describe('on a host of the lab, with its shell and curl', () => {
  lawsOfStep({
    step: syncLastDocuments,
    input: place,
    world: () => labWorld({[syncedKey]: synced}),
    comparable,
  });
});

type World = Awaited<ReturnType<typeof labWorld>>;

const lookAt = ({sessions}: Pick<World, 'sessions'>, entry: string) => ({
  input: verifyDocuments.input.parse({...place, sample: 'all'}),
  targets: {hosts: sessions.hosts.reader, bucket: sessions.bucket.reader},
  run: {id: 'r', entry, started: true},
  now: new Date(),
  signal,
});

async function perform(world: Pick<World, 'sessions'>, actions: unknown): Promise<void> {
  if (!Array.isArray(actions)) {
    throw new Error(JSON.stringify(actions));
  }
  for (const {on, perform: act} of actions) {
    await act(
      on === 'hosts' ? world.sessions.hosts.writer : world.sessions.bucket.writer,
      signal,
      () => {},
    );
  }
}

test('a night: copied before, again in the cutover, compared, and back with what the new side wrote', async () => {
  const world = await labWorld({});
  const {s3, path} = world;
  try {
    const sync = lookAt(world, 'sync');
    await perform(world, await syncDocuments.plan(sync, {marker: null}));
    expect(await syncDocuments.check(sync)).toEqual({kind: 'done', output: {copied: 3}});
    expect(s3.contents('shop')).toMatchObject({
      'documents/offer 1.pdf': 'one',
      "documents/2026/it's [2] {x} ä.txt": 'two',
      'documents/empty': '',
    });
    writeFileSync(path('offer 1.pdf'), 'ONE'); // as long as before
    writeFileSync(path('late.pdf'), 'late');
    mkdirSync(path('new folder'));
    writeFileSync(path('new folder/deep.pdf'), 'deep');
    symlinkSync('late.pdf', path('link'));
    expect(await verifyDocuments.check(lookAt(world, 'verify'))).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('lacks 2 of 5 documents'),
    });

    const last = lookAt(world, 'last');
    await perform(world, await syncLastDocuments.plan(last, {leads: 'directory'}));
    expect(await verifyDocuments.check(lookAt(world, 'verify'))).toEqual({
      kind: 'done',
      output: {documents: 5, bytes: 14, sampled: 5, onlyInBucket: 0},
      remarks: ['1 link or other special file of web1:/srv/documents was not copied: link.'],
    });
    expect(s3.contents('shop')).toMatchObject({'documents/offer 1.pdf': 'ONE'});

    s3.put('shop', 'documents/offer 1.pdf', 'changed by the new side');
    s3.put('shop', 'documents/2027/a b/new.pdf', 'of the new side');
    s3.put('shop', 'documents/none', '');
    expect(await syncLastDocuments.reversalLoss?.(last)).toMatchObject({lossless: true});
    const {mode} = statSync(path('offer 1.pdf'));
    await perform(world, await syncLastDocuments.reverse(last, {leads: 'directory'}));
    expect(readFileSync(path('offer 1.pdf'), 'utf8')).toBe('changed by the new side');
    expect(statSync(path('offer 1.pdf')).mode).toBe(mode);
    expect(readFileSync(path('2027/a b/new.pdf'), 'utf8')).toBe('of the new side');
    expect(readFileSync(path('none'), 'utf8')).toBe('');
    expect(readFileSync(path('late.pdf'), 'utf8')).toBe('late');
    expect(Object.keys(s3.contents('shop'))).not.toContain(leadingKey);
    expect(await verifyDocuments.check(lookAt(world, 'verify'))).toMatchObject({
      kind: 'done',
      output: {documents: 7},
    });
  } finally {
    await world.close();
  }
});

test('a bucket to which another run has come to lead meanwhile is not written to', async () => {
  const world = await fakeWorld({[syncedKey]: synced});
  const last = lookAt(world, 'last');
  const planned = [
    ...(await syncDocuments.plan(lookAt(world, 'first'), {marker: null})),
    ...(await syncLastDocuments.plan(last, {leads: 'directory'})),
  ];
  await perform(world, planned.slice(1));
  const back = await syncLastDocuments.reverse(last, {leads: 'directory'});
  const other = JSON.stringify({run: 'other', entry: 'last', state: 'leads'});
  const {bucket, hosts} = world.sessions;
  await bucket.writer.write(leadingKey, other, signal);
  const start = JSON.stringify(await world.picture());
  for (const action of [...planned, ...('kind' in back ? [] : back)]) {
    const writer = action.on === 'bucket' ? bucket.writer : hosts.writer;
    await expect(
      action.perform(writer as any, signal, () => {}),
      action.does,
    ).rejects.toMatchObject({
      problem: {code: 'documents-bucket-leads', message: expect.stringContaining('run other')},
    });
  }
  expect(JSON.stringify(await world.picture())).toBe(start);
});

test('without its marker, a reversal is known to copy nothing back', async () => {
  const world = await fakeWorld({[syncedKey]: synced});
  const last = lookAt(world, 'last');
  await perform(world, await syncLastDocuments.plan(last, {leads: 'directory'}));
  expect(await syncLastDocuments.reversalLoss?.(last)).toMatchObject({lossless: true});
  await world.sessions.bucket.writer.remove(leadingKey, signal);
  expect(await syncLastDocuments.reversalLoss?.(last)).toMatchObject({
    lossless: false,
    because: [expect.stringContaining(`${leadingKey}, is not in bucket shop`)],
  });
});

test('an object with the same size and another content is found by its SHA-256', async () => {
  const world = await labWorld({'documents/offer 1.pdf': 'ONE', 'documents/extra': 'x'});
  try {
    rmSync(world.path('2026'), {recursive: true});
    rmSync(world.path('empty'));
    expect(await verifyDocuments.check(lookAt(world, 'verify'))).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('1 of 1 compared documents differ'),
    });
  } finally {
    await world.close();
  }
});

test('a document that S3 refuses is named with its answer, and no URL is in the message', async () => {
  const lab = await labWorld({});
  try {
    const denied = {
      ...lab.sessions.bucket.writer,
      signedUrl: async (
        ...[method, key, stop]: Parameters<typeof lab.sessions.bucket.writer.signedUrl>
      ) => `${await lab.sessions.bucket.writer.signedUrl(method, key, stop)}0`,
    };
    const [action] = await syncDocuments.plan(lookAt(lab, 'sync'), {marker: null});
    await expect(action?.perform(denied as never, signal, () => {})).rejects.toMatchObject({
      problem: {
        code: 'documents-not-copied',
        message: expect.stringMatching(
          /^(?!.*X-Amz)3 documents of web1:\/srv\/documents could not be copied: .*HTTP 403, SignatureDoesNotMatch/,
        ),
      },
    });
  } finally {
    await lab.close();
  }
});

test('the last copy stops on names that another encoding wrote', async () => {
  const world = await labWorld({[syncedKey]: synced});
  try {
    writeFileSync(Buffer.concat([Buffer.from(world.path('caf')), Buffer.from([0xe9])]), 'x');
    const [action] = await syncLastDocuments.plan(lookAt(world, 'last'), {leads: 'directory'});
    await expect(
      action?.perform(world.sessions.bucket.writer as never, signal, () => {}),
    ).rejects.toMatchObject({problem: {code: 'document-names-refused'}});
  } finally {
    await world.close();
  }
});
