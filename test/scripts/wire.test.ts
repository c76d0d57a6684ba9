import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {createIdentity} from '../../lab/aws/identity.ts';
import {createRds} from '../../lab/aws/rds.ts';
import {createRoute53} from '../../lab/aws/route53.ts';
import {createSsm} from '../../lab/aws/ssm.ts';
import {compare, type Exchange} from '../../scripts/wire/compare.ts';
import {describeCluster} from '../../steps/aurora/cluster/cluster-state.ts';
import {rdsClients} from '../../steps/aurora/cluster/rds.ts';
import {awsRights} from '../../steps/aws/index.ts';
import {openHostedZone} from '../../steps/route53/zone/hosted-zone.ts';
import {SecretPlaces} from '../../steps/settings/store/secret-places.ts';
import {started} from '../lab/aws/started.ts';

// Recorded once, of services of each protocol.
let folder: string;
let exchanges: readonly Exchange[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-wire-test-'));
  vi.stubEnv('SWITCHAROO_WIRE', folder);
  const zone = {id: 'ZSHOP', name: 'shop.test', nameServers: ['ns1.lab.test.'], records: []};
  const identity = createIdentity();
  await using lab = await started(
    createRoute53({zones: [zone], insyncMs: 0}),
    createRds({clusters: [{identifier: 'shop', endpoint: '127.0.0.1', port: 3_306}]}),
    createSsm({parameters: {'/shop/key': 'secret'}}),
    identity.sts,
    identity.iam,
  );
  const {signal} = new AbortController();
  const {reader, close} = openHostedZone('zone', {
    ...lab.config,
    zoneId: 'ZSHOP',
    requestsPerSecond: 5,
  });
  const rds = rdsClients(lab.config);
  const places = new SecretPlaces('shop', lab.config);
  await Promise.all([
    reader.allSets(signal),
    describeCluster(rds, 'shop', signal),
    describeCluster(rds, 'none', signal),
    places.valueFrom({ssm: '/shop/key'}, signal),
    awsRights(lab.config, ['ecs:ListTasks'], () => ['*'], {name: 'web', signal}),
  ]);
  await Promise.all([close(), rds.close(), places.close()]);
  vi.unstubAllEnvs();
  exchanges = readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line): Exchange => JSON.parse(line)),
  );
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const exchangeOf = (operation: string, isError = false): Exchange => {
  const found = exchanges.find(
    (exchange) => exchange.operation === operation && exchange.reply.status >= 400 === isError,
  );
  if (!found) {
    throw new Error(`${operation} was not recorded`);
  }
  return found;
};

test('what the lab answers agrees with the models of the SDK', async () => {
  const comparisons = await Promise.all(exchanges.map(compare));
  expect(
    comparisons.map((comparison) => ('mismatches' in comparison ? comparison.mismatches : [])),
  ).toEqual(exchanges.map(() => []));
  const operations = [...new Set(exchanges.map(({operation}) => operation))].sort();
  expect(operations).toEqual([
    'DescribeDBClusterParameters',
    'DescribeDBClusters',
    'DescribeDBInstances',
    'DescribeParameters',
    'GetCallerIdentity',
    'ListResourceRecordSets',
    'SimulatePrincipalPolicy',
  ]);
});

interface SeededFault {
  readonly name: string;
  readonly operation: string;
  readonly isError?: true;
  readonly from: string | RegExp;
  readonly to: string;
  readonly says: string;
}

const seeded: readonly SeededFault[] = [
  {
    name: 'a member of JSON with another name',
    operation: 'DescribeParameters',
    from: '"LastModifiedDate"',
    to: '"LastModified"',
    says: 'answer.Parameters[0].LastModified is not in the model',
  },
  {
    name: 'a number of JSON as a text',
    operation: 'DescribeParameters',
    from: '"Version":1',
    to: '"Version":"1"',
    says: 'answer.Parameters[0].Version is no number',
  },
  {
    name: 'a time of JSON as a text',
    operation: 'DescribeParameters',
    from: /"LastModifiedDate":[\d.]+/,
    to: '"LastModifiedDate":"2026-01-01T00:00:00Z"',
    says: 'answer.Parameters[0].LastModifiedDate is no timestamp',
  },
  {
    name: 'a list of JSON that is none',
    operation: 'DescribeParameters',
    from: /"Parameters":\[(.*)\]/,
    to: '"Parameters":$1',
    says: 'answer.Parameters is no list of the model',
  },
  {
    name: 'an element with another name',
    operation: 'DescribeDBClusters',
    from: /EngineVersion>/g,
    to: 'Version>',
    says: 'DescribeDBClustersResult.DBClusters[0].Version is not in the model',
  },
  {
    name: 'a list with other items',
    operation: 'DescribeDBClusters',
    from: /DBCluster>/g,
    to: 'member>',
    says: 'DescribeDBClustersResult.DBClusters is no list of the model',
  },
  {
    name: 'a truth that is none',
    operation: 'ListResourceRecordSets',
    from: '<IsTruncated>false<',
    to: '<IsTruncated>no<',
    says: 'ListResourceRecordSetsResponse.IsTruncated is no boolean',
  },
  {
    name: 'an element that has to be there',
    operation: 'ListResourceRecordSets',
    from: /<MaxItems>.*<\/MaxItems>/,
    to: '',
    says: 'ListResourceRecordSetsResponse.MaxItems is missing',
  },
  {
    name: 'another root',
    operation: 'GetCallerIdentity',
    from: /GetCallerIdentityResponse/g,
    to: 'CallerIdentity',
    says: 'the root is CallerIdentity',
  },
  {
    name: 'an error without its code',
    operation: 'DescribeDBClusters',
    isError: true,
    from: /<Code>.*<\/Code>/,
    to: '',
    says: 'the error has no code',
  },
];

test.each(seeded)('$name is a mismatch', async ({operation, isError, from, to, says}) => {
  const exchange = exchangeOf(operation, isError);
  const body = exchange.reply.body?.replace(from, to) ?? '';
  expect(body).not.toBe(exchange.reply.body);
  expect(await compare({...exchange, reply: {...exchange.reply, body}})).toEqual({
    kind: 'compared',
    mismatches: [says],
  });
});

test('a member that the request may not have, another status and an unknown operation are mismatches', async () => {
  const list = exchangeOf('DescribeParameters');
  const request = {body: list.request.body.replace('{', '{"Filter":[],')};
  expect(await compare({...list, request})).toMatchObject({
    mismatches: ['request.Filter is not in the model'],
  });
  const missing = exchangeOf('DescribeDBClusters', true);
  expect(await compare({...missing, reply: {...missing.reply, status: 400}})).toMatchObject({
    mismatches: ['DBClusterNotFoundFault has status 400, and 404 in the model'],
  });
  expect(await compare({...list, operation: 'ListParameters'})).toMatchObject({
    mismatches: ['ListParameters is not in the model'],
  });
  expect(await compare({...list, service: 'ec2'})).toEqual({
    kind: 'not-compared',
    because: 'no model of ec2 is installed',
  });
});

test('an operation that answers with nothing is held to it', async () => {
  const request = {body: JSON.stringify({QueueUrl: 'https://sqs.example/q', ReceiptHandle: 'r'})};
  const deleted = (body: string): Exchange => ({
    ...{service: 'sqs', operation: 'DeleteMessage', request},
    reply: {status: 200, body},
  });
  expect(await compare(deleted(''))).toEqual({kind: 'compared', mismatches: []});
  expect(await compare(deleted('{"Deleted": true}'))).toEqual({
    kind: 'compared',
    mismatches: ['answer.Deleted is not in the model'],
  });
});
