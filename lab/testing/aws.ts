import {createAutoscaling} from '../aws/autoscaling.ts';
import {createEcs, type Ecs, type LaunchRequest} from '../aws/ecs.ts';
import {startAwsEndpoint} from '../aws/endpoint.ts';
import {createIdentity} from '../aws/identity.ts';
import type {RecordSet} from '../aws/record-set.ts';
import {createRoute53} from '../aws/route53.ts';
import {createS3} from '../aws/s3.ts';
import {createSecretsManager} from '../aws/secrets-manager.ts';
import {createSqs} from '../aws/sqs.ts';
import {createSsm} from '../aws/ssm.ts';
import {startAuthoritative} from '../dns/authoritative.ts';
import {chooseNetwork, pickPort} from '../network.ts';
import {secret} from '../site.ts';

/** What there is in the AWS of a test. */
export interface AwsOptions {
  /** Hosted zones by name. The id of `shop.test.` is ZSHOPTEST: Z and its letters and digits. */
  readonly zones?: Readonly<Record<string, readonly RecordSet[]>>;
  /** Services of the ECS cluster `lab`, by name. The task definition and the container have the name of the service. */
  readonly services?: Readonly<Record<string, TestService>>;
  /** Buckets of S3: texts by key. */
  readonly buckets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Queues of SQS. */
  readonly queues?: readonly string[];
  /** Secure strings of the Parameter Store, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Of Secrets Manager, by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What a task of RunTask does: it returns its exit code. Without it, nothing, and 0. */
  runTask?(command: readonly string[]): number | Promise<number>;
}

interface TestService {
  readonly image: string;
  readonly desiredCount: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A small AWS of one test. */
export interface LabAws extends AsyncDisposable {
  /** What the inventory says of AWS: `region`, `endpoint`, `credentials`. */
  readonly config: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: {readonly accessKeyId: string; readonly secretAccessKey: string};
  };
  /** Answers for the hosted zones: `address:port`. */
  readonly nameServer: string;
  /** What Route 53 lists of a zone now. */
  records(zone: string): readonly RecordSet[];
  /** What ECS has of each service now. */
  services(): ReturnType<Ecs['services']>;
  /** The objects of a bucket now, as texts. */
  objects(bucket: string): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const region = 'us-east-1';
const zoneIdOf = (name: string): string => `Z${name.replaceAll(/[^a-z0-9]/gi, '').toUpperCase()}`;

/**
 * Starts the lab's AWS on loopback: Route 53 with a name server, ECS, S3, SQS, the Parameter Store, Secrets Manager. It
 * speaks the real protocols, so a shipped target works on it with the real SDK.
 */
export async function startAws(options: AwsOptions = {}): Promise<LabAws> {
  const zones = Object.entries(options.zones ?? {}).map(([name, records]) => ({
    ...{id: zoneIdOf(name), name, records},
    nameServers: [`ns1.${name}`],
  }));
  const route53 = createRoute53({zones, insyncMs: 20});
  const ecs = ecsOf(options);
  const s3 = createS3({buckets: options.buckets ?? {}});
  const services = [
    ...[route53, ecs, s3, createAutoscaling({targets: {}}), createSqs(options.queues ?? [])],
    createSsm({parameters: options.parameters ?? {}}),
    createSecretsManager({secrets: options.secrets ?? {}}),
    createIdentity().sts,
  ];
  const credentials = {accessKeyId: 'AKIATEST', secretAccessKey: secret(20)};
  const endpoint = await startAwsEndpoint({services, credentials});
  const port = await pickPort('127.0.0.1');
  const published = () => zones.map((zone) => ({...zone, records: route53.published(zone.id)}));
  const names = await startAuthoritative({address: '127.0.0.1', port, zone: published});
  const close = async () => {
    await ecs.stop();
    await Promise.all([endpoint.stop(), names.stop()]);
  };
  return {
    config: {region, endpoint: endpoint.url, credentials},
    nameServer: `127.0.0.1:${port}`,
    records: (zone) => route53.listed(zoneIdOf(zone)),
    services: () => ecs.services(),
    objects: (bucket) => s3.contents(bucket),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function ecsOf({services = {}, runTask = () => 0}: AwsOptions): Ecs {
  const all = Object.entries(services);
  return createEcs({
    clusterName: 'lab',
    region,
    network: chooseNetwork().prefix,
    tickMs: 20,
    staleReadMs: 60,
    launch: ({command}) => launched(command, runTask),
    taskDefinitions: all.map(([name, {image, environment = {}}]) => ({
      family: name,
      networkMode: 'awsvpc',
      containerDefinitions: [
        {
          ...{name, image, cpu: 256, memory: 256, essential: true},
          environment: Object.entries(environment).map(([key, value]) => ({name: key, value})),
        },
      ],
    })),
    services: all.map(([name, {desiredCount}]) => ({
      ...{name, taskDefinition: `${name}:1`, desiredCount},
      circuitBreaker: {enable: true, rollback: true},
    })),
  });
}

/** A task runs until it is stopped; one with a command, until that has ended. */
async function launched(
  command: LaunchRequest['command'],
  runTask: NonNullable<AwsOptions['runTask']>,
) {
  let stop = () => {};
  const stopped = new Promise<{code: number | null}>((resolve) => {
    stop = () => resolve({code: 143});
  });
  const ended = command && Promise.resolve(command).then(runTask);
  return {
    exited: ended ? Promise.race([ended.then((code) => ({code})), stopped]) : stopped,
    stop: async () => stop(),
  };
}
