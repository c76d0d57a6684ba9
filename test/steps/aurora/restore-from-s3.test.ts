import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {createRds, type Rds} from '../../../lab/aws/rds.ts';
import type {LabCluster} from '../../../lab/aws/rds-cluster.ts';
import type {Session} from '../../../src/model/target.ts';
import type {AuroraReader, AuroraWriter} from '../../../steps/aurora/contract.ts';
import {replicateFrom} from '../../../steps/aurora/replicate-from.ts';
import {positionIn} from '../../../steps/aurora/restore/events.ts';
import {restoreFromS3} from '../../../steps/aurora/restore-from-s3.ts';
import {auroraCluster} from '../../../steps/aurora/target.ts';
import {verifyData} from '../../../steps/mysql/verify-data.ts';
import {type Started, started} from '../../lab/aws/started.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from '../mysql/placed-unit.ts';
import {openRealServers, type RealServers} from '../mysql/real-servers.ts';

const input = {
  bucket: 'shop-backup',
  prefix: 'full',
  ingestionRoleArn: 'arn:aws:iam::123456789012:role/rds-reads-backups',
  sourceEngineVersion: '8.0.36',
  instanceClass: 'db.r6g.large',
};

let servers: RealServers;
beforeAll(async () => {
  servers = await openRealServers();
});
beforeEach(() => servers.begin());
afterAll(() => servers?.close());

interface World {
  readonly rds: Rds;
  readonly aws: Started;
  readonly aurora: Session<AuroraReader, AuroraWriter>;
  readonly placed: Placed;
  close(): Promise<void>;
}

/** The stand-in's data is that of `seed`: it stands for what RDS would make of a backup that was taken there. */
async function opened({
  clusters = [],
  tells = true,
  movingMs = 60,
  ...more
}: {
  clusters?: readonly LabCluster[];
  tells?: boolean;
  movingMs?: number;
  input?: object;
} = {}): Promise<World> {
  const {seed, aurora} = servers.databases;
  const rds = createRds({
    clusters,
    movingMs,
    restore: async ({bucket}) =>
      bucket === input.bucket
        ? {
            endpoint: '127.0.0.1',
            port: aurora.port,
            position: tells ? seed : {file: '', position: 0},
          }
        : null,
  });
  const aws = await started(rds);
  const session = await auroraCluster.open(
    {
      ...{host: '127.0.0.1', port: aurora.port, user: 'admin', password: passwords.admin},
      ...{clusterIdentifier: 'shop-new', replication: {user: 'repl', password: passwords.repl}},
      ...aws.config,
    },
    {name: 'aurora', signal: new AbortController().signal},
  );
  return {
    rds,
    aws,
    aurora: session,
    placed: {
      id: 'restore',
      unit: restoreFromS3,
      on: {aurora: session},
      input: {...input, ...more.input},
    },
    close: async () => {
      await session.close();
      await aws[Symbol.asyncDispose]();
    },
  };
}

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});
const begin = async (options?: Parameters<typeof opened>[0]): Promise<World> => {
  world = await opened(options);
  return world;
};

const signal = new AbortController().signal;
const made = ({aurora}: World) => aurora.reader.restore.cluster(signal);

test('a backup becomes a cluster with a writer, which replicates from the position that RDS recovered, and is equal', async () => {
  const {placed, aurora} = await begin();
  const {output} = await run(placed);
  expect(output).toEqual({
    ...servers.databases.seed,
    host: '127.0.0.1',
    port: servers.databases.aurora.port,
  });
  const replicating: Placed = {
    id: 'replicate',
    unit: replicateFrom,
    on: {aurora, upstream: servers.replica},
    input: {...servers.at.replica, file: output.file, position: output.position},
  };
  const {before} = await run(replicating);
  const verified = await run({
    id: 'verify',
    unit: verifyData,
    on: {source: servers.replica, target: aurora},
  });
  expect(verified.output).toMatchObject({changing: 0, tables: 2});
  expect(await reverse(placed, {cluster: null})).toMatchObject({
    kind: 'blocked',
    reason: expect.stringMatching(
      /^Cluster shop-new is not deleted: it replicates from 127\.0\.0\.1:\d+\.$/,
    ),
  });
  await reverse(replicating, before);
  expect(await reverse(placed, {cluster: null})).toMatchObject({kind: 'pending'});
  expect(await made(world as World)).toBeNull();
});

test('while it is restored it says how far it is, and the password is in no plan', async () => {
  const {placed} = await begin({movingMs: 600_000});
  const actions = await restoreFromS3.plan(lookOf(placed) as never, {cluster: null});
  expect(actions.map(({does}) => does)).toEqual([
    'restore cluster shop-new from the backup in shop-backup/full',
    'add the writer shop-new-1, a db.r6g.large, as soon as the cluster is restored',
  ]);
  await performAll(placed, actions.slice(0, 1));
  expect(await restoreFromS3.check(lookOf(placed, true) as never)).toEqual({
    kind: 'waiting',
    progress: 'cluster shop-new is creating, 10 %; last event: DB cluster created',
  });
});

test('a request whose answer is lost is known by its tags, and not made twice', async () => {
  const {placed, aws} = await begin();
  aws.endpoint.faults.add({
    service: 'rds',
    operation: 'RestoreDBClusterFromS3',
    kind: 'cut-after',
    times: 1,
  });
  const actions = await restoreFromS3.plan(lookOf(placed) as never, {cluster: null});
  await expect(performAll(placed, actions)).rejects.toThrow(
    'AWS does not answer for cluster shop-new',
  );
  expect(await made(world as World)).toMatchObject({
    tags: {'switcharoo:run': 'r-test', 'switcharoo:entry': 'restore'},
  });
  const remains = await settled(placed, true);
  expect(remains.kind).toBe('pending');
  await performAll(
    placed,
    await restoreFromS3.plan(lookOf(placed, true) as never, {cluster: null}),
  );
  expect((await settled(placed, true)).kind).toBe('done');
});

test('what RDS says about the request is told in its own words', async () => {
  const {placed} = await begin({input: {bucket: 'nobodys'}});
  const actions = await restoreFromS3.plan(lookOf(placed) as never, {cluster: null});
  await expect(performAll(placed, actions)).rejects.toThrow(
    'RDS refuses the request for cluster shop-new: The S3 bucket nobodys does not exist or Amazon RDS is not authorized to access it.',
  );
});

describe('in the way is', () => {
  test('a cluster of that name that this run did not create', async () => {
    const {placed} = await begin({
      clusters: [{identifier: 'shop-new', endpoint: '127.0.0.1', port: 3306}],
    });
    expect(await settled(placed)).toEqual({
      kind: 'blocked',
      reason: 'Cluster shop-new already exists (available), and this run did not create it.',
      hint: 'Set another clusterIdentifier in the inventory, or leave this entry out and continue with that cluster.',
    });
    expect(await reverse(placed, {cluster: null})).toMatchObject({
      reason: 'Cluster shop-new is not deleted: run r-test did not create it.',
    });
  });

  test('a backup of a version that RDS does not restore, and a cluster of another version', async () => {
    const old = await begin({input: {sourceEngineVersion: '5.6.51'}});
    expect(await settled(old.placed)).toMatchObject({
      reason: 'RDS cannot restore a backup of MySQL 5.6.51, only of 5.7 and 8.0.',
      hint: 'Copy it with aurora.seed instead.',
    });
    await old.close();
    const other = await begin({input: {engineVersion: '5.7.mysql_aurora.2.12.0'}});
    expect(await settled(other.placed)).toMatchObject({
      reason:
        'A backup of MySQL 8.0.36 cannot become a cluster of version 5.7.mysql_aurora.2.12.0: RDS requires the same major version.',
    });
  });

  test('a restore that failed', async () => {
    const {placed, rds} = await begin();
    const actions = await restoreFromS3.plan(lookOf(placed) as never, {cluster: null});
    await performAll(placed, actions);
    await settled(placed, true);
    for (const status of ['migration-failed', 'inaccessible-encryption-credentials', 'stopped']) {
      rds.passThrough('shop-new', 'cluster', ['resetting-master-credentials', status]);
      expect((await restoreFromS3.check(lookOf(placed, true) as never)).kind).toBe('waiting');
      expect(await settled(placed, true)).toMatchObject({
        kind: 'blocked',
        reason: expect.stringMatching(`^cluster shop-new is ${status}; last event: .+\\.$`),
      });
    }
  });

  test('a position that no event has, and one that differs from the input', async () => {
    const silent = await begin({tells: false});
    await expect(run(silent.placed)).rejects.toThrow(
      "Cluster shop-new is restored, but no event of RDS has its position in the source's log.",
    );
    await silent.close();
    const other = await begin({input: {at: {file: 'mysql-bin.000099', position: 4}}});
    await expect(run(other.placed)).rejects.toThrow(
      /RDS recovered cluster shop-new at mysql-bin\.\d+:\d+, but the input says mysql-bin\.000099:4\./,
    );
  });

  test('of its deletion: its protection, and a client', async () => {
    const {placed, rds} = await begin();
    await run(placed);
    rds.change('shop-new', {deletionProtection: true});
    expect(await reverse(placed, {cluster: null})).toMatchObject({
      reason: 'Cluster shop-new is not deleted: its deletion protection is on.',
    });
    rds.change('shop-new', {deletionProtection: false});
    const client = await servers.databases.connect(servers.databases.aurora, 'shop');
    expect(await reverse(placed, {cluster: null})).toMatchObject({
      reason: expect.stringMatching(
        /^Cluster shop-new is not deleted: 1 client is connected, such as session \d+ of shop@/,
      ),
    });
    client.destroy();
    expect(await made(world as World)).toMatchObject({status: 'available'});
  });
});

lawsOfStep({
  step: restoreFromS3,
  input,
  world: async () => {
    const fresh = await opened();
    return {sessions: fresh.placed.on, picture: () => made(fresh), close: fresh.close};
  },
  blockedWorld: async () => {
    const fresh = await opened({
      clusters: [{identifier: 'shop-new', endpoint: '127.0.0.1', port: 3306}],
    });
    return {sessions: fresh.placed.on, picture: () => made(fresh), close: fresh.close};
  },
});

test('the position is read in every form in which RDS may write it', () => {
  const place = {file: 'mysql-bin.000010', position: 120};
  expect(
    [
      "Recovered from Binary log filename 'mysql-bin.000010', position 120",
      "Recovered from Binary log filename 'mysql-bin.000010', position '120'.",
      'Recovered from Binary log filename mysql-bin.000010 position: 120',
    ].map(positionIn),
  ).toEqual([place, place, place]);
  expect(positionIn('DB cluster created')).toBeNull();
});
