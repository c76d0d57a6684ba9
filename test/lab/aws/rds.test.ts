import {
  DescribeDBClusterParameterGroupsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  ModifyDBClusterParameterGroupCommand,
  paginateDescribeDBClusterParameters,
  RDSClient,
  ResetDBClusterParameterGroupCommand,
} from '@aws-sdk/client-rds';
import {expect, test} from 'vitest';
import {createRds} from '../../../lab/aws/rds.ts';
import {readingClient} from '../../../steps/aws/index.ts';
import {refusalOf, started} from './started.ts';

const shop = {identifier: 'shop', endpoint: '127.0.0.1', port: 3306};

async function opened(parameters: Record<string, string> = {}) {
  const rds = createRds({clusters: [{...shop, parameters}]});
  const begun = await started(rds);
  return {...begun, rds, client: new RDSClient(readingClient(begun.config))};
}

test('a cluster is described as Aurora is', async () => {
  await using lab = await opened();
  const {DBClusters} = await lab.client.send(
    new DescribeDBClustersCommand({DBClusterIdentifier: 'shop'}),
  );
  expect(DBClusters).toEqual([
    expect.objectContaining({
      DBClusterIdentifier: 'shop',
      Engine: 'aurora-mysql',
      EngineVersion: '8.0.mysql_aurora.3.08.0',
      Status: 'available',
      Endpoint: '127.0.0.1',
      Port: 3306,
      DBClusterParameterGroup: 'shop-cluster-parameters',
      DBClusterMembers: [
        {
          DBInstanceIdentifier: 'shop-1',
          IsClusterWriter: true,
          DBClusterParameterGroupStatus: 'in-sync',
          PromotionTier: 1,
        },
        {
          DBInstanceIdentifier: 'shop-2',
          IsClusterWriter: false,
          DBClusterParameterGroupStatus: 'in-sync',
          PromotionTier: 1,
        },
      ],
    }),
  ]);
});

test('a changed parameter waits for a reboot when the lab says so', async () => {
  await using lab = await opened();
  lab.rds.change('shop', {
    status: 'modifying',
    members: [{identifier: 'shop-1', writer: true, parameterGroupStatus: 'pending-reboot'}],
  });
  const {DBClusters} = await lab.client.send(new DescribeDBClustersCommand({}));
  expect(
    DBClusters?.map(({Status, DBClusterMembers}) => [Status, DBClusterMembers?.length]),
  ).toEqual([['modifying', 1]]);
});

test('its instances and its parameter group are described too', async () => {
  await using lab = await opened();
  const {DBInstances} = await lab.client.send(new DescribeDBInstancesCommand({}));
  expect(
    DBInstances?.map(({DBInstanceIdentifier, DBInstanceStatus}) => [
      DBInstanceIdentifier,
      DBInstanceStatus,
    ]),
  ).toEqual([
    ['shop-1', 'available'],
    ['shop-2', 'available'],
  ]);
  const {DBClusterParameterGroups} = await lab.client.send(
    new DescribeDBClusterParameterGroupsCommand({}),
  );
  expect(DBClusterParameterGroups?.[0]?.DBParameterGroupFamily).toBe('aurora-mysql8.0');
});

test('all parameters come, page by page', async () => {
  const many = Object.fromEntries(Array.from({length: 45}, (_, at) => [`parameter_${at}`, 'x']));
  await using lab = await opened(many);
  const values = new Map<string | undefined, string | undefined>();
  let pages = 0;
  const input = {DBClusterParameterGroupName: 'shop-cluster-parameters'};
  for await (const page of paginateDescribeDBClusterParameters(
    {client: lab.client, pageSize: 20},
    input,
  )) {
    pages += 1;
    for (const {ParameterName, ParameterValue} of page.Parameters ?? []) {
      values.set(ParameterName, ParameterValue);
    }
  }
  expect([pages, values.size, values.get('binlog_format'), values.get('time_zone')]).toEqual([
    3,
    51,
    'ROW',
    undefined,
  ]);
});

test('a parameter is changed at once or with the next reboot, and never in a default group', async () => {
  const applied: (string | undefined)[][] = [];
  const rds = createRds({
    clusters: [shop, {...shop, identifier: 'other', parameterGroup: 'default.aurora-mysql8.0'}],
    applied: async (...change) => void applied.push(change),
  });
  await using lab = await started(rds);
  const client = new RDSClient(readingClient(lab.config));
  const group = {DBClusterParameterGroupName: 'shop-cluster-parameters'};
  const readOnly = {ParameterName: 'read_only', ApplyMethod: 'immediate'} as const;
  const set = (input: object) =>
    client.send(new ModifyDBClusterParameterGroupCommand(input as never));
  expect(await set({...group, Parameters: [{...readOnly, ParameterValue: '0'}]})).toMatchObject(
    group,
  );
  expect([rds.parameter('shop', 'read_only'), applied]).toEqual([
    '0',
    [['shop', 'read_only', '0']],
  ]);
  const later = {...readOnly, ApplyMethod: 'pending-reboot'} as const;
  await client.send(new ResetDBClusterParameterGroupCommand({...group, Parameters: [later]}));
  const {DBClusters} = await client.send(
    new DescribeDBClustersCommand({DBClusterIdentifier: 'shop'}),
  );
  expect([rds.parameter('shop', 'read_only'), applied.length]).toEqual([undefined, 1]);
  expect(DBClusters?.[0]?.DBClusterMembers?.[0]?.DBClusterParameterGroupStatus).toBe(
    'pending-reboot',
  );
  const ofDefault = {DBClusterParameterGroupName: 'default.aurora-mysql8.0'};
  expect(
    await refusalOf(set({...ofDefault, Parameters: [{...readOnly, ParameterValue: '1'}]})),
  ).toMatchObject({name: 'InvalidParameterValue'});
});

test('what is not there is refused by the names of the SDK', async () => {
  await using lab = await opened();
  const cluster = new DescribeDBClustersCommand({DBClusterIdentifier: 'none'});
  expect(await refusalOf(lab.client.send(cluster))).toEqual({
    name: 'DBClusterNotFoundFault',
    message: 'DBCluster none not found.',
  });
  const instance = new DescribeDBInstancesCommand({DBInstanceIdentifier: 'none'});
  expect(await refusalOf(lab.client.send(instance))).toMatchObject({
    name: 'DBInstanceNotFoundFault',
  });
  const group = new DescribeDBClusterParameterGroupsCommand({DBClusterParameterGroupName: 'none'});
  expect(await refusalOf(lab.client.send(group))).toMatchObject({
    name: 'DBParameterGroupNotFoundFault',
  });
});
