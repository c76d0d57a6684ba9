import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {jsonReply, queryReply} from '../../../lab/aws/replies.ts';
import type {AwsService} from '../../../lab/aws/service.ts';
import {type AwsConfig, awsClients} from '../../../steps/aws/index.ts';
import {isThrottled, isUnsent} from '../../../steps/aws/sdk/refusals.ts';
import {started} from '../../lab/aws/started.ts';

/** A service that does whatever it is asked, and counts it. */
const obliging = (signingName: string, reply: AwsService['handle']) => {
  const done: string[] = [];
  const service: AwsService = {
    signingName,
    handle: async (request) => {
      done.push(request.headers['x-amz-target'] ?? request.body);
      return reply(request);
    },
  };
  return {service, done};
};

const inJson: AwsService['handle'] = async () => jsonReply({});
const inXml =
  (action: string): AwsService['handle'] =>
  async () =>
    queryReply(action, 'http://rds.amazonaws.com/doc/2014-10-31/', {});

interface Writing {
  readonly service: string;
  readonly operation: string;
  readonly reply: AwsService['handle'];
  write(config: AwsConfig, signal?: AbortSignal): Promise<unknown>;
}

const ecs = (config: AwsConfig) =>
  awsClients(
    config,
    () => import('@aws-sdk/client-ecs'),
    (sdk, settings) => new sdk.ECSClient(settings),
  );

const updateService = (config: AwsConfig, abortSignal?: AbortSignal) =>
  ecs(config).ask('service web', ({sdk, writing}) =>
    writing.send(
      new sdk.UpdateServiceCommand({service: 'web'}),
      abortSignal ? {abortSignal} : undefined,
    ),
  );

const writes: readonly Writing[] = [
  {service: 'ecs', operation: 'UpdateService', reply: inJson, write: updateService},
  {
    service: 'rds',
    operation: 'DeleteDBCluster',
    reply: inXml('DeleteDBCluster'),
    write: (config) =>
      awsClients(
        config,
        () => import('@aws-sdk/client-rds'),
        (sdk, settings) => new sdk.RDSClient(settings),
      ).ask('cluster shop', ({sdk, writing}) =>
        writing.send(new sdk.DeleteDBClusterCommand({DBClusterIdentifier: 'shop'})),
      ),
  },
  {
    service: 'elasticloadbalancing',
    operation: 'ModifyRule',
    reply: inXml('ModifyRule'),
    write: (config) =>
      awsClients(
        config,
        () => import('@aws-sdk/client-elastic-load-balancing-v2'),
        (sdk, settings) => new sdk.ElasticLoadBalancingV2Client(settings),
      ).ask('balancer web', ({sdk, writing}) =>
        writing.send(new sdk.ModifyRuleCommand({RuleArn: 'arn:rule'})),
      ),
  },
  {
    service: 'application-autoscaling',
    operation: 'RegisterScalableTarget',
    reply: inJson,
    write: (config) =>
      awsClients(
        config,
        () => import('@aws-sdk/client-application-auto-scaling'),
        (sdk, settings) => new sdk.ApplicationAutoScalingClient(settings),
      ).ask('service web', ({sdk, writing}) =>
        writing.send(
          new sdk.RegisterScalableTargetCommand({
            ServiceNamespace: 'ecs',
            ScalableDimension: 'ecs:service:DesiredCount',
            ResourceId: 'service/shop/web',
          }),
        ),
      ),
  },
  {
    service: 'ecr',
    operation: 'BatchDeleteImage',
    reply: inJson,
    write: (config) =>
      awsClients(
        config,
        () => import('@aws-sdk/client-ecr'),
        (sdk, settings) => new sdk.ECRClient(settings),
      ).ask('repository web', ({sdk, writing}) =>
        writing.send(new sdk.BatchDeleteImageCommand({repositoryName: 'web', imageIds: []})),
      ),
  },
  {
    service: 'route53domains',
    operation: 'UpdateDomainNameservers',
    reply: inJson,
    write: (config) =>
      awsClients(
        config,
        () => import('@aws-sdk/client-route-53-domains'),
        (sdk, settings) => new sdk.Route53DomainsClient(settings),
      ).ask('domain shop', ({sdk, writing}) =>
        writing.send(
          new sdk.UpdateDomainNameserversCommand({DomainName: 'shop.test', Nameservers: []}),
        ),
      ),
  },
];

for (const {service, operation, reply, write} of writes) {
  test(`${service}: a throttled write was not done, and is sent again until it is done, once`, async () => {
    const {service: served, done} = obliging(service, reply);
    await using lab = await started(served);
    lab.endpoint.faults.add({service, operation, kind: 'throttle', times: 2});
    await write(lab.config);
    expect(lab.endpoint.calls(service, operation)).toBe(3);
    expect(done).toHaveLength(1);
  });

  test(`${service}: a write whose answer was lost may have been done, and is not sent again`, async () => {
    const {service: served, done} = obliging(service, reply);
    await using lab = await started(served);
    lab.endpoint.faults.add({service, operation, kind: 'cut-after'});
    await expect(write(lab.config)).rejects.toMatchObject({problem: {code: 'aws-unreachable'}});
    expect(lab.endpoint.calls(service, operation)).toBe(1);
    expect(done).toHaveLength(1);
  });
}

const names = [
  {code: 'Throttling', status: 400},
  {code: 'ThrottlingException', status: 400},
  {code: 'ThrottledException', status: 429},
  {code: 'RequestLimitExceeded', status: 503},
  {code: 'RequestThrottled', status: 400},
  {code: 'RequestThrottledException', status: 400},
  {code: 'TooManyRequestsException', status: 429},
  {code: 'PriorRequestNotComplete', status: 400},
  {code: 'SlowDown', status: 503},
  {code: 'BandwidthLimitExceeded', status: 509},
  {code: 'ProvisionedThroughputExceededException', status: 400},
  {code: 'EC2ThrottledException', status: 503},
  {code: 'SomethingElseOfTooMany', status: 429},
];

test('every name of throttling means that nothing was done', async () => {
  const counts = await Promise.all(
    names.map(async ({code, status}) => {
      const {service, done} = obliging('ecs', inJson);
      await using lab = await started(service);
      lab.endpoint.faults.add({service: 'ecs', kind: 'throttle', code, status});
      await updateService(lab.config);
      return {code, sent: lab.endpoint.calls('ecs', 'UpdateService'), done: done.length};
    }),
  );
  expect(counts).toEqual(names.map(({code}) => ({code, sent: 2, done: 1})));
});

test('ECS says under a general name that a family is busy', () => {
  const refusal = (message: string) =>
    Object.assign(new Error(message), {name: 'ClientException', $metadata: {httpStatusCode: 400}});
  const busy = 'Too many concurrent attempts to create a new revision of the specified family.';
  expect(isThrottled(refusal(busy))).toBe(true);
  expect(isThrottled(refusal('Container.image should not be null.'))).toBe(false);
});

test.each([
  {name: 'a server error', kind: 'server-error'},
  {name: 'a quota that is used up', kind: 'refuse', code: 'LimitExceededException', status: 400},
  {name: 'a conflict', kind: 'refuse', code: 'ConflictException', status: 409},
] as const)('$name is not throttling: the write is not sent again', async ({name: _, ...fault}) => {
  const {service} = obliging('ecs', inJson);
  await using lab = await started(service);
  lab.endpoint.faults.add({service: 'ecs', ...fault});
  await expect(updateService(lab.config)).rejects.toThrow();
  expect(lab.endpoint.calls('ecs', 'UpdateService')).toBe(1);
});

test('a write that is throttled until its time is over says that AWS throttles it', async () => {
  const {service, done} = obliging('ecs', inJson);
  await using lab = await started(service);
  lab.endpoint.faults.add({service: 'ecs', kind: 'throttle', times: Number.POSITIVE_INFINITY});
  const over = new AbortController();
  const end = updateService(lab.config, over.signal).catch((error: unknown) => error);
  await expect.poll(() => lab.endpoint.calls('ecs', 'UpdateService')).toBeGreaterThan(2);
  // Its answer has come, and the pause after it is longer: a request that is cut off knows nothing of AWS's reason.
  await sleep(200);
  over.abort();
  expect(await end).toMatchObject({
    problem: {
      code: 'aws-throttled',
      message: 'AWS still refuses calls for service web because there are too many: Rate exceeded',
    },
  });
  expect(done).toEqual([]);
});

test('a write that never left this machine is sent again', async () => {
  // An address of its own: meanwhile, nobody else listens there.
  const part = () => 1 + Math.floor(Math.random() * 250);
  const address = `127.${part()}.${part()}.${part()}`;
  let count = 0;
  const serve = () =>
    createServer((request, response) => {
      count += 1;
      request.resume().on('end', () => {
        response.setHeader('content-type', 'application/x-amz-json-1.1').end('{}');
      });
    });
  const listening = async (port: number) => {
    const server = serve();
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    return {server, port: (server.address() as AddressInfo).port}; // a TCP server has one
  };
  const first = await listening(0);
  await new Promise((resolve) => first.server.close(resolve));
  const config = {
    region: 'us-east-1',
    endpoint: `http://${address}:${first.port}`,
    credentials: {accessKeyId: 'id', secretAccessKey: 'secret'},
  };
  const written = updateService(config);
  // Refused at least once before anybody listens.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const {server} = await listening(first.port);
  await written;
  expect(count).toBe(1);
  server.close();
});

test('a connection that none of the addresses took was sent nothing; one that broke later may have been', () => {
  const failed = (code: string, syscall: string) =>
    Object.assign(new Error(`${syscall} ${code}`), {code, syscall});
  const timedOut = failed('ETIMEDOUT', 'connect');
  const together = (...errors: readonly Error[]) =>
    Object.assign(new AggregateError(errors), {code: 'ETIMEDOUT'});
  expect(
    [timedOut, together(timedOut, timedOut), failed('ENETDOWN', 'write')].map(isUnsent),
  ).toEqual([true, true, true]);
  const broken = failed('ETIMEDOUT', 'read');
  expect([broken, together(timedOut, broken), together()].map(isUnsent)).toEqual([
    false,
    false,
    false,
  ]);
});
