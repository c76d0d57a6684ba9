import {lawsOfStep} from 'switcharoo/testing';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRds} from '../../../lab/aws/rds.ts';
import type {LabCluster} from '../../../lab/aws/rds-cluster.ts';
import {acceptWritesAfterRestart} from '../../../steps/aurora/accept-writes-after-restart.ts';
import {refuseWritesAfterRestart} from '../../../steps/aurora/refuse-writes-after-restart.ts';
import {auroraCluster} from '../../../steps/aurora/target.ts';
import {started} from '../../lab/aws/started.ts';
import {passwords} from '../../lab/mysql/databases.ts';
import {lookOf, type Placed, performAll, reverse, run, settled} from '../mysql/placed-unit.ts';
import {openRealServers, type RealServers} from '../mysql/real-servers.ts';

let servers: RealServers;
beforeAll(async () => {
  servers = await openRealServers();
  await servers.begin();
});
afterAll(() => servers?.close());

/** A cluster whose instance is a real server: `immediate` arrives there, as RDS lets it. */
async function opened(
  readOnly: boolean,
  {
    value,
    others = [],
    ...cluster
  }: Partial<LabCluster> & {value?: string; others?: LabCluster[]} = {},
) {
  const {aurora} = servers.databases;
  await aurora.query('SET GLOBAL read_only = ?', [readOnly ? 1 : 0]);
  const address = {endpoint: '127.0.0.1', port: aurora.port};
  const rds = createRds({
    clusters: [
      {identifier: 'shop', ...address, parameters: {read_only: value}, ...cluster},
      ...others,
    ],
    applied: async (identifier, name, is) => {
      if (identifier === 'shop' && name === 'read_only') {
        await aurora.query('SET GLOBAL read_only = ?', [is === '1' ? 1 : 0]);
      }
    },
  });
  const aws = await started(rds);
  const session = await auroraCluster.open(
    {
      ...{host: '127.0.0.1', port: aurora.port, user: 'admin', password: passwords.admin},
      ...{clusterIdentifier: 'shop', ...aws.config},
    },
    {name: 'aurora', signal: new AbortController().signal},
  );
  const on = {aurora: session};
  const refuse: Placed = {id: 'refuse', unit: refuseWritesAfterRestart, on};
  const accept: Placed = {id: 'accept', unit: acceptWritesAfterRestart, on};
  const close = async () => {
    await session.close();
    await aws[Symbol.asyncDispose]();
  };
  return {
    ...{rds, aws, refuse, accept, sessions: on, close, [Symbol.asyncDispose]: close},
    picture: async () => ({
      parameter: rds.parameter('shop', 'read_only') ?? 'default',
      running: (await aurora.query('SELECT @@GLOBAL.read_only AS is_on'))[0]?.['is_on'],
    }),
  };
}

const shared: LabCluster = {
  ...{identifier: 'billing', endpoint: '127.0.0.1', port: 3306},
  parameterGroup: 'shop-cluster-parameters',
};

lawsOfStep({
  step: refuseWritesAfterRestart,
  input: {},
  world: () => opened(true),
  blockedWorld: () => opened(true, {others: [shared]}),
});

lawsOfStep({
  step: acceptWritesAfterRestart,
  input: {value: '0'},
  world: () => opened(false, {value: '1'}),
  blockedWorld: () => opened(true, {value: '1'}),
});

test('a running server keeps what the run has given it, there and back', async () => {
  await using lab = await opened(true);
  const refused = await run(lab.refuse);
  expect(refused).toEqual({before: {value: null}, output: {value: null}});
  expect(await lab.picture()).toEqual({parameter: '1', running: 1});
  // As aurora.open-writes does it.
  const {aurora} = servers.databases;
  await aurora.query('SET GLOBAL read_only = OFF');
  const accepting = {...lab.accept, input: refused.output};
  const {before} = await run(accepting);
  expect(await lab.picture()).toEqual({parameter: 'default', running: 0});
  expect(await reverse(accepting, before)).toMatchObject({kind: 'pending', before});
  expect(await lab.picture()).toEqual({parameter: '1', running: 0});
  await aurora.query('SET GLOBAL read_only = ON');
  expect(await reverse(lab.refuse, refused.before)).toMatchObject({kind: 'pending'});
  expect(await lab.picture()).toEqual({parameter: 'default', running: 1});
});

test('a value that a person has set is left alone, and is the default once writes are open', async () => {
  await using lab = await opened(true, {value: '1'});
  expect(await run(lab.refuse)).toEqual({before: undefined, output: {value: null}});
  await using without = await opened(false);
  expect(await run(without.accept)).toEqual({before: undefined, output: {}});
});

test('a default group, and one of several clusters, are never changed', async () => {
  const group = 'default.aurora-mysql8.0';
  await using lab = await opened(true, {parameterGroup: group});
  expect(await settled(lab.refuse)).toEqual({
    kind: 'blocked',
    reason: `Cluster shop has the parameter group ${group}, and RDS does not allow changes to a default group.`,
    hint: 'Create a cluster parameter group for this cluster alone, attach it, and reboot the writer, days before the cutover.',
  });
  await using several = await opened(true, {others: [shared]});
  expect(await settled(several.refuse)).toMatchObject({
    reason:
      'billing has the parameter group shop-cluster-parameters too, so a change of read_only would apply there as well.',
  });
  // It came to share the group after the check: the action looks again.
  await using later = await opened(true, {others: [{...shared, parameterGroup: 'another'}]});
  const verdict = await settled(later.refuse);
  const before = verdict.kind === 'pending' ? verdict.before : undefined;
  const actions = await refuseWritesAfterRestart.plan(lookOf(later.refuse), before as never);
  later.rds.change('billing', {parameterGroup: shared.parameterGroup as string});
  await expect(performAll(later.refuse, actions)).rejects.toMatchObject({
    problem: {code: 'aurora-parameter-group-unfit', message: /billing has the parameter group/},
  });
  expect(await later.picture()).toEqual({parameter: 'default', running: 1});
});

test('an account that may not list the clusters is told so, and nothing is changed', async () => {
  await using lab = await opened(true);
  // The first call describes the cluster alone, the second one lists all.
  const list = {service: 'rds', operation: 'DescribeDBClusters'} as const;
  lab.aws.endpoint.faults.add({...list, kind: 'delay', delayMs: 0, times: 1});
  lab.aws.endpoint.faults.add({...list, kind: 'deny', times: 1});
  expect(await settled(lab.refuse)).toMatchObject({
    kind: 'blocked',
    reason:
      'Other clusters may have the parameter group shop-cluster-parameters: AWS does not allow this account to list them.',
    hint: 'Allow rds:DescribeDBClusters for all clusters of the region.',
  });
});

test('nothing is set while Aurora accepts writes, and nothing reset while it refuses them', async () => {
  await using open = await opened(false);
  expect(await settled(open.refuse)).toMatchObject({
    reason: 'aurora accepts writes, and RDS would refuse them as soon as the parameter is set.',
  });
  await using closed = await opened(true, {value: '1'});
  expect(await settled(closed.accept)).toMatchObject({
    reason: 'aurora refuses writes, and RDS would accept them as soon as the parameter is reset.',
  });
});
