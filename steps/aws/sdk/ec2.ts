import {setTimeout as sleep} from 'node:timers/promises';
import type {STSClient} from '@aws-sdk/client-sts';
import {partitionOf} from './arns.ts';
import {AwsClock} from './clock.ts';
import type {AwsConfig} from './config.ts';
import {isThrottled} from './refusals.ts';

// A few reads do not justify the 28 MB of the SDK's EC2 client. They are signed here, with the region, the credentials
// and the time limits of a client of another service that the target has in any case.

const service = 'ec2';
const version = '2016-11-15';
const maxAttempts = 6;
const firstPauseMs = 100;

/** What any client of the SDK has. */
export interface Ec2Sender {
  readonly config: Pick<
    STSClient['config'],
    'region' | 'credentials' | 'sha256' | 'requestHandler' | 'streamCollector'
  >;
}

/** A read of EC2: `{action: 'DescribeSubnets', ids: ['SubnetId', ['subnet-1']]}`. */
interface Ec2Read {
  readonly action: `Describe${string}`;
  readonly ids: readonly [parameter: string, values: readonly string[]];
}

/** An element of an answer: text, or elements by their names. An element without content is `''`. */
export type Ec2Element = string | {readonly [name: string]: Ec2Element | readonly Ec2Element[]};

/**
 * The content of EC2's answer (EC2 API reference, Query requests). A read is repeated as the SDK does it. An error of
 * EC2 is thrown as an `Error` whose name is its code, as by the SDK.
 */
export async function readEc2(
  {config}: Ec2Sender,
  {endpoint, endpoints}: Pick<AwsConfig, 'endpoint' | 'endpoints'>,
  {action, ids: [parameter, values]}: Ec2Read,
  signal: AbortSignal,
): Promise<Ec2Element> {
  const place = {endpoint: endpoints?.['ec2'] ?? endpoint, clock: new AwsClock(endpoint)};
  const form = new URLSearchParams({
    Action: action,
    Version: version,
    ...Object.fromEntries(values.map((value, index) => [`${parameter}.${index + 1}`, value])),
  });
  const {parseXML} = await import('@aws-sdk/xml-builder');
  const answer = await retried(() => post({config}, place, form.toString(), signal), signal);
  return (parseXML(answer) as Readonly<Record<string, Ec2Element>>)[`${action}Response`] ?? '';
}

type Content = Ec2Element | readonly Ec2Element[] | undefined;

/** The items of a set: `itemsOf(answer, 'subnetSet')`. */
export const itemsOf = (content: Content, set: string): readonly Ec2Element[] =>
  [childOf(childOf(content, set), 'item') ?? []].flat();

/** The text of an element in this one; `undefined` where there is none. */
export function textOf(content: Content, name: string): string | undefined {
  const child = childOf(content, name);
  return typeof child === 'string' ? child : undefined;
}

export const childOf = (content: Content, name: string): Content =>
  typeof content === 'object' && !Array.isArray(content)
    ? (content as Readonly<Record<string, Content>>)[name] // Array.isArray keeps `readonly` arrays
    : undefined;

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
  {config}: Ec2Sender,
  {endpoint, clock}: {readonly endpoint: string | undefined; readonly clock: AwsClock},
  body: string,
  abortSignal: AbortSignal,
): Promise<string> {
  const [region, credentials] = await Promise.all([config.region(), config.credentials()]);
  const url = new URL(endpoint ?? `https://ec2.${region}.${partitionOf(region).domain}`);
  const {SignatureV4} = await import('@smithy/signature-v4');
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
