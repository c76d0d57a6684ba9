import {setTimeout as sleep} from 'node:timers/promises';
import type {ECSClient} from '@aws-sdk/client-ecs';
import {SignatureV4} from '@smithy/signature-v4';

// One call does not justify the 28 MB of the SDK's EC2 client. It is signed here, with the region, the credentials and
// the time limits of a client that the target has in any case.

const service = 'ec2';
const version = '2016-11-15';
const maxAttempts = 6;
const firstPauseMs = 100;

/** The free addresses of these subnets together. Those that the VPC keeps are not among them (EC2 API, Subnet). */
export async function freeAddressesOf(
  client: ECSClient,
  endpoint: string | undefined,
  subnets: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const ids = subnets.map((subnet, index) => [`SubnetId.${index + 1}`, subnet] as const);
  const form = new URLSearchParams({
    Action: 'DescribeSubnets',
    Version: version,
    ...Object.fromEntries(ids),
  });
  const answer = await retried(() => post(client, endpoint, form.toString(), signal), signal);
  const counts = answer.matchAll(/<availableIpAddressCount>(\d+)</g);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
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
  endpoint: string | undefined,
  body: string,
  abortSignal: AbortSignal,
): Promise<string> {
  const [region, credentials] = await Promise.all([config.region(), config.credentials()]);
  const url = new URL(endpoint ?? `https://ec2.${region}.${domainOf(region)}`);
  const signer = new SignatureV4({service, region, credentials, sha256: config.sha256});
  const request = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : {port: Number(url.port)}),
    path: '/',
    query: {},
    headers: {host: url.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8'},
    body,
  });
  const {response} = await config.requestHandler.handle(request as never, {abortSignal}); // the SDK's own request
  const answer = Buffer.from(await config.streamCollector(response.body)).toString();
  if (response.statusCode >= 300) {
    throw new Ec2Error(response.statusCode, answer);
  }
  return answer;
}

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
    this.mayPass = this.$fault === 'server' || status === 429 || throttled.has(code);
  }
}

const throttled = new Set(['RequestLimitExceeded', 'Throttling', 'ThrottlingException']);

const domainOf = (region: string): string =>
  region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
