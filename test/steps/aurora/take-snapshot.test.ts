import {DescribeDBClusterSnapshotsCommand, RDSClient} from '@aws-sdk/client-rds';
import {lawsOfStep} from 'switcharoo/testing';
import {expect, test} from 'vitest';
import {createRds} from '../../../lab/aws/rds.ts';
import {takeSnapshot} from '../../../steps/aurora/take-snapshot.ts';
import {auroraCluster} from '../../../steps/aurora/target.ts';
import {credentials, started} from '../../lab/aws/started.ts';
import {lookOf, type Placed, performAll, settled} from '../mysql/placed-unit.ts';

const {signal} = new AbortController();

async function opened({status = 'available'} = {}) {
  const clusters = [{identifier: 'shop-aurora', endpoint: '127.0.0.1', port: 3306, status}];
  const aws = await started(createRds({clusters, movingMs: 30}));
  // Nothing asks the database itself.
  const aurora = await auroraCluster.open(
    {
      ...{host: '127.0.0.1', port: 1, user: 'admin', password: 'x'},
      ...{clusterIdentifier: 'shop-aurora', ...aws.config},
    },
    {name: 'aurora', signal},
  );
  const client = new RDSClient({
    ...{region: 'us-east-1', endpoint: aws.endpoint.url, credentials},
  });
  const close = async () => {
    client.destroy();
    await aurora.close();
    await aws[Symbol.asyncDispose]();
  };
  return {
    ...{aws, aurora, close, [Symbol.asyncDispose]: close},
    placed: {id: 'snapshot', unit: takeSnapshot, on: {aurora}} satisfies Placed,
    sessions: {aurora},
    picture: async () => {
      const {DBClusterSnapshots = []} = await client.send(
        new DescribeDBClusterSnapshotsCommand({}),
      );
      return DBClusterSnapshots.map((each) => [each.DBClusterSnapshotIdentifier, each.TagList]);
    },
  };
}

lawsOfStep({step: takeSnapshot, input: {}, world: opened});

test('the snapshot has a name of its run, and is available before the entry is done', async () => {
  await using world = await opened();
  await performAll(world.placed, await takeSnapshot.plan(lookOf(world.placed), {snapshot: null}));
  expect(await takeSnapshot.check(lookOf(world.placed, true))).toMatchObject({
    kind: 'waiting',
    progress: expect.stringMatching(
      /^snapshot shop-aurora-switcharoo-[0-9a-f]{12} is creating, 0 %$/,
    ),
  });
  expect(await settled(world.placed, true)).toEqual({
    kind: 'done',
    output: {
      snapshot: expect.stringMatching(/^shop-aurora-switcharoo-[0-9a-f]{12}$/),
      takenAt: expect.any(String),
    },
  });
});

test('a request whose answer is lost is known by its name, and not made twice', async () => {
  await using world = await opened();
  const {faults} = world.aws.endpoint;
  faults.add({
    ...{service: 'rds', operation: 'CreateDBClusterSnapshot', kind: 'cut-after', times: 1},
  });
  const actions = await takeSnapshot.plan(lookOf(world.placed), {snapshot: null});
  await expect(performAll(world.placed, actions)).rejects.toThrow('AWS does not answer');
  await performAll(world.placed, actions);
  expect((await settled(world.placed, true)).kind).toBe('done');
  expect(world.aws.endpoint.calls('rds', 'CreateDBClusterSnapshot')).toBe(1);
});

test('a snapshot of that name that another run took is left alone', async () => {
  await using world = await opened();
  const {output} = await (async () => {
    await performAll(world.placed, await takeSnapshot.plan(lookOf(world.placed), {snapshot: null}));
    const verdict = await settled(world.placed, true);
    return verdict.kind === 'done' ? verdict : {output: undefined};
  })();
  const name = output?.snapshot ?? '';
  const {snapshots} = world.aurora.writer;
  await snapshots.remove(name, signal);
  while (await snapshots.find(name, signal)) {
    // It is being deleted.
  }
  await snapshots.take(name, {'switcharoo:run': 'r-other'}, signal);
  expect(await takeSnapshot.check(lookOf(world.placed, true))).toMatchObject({
    kind: 'blocked',
    reason: `The snapshot ${name} does not have the tags of run r-test.`,
  });
  expect(await takeSnapshot.reverse(lookOf(world.placed, true), {snapshot: null})).toEqual([]);
});

test('what RDS refuses is said in its own words', async () => {
  await using world = await opened({status: 'backing-up'});
  const actions = await takeSnapshot.plan(lookOf(world.placed), {snapshot: null});
  await expect(performAll(world.placed, actions)).rejects.toThrow(
    'RDS refuses the request for a snapshot of cluster shop-aurora: Cluster shop-aurora is not in available state.',
  );
});
