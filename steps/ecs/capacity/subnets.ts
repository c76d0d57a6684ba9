import {setTimeout as sleep} from 'node:timers/promises';
import type {ECSClient} from '@aws-sdk/client-ecs';
import {SignatureV4} from '@smithy/signature-v4';
import {AwsClock, type AwsConfig, isThrottled, partitionOf} from '../../aws/index.ts';

// One call does not justify the 28 MB of the SDK's EC2 client. It is signed here, with the region, the credentials and
// the time limits of a client that the target has in any case.

const service = 'ec2';
const version = '2016-11-15';
const maxAttempts = 6;
const firstPauseMs = 100;

/**
 * The free addresses of these subnets together; nothing where EC2 does not count them all. Those that the VPC keeps are
 * not among them (EC2 API, Subnet).
 */
export async function freeAddressesOf(
  client: ECSClient,
  {endpoint, endpoints}: AwsConfig,
  subnets: readonly string[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const place = {endpoint: endpoints?.['ec2'] ?? endpoint, clock: new AwsClock(endpoint)};
  const ids = subnets.map((subnet, index) => [`SubnetId.${index + 1}`, subnet] as const);
  const form = new URLSearchParams({
    Action: 'DescribeSubnets',
    Version: version,
    ...Object.fromEntries(ids),
  });
  const answer = await retried(() => post(client, place, form.toString(), signal), signal);
  const counts = [...answer.matchAll(/<availableIpAddressCount>(\d+)</g)];
  if (counts.length < new Set(subnets).size) {
    return undefined;
  }
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Repeats a read as the SDK does: after lost connections, throttling and faults of the server. */
async function retried(read: () => Promise<string>, signal: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      const isFinal = error instanceof Ec2Error && !error.mayPass;
      if (signal.aborted || isFinal || attempt === maxAttempts) {
        throw error;
      }
    }
    await sleep(firstPauseMs * 2 ** (attempt - 1), undefined, {signal});
  }
}

async function post(
  {config}: ECSClient,
  {endpoint, clock}: {readonly endpoint: string | undefined; readonly clock: AwsClock},
  body: string,
  abortSignal: AbortSignal,
): Promise<string> {
  const [region, credentials] = await Promise.all([config.region(), config.credentials()]);
  const url = new URL(endpoint ?? `https://ec2.${region}.${partitionOf(region).domain}`);
  const signer = new SignatureV4({service, region, credentials, sha256: config.sha256});
  const unsigned = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : {port: Number(url.port)}),
    path: '/',
    query: {},
    headers: {host: url.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8'},
    body,
  };
  const request = await signer.sign(unsigned, {signingDate: clock.now()});
  const {response} = await config.requestHandler.handle(request as never, {abortSignal}); // the SDK's own request
  clock.learnFrom(response.headers['date']);
  const answer = Buffer.from(await config.streamCollector(response.body)).toString();
  if (response.statusCode >= 300) {
    throw new Ec2Error(response.statusCode, answer);
  }
  return answer;
}

/** The answer had the right one. */
const isOfWrongTime = (code: string): boolean => ['AuthFailure', 'RequestExpired'].includes(code);

/** An answer of EC2 that is an error. Its name is the code of EC2, as in an error of the SDK. */
class Ec2Error extends Error {
  readonly $fault: 'client' | 'server';
  readonly mayPass: boolean;

  constructor(status: number, answer: string) {
    const [, code = `status ${status}`] = /<Code>([^<]*)</.exec(answer) ?? [];
    const [, message = ''] = /<Message>([^<]*)</.exec(answer) ?? [];
    super(message);
    this.name = code;
    this.$fault = status >= 500 ? 'server' : 'client';
    this.mayPass =
      this.$fault === 'server' || status === 429 || isThrottled(this) || isOfWrongTime(code);
  }
}
