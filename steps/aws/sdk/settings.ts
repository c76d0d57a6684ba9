import {z} from 'zod';

/** How to reach AWS, in the inventory. Without `credentials` the SDK's own chain is used; `endpoint` is for labs. */
export const awsConfig = z.object({
  region: z.string().default('us-east-1'),
  endpoint: z.url().optional(),
  credentials: z
    .object({
      accessKeyId: z.string(),
      secretAccessKey: z.string(),
      sessionToken: z.string().optional(),
    })
    .optional(),
});
export type AwsConfig = z.output<typeof awsConfig>;

const connectionTimeoutMs = 3_000;
const writeTimeoutMs = 15_000;
// Six unanswered reads, and the pauses between them, fit into the 30 s of one check: then the error names the call.
const readTimeoutMs = 4_000;

/**
 * Settings for an SDK client that may only read. The SDK has no time limit of its own
 * (`DEFAULT_REQUEST_TIMEOUT = 0`) and stops retrying a throttled call after about 1.5 s.
 */
export function readingClient(config: AwsConfig) {
  return {...clientSettings(config, readTimeoutMs), maxAttempts: 6};
}

/**
 * Settings for an SDK client that writes: one attempt, on a connection of its own. A write without an answer has an
 * unknown outcome, and only a check can tell; the SDK would send it again. A connection that was kept open may be
 * closed by the other end as idle while the write is on its way (Node.js documentation, `request.reusedSocket`).
 */
export function writingClient(config: AwsConfig) {
  const {requestHandler, ...settings} = clientSettings(config, writeTimeoutMs);
  const once = {httpAgent: {keepAlive: false}, httpsAgent: {keepAlive: false}};
  return {...settings, maxAttempts: 1, requestHandler: {...requestHandler, ...once}};
}

function clientSettings({region, endpoint, credentials}: AwsConfig, requestTimeout: number) {
  return {
    region,
    ...(endpoint === undefined ? {} : {endpoint}),
    ...(credentials === undefined ? {} : {credentials: defined(credentials)}),
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout,
      throwOnRequestTimeout: true,
    },
  };
}

function defined({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: NonNullable<AwsConfig['credentials']>) {
  return sessionToken === undefined
    ? {accessKeyId, secretAccessKey}
    : {accessKeyId, secretAccessKey, sessionToken};
}
