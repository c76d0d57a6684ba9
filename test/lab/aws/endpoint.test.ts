import {request} from 'node:http';
import {ECSClient, ListClustersCommand} from '@aws-sdk/client-ecs';
import {DescribeDBClustersCommand, RDSClient} from '@aws-sdk/client-rds';
import {
  ChangeResourceRecordSetsCommand,
  GetHostedZoneCommand,
  ListHostedZonesCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import {describe, expect, test} from 'vitest';
import {createRds} from '../../../lab/aws/rds.ts';
import {jsonReply} from '../../../lab/aws/replies.ts';
import {createRoute53} from '../../../lab/aws/route53.ts';
import type {AwsService} from '../../../lab/aws/service.ts';
import {type AwsConfig, readingClient, writingClient} from '../../../steps/aws/index.ts';
import {credentials, refusalOf, started} from './started.ts';

const emptyEcs: AwsService = {signingName: 'ecs', handle: async () => jsonReply({clusterArns: []})};

async function opened() {
  const zones = [{id: 'ZSHOP', name: 'shop.test', nameServers: ['ns1.lab.test.'], records: []}];
  const route53 = createRoute53({zones, insyncMs: 0});
  const begun = await started(
    route53,
    createRds({clusters: [{identifier: 'shop', endpoint: '127.0.0.1', port: 3306}]}),
    emptyEcs,
  );
  return {...begun, route53};
}

/** The same harmless question in each of the three protocols. */
const questions = {
  route53: (config: AwsConfig) =>
    new Route53Client(readingClient(config)).send(new ListHostedZonesCommand({})),
  rds: (config: AwsConfig) =>
    new RDSClient(readingClient(config)).send(new DescribeDBClustersCommand({})),
  ecs: (config: AwsConfig) =>
    new ECSClient(readingClient(config)).send(new ListClustersCommand({})),
};

const noSuchKey = {...credentials, accessKeyId: 'AKIANONE'};
const wrongSecret = {...credentials, secretAccessKey: 'another'};
const oldSession = {...credentials, sessionToken: 'of yesterday'};

describe.each([
  {
    service: 'route53',
    unknown: 'InvalidClientTokenId',
    wrong: 'SignatureDoesNotMatch',
    denied: 'AccessDenied',
  },
  {
    service: 'rds',
    unknown: 'InvalidClientTokenId',
    wrong: 'SignatureDoesNotMatch',
    denied: 'AccessDenied',
  },
  {
    service: 'ecs',
    unknown: 'UnrecognizedClientException',
    wrong: 'InvalidSignatureException',
    denied: 'AccessDeniedException',
  },
] as const)('$service', ({service, unknown, wrong, denied}) => {
  test('a signed question is answered', async () => {
    await using lab = await opened();
    const {$metadata} = await questions[service](lab.config);
    expect($metadata).toMatchObject({httpStatusCode: 200, attempts: 1});
    expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each([
    {name: 'a key that AWS does not know', given: noSuchKey, code: unknown},
    {name: 'a session that is over', given: oldSession, code: unknown},
    {name: 'a wrong secret', given: wrongSecret, code: wrong},
  ])('$name is refused as $code', async ({given, code}) => {
    await using lab = await opened();
    const refusal = await refusalOf(questions[service]({...lab.config, credentials: given}));
    expect(refusal.name).toBe(code);
    expect(JSON.stringify(refusal)).not.toContain(given.secretAccessKey);
  });

  test('what the account may not do is refused', async () => {
    await using lab = await opened();
    lab.endpoint.faults.add({service, kind: 'deny'});
    expect((await refusalOf(questions[service](lab.config))).name).toBe(denied);
  });

  test.each(['throttle', 'server-error', 'cut-before', 'cut-after'] as const)(
    'the SDK gets over two calls of %s',
    async (kind) => {
      await using lab = await opened();
      lab.endpoint.faults.add({service, kind, times: 2});
      expect((await questions[service](lab.config)).$metadata.attempts).toBe(3);
    },
  );

  test('an answer that never comes ends with the limit of the client', async () => {
    await using lab = await opened();
    lab.endpoint.faults.add({service, kind: 'silence'});
    const settings = writingClient(lab.config);
    const impatient = {
      ...settings,
      requestHandler: {...settings.requestHandler, requestTimeout: 100},
    };
    const clients = {
      route53: () => new Route53Client(impatient).send(new ListHostedZonesCommand({})),
      rds: () => new RDSClient(impatient).send(new DescribeDBClustersCommand({})),
      ecs: () => new ECSClient(impatient).send(new ListClustersCommand({})),
    };
    expect((await refusalOf(clients[service]())).name).toBe('TimeoutError');
  });
});

test('a change whose answer is lost was made; one cut before was not', async () => {
  await using lab = await opened();
  const client = new Route53Client(writingClient(lab.config));
  const create = (name: string) =>
    client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: 'ZSHOP',
        ChangeBatch: {
          Changes: [
            {
              Action: 'CREATE',
              ResourceRecordSet: {
                Name: name,
                Type: 'A',
                TTL: 60,
                ResourceRecords: [{Value: '192.0.2.1'}],
              },
            },
          ],
        },
      }),
    );
  for (const kind of ['cut-before', 'cut-after'] as const) {
    lab.endpoint.faults.add({service: 'route53', operation: 'ChangeResourceRecordSets', kind});
    await expect(create(`${kind}.shop.test`)).rejects.toMatchObject({code: 'ECONNRESET'});
  }
  expect(lab.endpoint.calls('route53', 'ChangeResourceRecordSets')).toBe(2);
  const names = lab.route53.listed('ZSHOP').map(({name}) => name);
  expect(names).toEqual(['shop.test.', 'shop.test.', 'cut-after.shop.test.']);
});

test('a fault hits its own operation alone, and the oldest comes first', async () => {
  await using lab = await opened();
  const {faults} = lab.endpoint;
  faults.add({service: 'route53', operation: 'GetHostedZone', kind: 'deny'});
  faults.add({service: 'route53', kind: 'delay', delayMs: 1});
  expect((await questions.route53(lab.config)).HostedZones).toHaveLength(1);
  const client = new Route53Client(readingClient(lab.config));
  expect(await refusalOf(client.send(new GetHostedZoneCommand({Id: 'ZSHOP'})))).toMatchObject({
    name: 'AccessDenied',
    message:
      'User: arn:aws:iam::123456789012:user/lab is not authorized to perform: route53:GetHostedZone',
  });
  faults.add({service: 'route53', kind: 'deny', times: Number.POSITIVE_INFINITY});
  faults.clear();
  expect((await questions.route53(lab.config)).HostedZones).toHaveLength(1);
});

test('a question without a signature is refused', async () => {
  await using lab = await opened();
  const status = await new Promise((resolve, reject) => {
    request(`${lab.endpoint.url}/2013-04-01/hostedzone`, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});

test('the endpoint stops at once, with calls under way', async () => {
  const lab = await opened();
  lab.endpoint.faults.add({service: 'rds', kind: 'silence'});
  lab.endpoint.faults.add({service: 'rds', kind: 'delay', delayMs: 60_000});
  const client = new RDSClient(writingClient(lab.config));
  const ends = [1, 2].map(() => refusalOf(client.send(new DescribeDBClustersCommand({}))));
  await expect.poll(() => lab.endpoint.calls('rds', 'DescribeDBClusters')).toBe(2);
  await lab.endpoint.stop();
  expect(await Promise.all(ends)).toHaveLength(2);
});
